"""What the scoreboard means, the most important first: sentences made of numbers, each with its denominator. Pure."""

from collections.abc import Iterator, Sequence

from dashboards.scoreboard.groups import SEEN, losing
from dashboards.scoreboard.models import Change, Forecast, Indicator, UnitScore, Version
from dashboards.scoreboard.words import counted, of_points, shown_id
from dashboards.vietnamese import number

NAMED = 3


def finding(score: UnitScore) -> str:
    """Return the one sentence for the top: where it stands, where it came from, and what costs the most."""
    line = score.line
    if line.per_100 is None:
        return f"{line.name} chưa có số liệu nào để tính điểm trong kỳ này."
    grade = "" if line.grade_name is None else f", xếp loại {line.grade_name.lower()}"
    verb = "đang đạt" if score.running else "đạt"
    text = f"{line.name} {verb} {of_points(line.score, line.reachable)} có số liệu{grade}"
    moved = movement(line.previous)
    text += f", {moved} so với tháng trước." if moved else "."
    worst = next(iter(losing(score.indicators)), None)
    return text if worst is None else f"{text} {cause(worst)}"


def cause(indicator: Indicator) -> str:
    """Return what an indicator costs and why."""
    words = counted(indicator.id)
    missing = (indicator.denominator or 0) - (indicator.numerator or 0)
    return (
        f"Mất nhiều nhất là {number(indicator.lost, 2)} điểm ở “{indicator.name}” ({shown_id(indicator.id)}): "
        f"{number(missing)} {words.missing} trong {number(indicator.denominator)} {words.all}."
    )


def movement(change: Change | None) -> str:
    """Return a change of the score in words; empty where it can't be told."""
    if change is None or change.score is None:
        return ""
    if abs(change.score) < SEEN:
        return "không đổi"
    return f"{'tăng' if change.score > 0 else 'giảm'} {number(abs(change.score), 2)} điểm"


def further(score: UnitScore, forecast: Forecast | None) -> list[str]:
    """Return what else a leader should hear."""
    return list(_further(score, forecast))


def _further(score: UnitScore, forecast: Forecast | None) -> Iterator[str]:
    lost = losing(score.indicators)
    if len(lost) > 1:
        yield _together(lost)
    if score.running and forecast is not None and forecast.score is not None and forecast.per_100 is not None:
        yield _ahead(score, forecast)
    unmeasured = [indicator for indicator in score.indicators if indicator.points is None]
    if unmeasured and score.line.per_100 is not None:
        points = sum(indicator.maximum for indicator in unmeasured)
        yield (
            f"{number(len(unmeasured))} trong {number(len(score.indicators))} chỉ số ({number(points, 2)} điểm) "
            "chưa có số liệu: không bị tính là 0, và không nằm trong số điểm có số liệu."
        )


def _together(lost: Sequence[Indicator]) -> str:
    total = sum(indicator.lost or 0 for indicator in lost)
    most = lost[:NAMED]
    part = sum(indicator.lost or 0 for indicator in most)
    named = ", ".join(f"{shown_id(indicator.id)} ({number(indicator.lost, 2)})" for indicator in most)
    of = f"{number(part, 2)} trong {number(total, 2)} điểm bị mất"
    return f"{number(len(most))} chỉ số mất nhiều nhất chiếm {of}: {named}."


def _ahead(score: UnitScore, forecast: Forecast) -> str:
    at_end, per_100 = forecast.score, forecast.per_100
    assert at_end is not None and per_100 is not None
    text = (
        f"Với đà hiện nay, đến {score.last:%d/%m} dự kiến {of_points(at_end.expected, score.line.reachable)} "
        f"(từ {number(at_end.low, 2)} đến {number(at_end.high, 2)}, xác suất {number(forecast.interval)} %)"
    )
    then = grade_of(score.version, per_100.expected)
    if then is None or then == score.line.grade_name:
        return f"{text}."
    return f"{text}: chuyển sang loại {then.lower()}."


def grade_of(version: Version, per_100: float) -> str | None:
    """Return the word for a score per 100 reachable points."""
    shown = round(per_100, 2)
    reached = [grade for grade in version.grades if shown >= grade.at_least]
    return max(reached, key=lambda grade: grade.at_least).name if reached else None
