"""The scoreboard as its page shows it: score, groups, outlook, what pulls it down, the units. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dashboards.scoreboard.asked import Asked
from dashboards.scoreboard.closing import person
from dashboards.scoreboard.finding import finding, further
from dashboards.scoreboard.groups import SEEN, Group, groups, losing, measured_of
from dashboards.scoreboard.models import Forecast, Indicator, Line, Scoreboard, UnitScore
from dashboards.scoreboard.moves import Moved, moved, points_moved
from dashboards.scoreboard.outlook import Picture, Threshold, picture
from dashboards.scoreboard.ranking import peers_shown, row, tabs
from dashboards.scoreboard.words import NOT_MEASURED, PEERS, counted, fraction, shown_id
from dashboards.templates import template
from dashboards.vietnamese import NOTHING, day_and_time, number


class Bar(NamedTuple):
    """A group as a bar: `track` in per cent of the largest group, the others in per cent of the track."""

    name: str
    points: str
    maximum: str
    track: float
    won: float
    lost: float
    note: str


class Pull(NamedTuple):
    """An indicator; `share` is what it lost in per cent of the most that one lost. `behind`: what a link leads to."""

    id: str
    name: str
    lost: str
    share: float
    points: str
    rate: str
    parts: str
    change: Moved
    behind: str
    address: str
    chosen: bool


def render(score: UnitScore, board: Scoreboard, forecast: Forecast | None, asked: Asked) -> str:
    """Return the page above its lists. All text is escaped."""
    line = score.line
    shown = peers_shown(board.lines, asked)
    lost = losing(score.indicators)
    return template("scoreboard/board.html.j2").render(
        line=line,
        period=period(score),
        version=score.version.name,
        closed=closed(score),
        finding=finding(score),
        further=further(score, forecast),
        score=number(line.score, 2) if line.per_100 is not None else NOT_MEASURED,
        reachable=number(line.reachable, 2),
        maximum=number(score.version.maximum),
        per_100=number(line.per_100, 2),
        rank=rank(line),
        changes=[("So với hôm qua", moved(line.yesterday)), ("So với tháng trước", moved(line.previous))]
        if score.running
        else [("So với tháng trước", moved(line.previous))],
        groups=bars(groups(score)),
        outlook=outlook(score, forecast),
        outlook_words=outlook_words(score, forecast),
        pulls=[pull(indicator, lost[0], asked) for indicator in lost],
        full=named(it for it in measured_of(score.indicators) if (it.lost or 0) < SEEN),
        unmeasured=named(it for it in score.indicators if it.points is None),
        tabs=tabs(board.lines, asked, shown),
        rows=[row(board, it, asked) for it in board.lines if it.peers == shown],
        home=asked.address(unit="", indicator="") if asked.unit else "",
        made_at=day_and_time(score.made_at),
    )


def named(indicators: Iterable[Indicator]) -> list[tuple[str, str]]:
    """Return the ids and names of indicators, as people read them."""
    return [(shown_id(indicator.id), indicator.name) for indicator in indicators]


def period(score: UnitScore) -> str:
    """Return the days that count, in words."""
    if score.first.day == 1 and (score.last.month, score.last.year) == (score.first.month, score.first.year):
        return f"Tháng {score.first:%m/%Y}"
    return f"Từ {score.first:%d/%m/%Y} đến {score.last:%d/%m/%Y}"


def closed(score: UnitScore) -> str:
    """Return whether the figures are frozen: by whom, when, which version."""
    if score.closed is None:
        return "Đang chạy: số liệu trực tiếp" if score.running else "Chưa chốt: số liệu còn có thể thay đổi"
    by = f"người chốt: {person(score.closed.by)}"
    reason = f", lý do: {score.closed.reason}" if score.closed.reason else ""
    return f"Đã chốt, phiên bản {score.closed.version} · {day_and_time(score.closed.at)} · {by}{reason}"


def rank(line: Line) -> str:
    """Return a unit's rank among its peers; empty where it isn't ranked, or alone."""
    if line.rank is None or line.ranked < 2:
        return ""
    return f"Hạng {number(line.rank)}/{number(line.ranked)} {PEERS.get(line.peers, '').lower()}"


def bars(found: Sequence[Group]) -> list[Bar]:
    """Return the groups as bars, as long as their maxima."""
    most = max((group.maximum for group in found), default=1.0)
    return [_bar(group, most) for group in found]


def _bar(group: Group, most: float) -> Bar:
    won, unmeasured = group.points or 0.0, group.maximum - group.reachable
    note = f"{number(unmeasured, 2)} điểm {NOT_MEASURED}" if unmeasured > 0 else ""
    return Bar(
        name=group.name,
        points=NOTHING if group.points is None else number(group.points, 2),
        maximum=number(group.maximum),
        track=round(100 * group.maximum / most, 1),
        won=round(100 * won / group.maximum, 2),
        lost=round(100 * max(group.reachable - won, 0) / group.maximum, 2),
        note=NOT_MEASURED if group.points is None else note,
    )


def outlook(score: UnitScore, forecast: Forecast | None) -> Picture | None:
    """Return the outlook to the period's end as a picture, on the scale of 100 reachable points."""
    now = score.line.per_100
    if not score.running or now is None or forecast is None or forecast.per_100 is None:
        return None
    thresholds = [Threshold(grade.at_least, grade.name) for grade in score.version.grades if grade.at_least > 0]
    return picture(now, forecast.per_100, thresholds, top=100, label=outlook_words(score, forecast))


def outlook_words(score: UnitScore, forecast: Forecast | None) -> str:
    """Return the outlook in words."""
    if not score.running:
        return ""
    if forecast is None or forecast.score is None:
        return "Chưa đủ ngày làm việc để dự báo."
    ahead = forecast.score
    return (
        f"{number(ahead.expected, 2)} điểm, từ {number(ahead.low, 2)} đến {number(ahead.high, 2)} "
        f"(xác suất {number(forecast.interval)} %), theo đà từ {forecast.drawn_from:%d/%m} "
        f"đến {forecast.drawn_to:%d/%m}"
    )


def pull(indicator: Indicator, most: Indicator, asked: Asked) -> Pull:
    """Return an indicator with lost points; `most` is the one that lost the most."""
    words = counted(indicator.id)
    missing = max((indicator.denominator or 0) - (indicator.numerator or 0), 0)
    traced = indicator.behind in {"dossiers", "procedures"}
    return Pull(
        id=shown_id(indicator.id),
        name=indicator.name,
        lost=number(indicator.lost, 2),
        share=round(100 * (indicator.lost or 0) / (most.lost or 1), 1),
        points=f"{number(indicator.points, 2)}/{number(indicator.maximum)}",
        rate=f"{number(indicator.rate, 2)} %, đủ điểm từ {number(indicator.full_at)} %",
        parts=fraction(indicator.id, indicator.numerator, indicator.denominator),
        change=points_moved(indicator),
        behind=f"{number(missing)} {words.missing}",
        address=asked.address(indicator=indicator.id) if traced else "",
        chosen=asked.indicator == indicator.id,
    )
