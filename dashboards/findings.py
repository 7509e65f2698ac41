"""What a period's figures mean: sentences made of numbers, each with its denominator. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards.api_models import Breakdown, Figure, PeriodReport
from dashboards.vietnamese import number

FEW = 30
"""A share of fewer cases than this moves by chance."""
CLEAR_POINTS = 0.5
"""Smaller changes of a share, in percentage points, are called none."""
CLEAR_SHARE = 5.0
"""Smaller changes of a count, in per cent, are called none."""
NAMED = 3
CONCENTRATED = 0.1
"""From this share of all the trouble on, one unit makes a difference; below, it is everywhere."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence; `good` is None when it is neither good nor bad."""

    text: str
    good: bool | None


def findings(report: PeriodReport, before: Sequence[Breakdown]) -> list[Finding]:
    """Return what leaders should take from a report, the most important first.

    `before` are the counts by unit of the period before. Nothing is said of what wasn't measured.
    """
    figures = {figure.id: figure for figure in report.figures}
    told = [
        _on_time(figures.get("on_time")),
        _pulls_down(report.by_unit, figures.get("on_time")),
        _fell_most(report.by_unit, before),
        _overdue(report.by_unit, figures.get("overdue")),
        _balance(figures.get("received"), figures.get("resolved")),
        _received(figures.get("received")),
        _online(figures.get("online")),
    ]
    return [finding for finding in told if finding is not None]


def _share(numerator: int, denominator: int) -> str:
    return f"{number(100 * numerator / denominator, 1)} % ({number(numerator)}/{number(denominator)})"


def _trend(change: float | None, previous: float | None) -> tuple[str, int]:
    """Return the words for a change of a share in points, and its direction."""
    if change is None or previous is None:
        return "kỳ trước không có số liệu để so sánh", 0
    if abs(change) < CLEAR_POINTS:
        return f"gần như không đổi so với kỳ trước ({number(previous, 1)} %)", 0
    word = "tăng" if change > 0 else "giảm"
    return f"{word} {number(abs(change), 1)} điểm so với kỳ trước ({number(previous, 1)} %)", 1 if change > 0 else -1


def _few(denominator: int | None) -> str:
    return " Số hồ sơ ít nên tỷ lệ dễ biến động." if denominator is not None and denominator < FEW else ""


def _on_time(figure: Figure | None) -> Finding | None:
    if figure is None or not figure.now.denominator:
        return None
    words, direction = _trend(figure.change, figure.before.value)
    share = _share(figure.now.numerator, figure.now.denominator)
    text = f"Tỷ lệ giải quyết đúng hạn là {share}, {words}.{_few(figure.now.denominator)}"
    return Finding(text, None if direction == 0 else direction > 0)


def _pulls_down(units: Sequence[Breakdown], figure: Figure | None) -> Finding | None:
    """Name the unit with the most late dossiers and the rate without it, or say that no one unit makes it."""
    late = [(unit.measured - unit.on_time, unit) for unit in units if unit.measured > unit.on_time]
    total = sum(count for count, _ in late)
    if figure is None or not figure.now.denominator or not total:
        return None
    count, worst = max(late, key=lambda pair: (pair[0], -pair[1].on_time, pair[1].name))
    others_measured = sum(unit.measured for unit in units) - worst.measured
    if count < CONCENTRATED * total:
        text = (
            f"Trễ hạn trải đều ở {number(len(late))} đơn vị; nhiều nhất là {worst.name}, chỉ {_share(count, total)} "
            "hồ sơ trễ hạn: cần biện pháp chung hơn là xử lý một đơn vị."
        )
        return Finding(text, good=False)
    text = (
        f"{worst.name} kéo tỷ lệ xuống nhiều nhất: {number(count)} trong {number(total)} hồ sơ trễ hạn của cả kỳ, "
        f"đúng hạn {_share(worst.on_time, worst.measured)}."
    )
    if others_measured > 0:
        others_on_time = sum(unit.on_time for unit in units) - worst.on_time
        text += f" Không tính đơn vị này, tỷ lệ chung là {_share(others_on_time, others_measured)}."
    return Finding(text, good=False)


def _fell_most(units: Sequence[Breakdown], before: Sequence[Breakdown]) -> Finding | None:
    """Name the unit, with enough cases in both periods, whose rate fell the most."""
    earlier: Mapping[str | None, Breakdown] = {unit.key: unit for unit in before}
    falls = []
    for unit in units:
        then = earlier.get(unit.key)
        if then is not None and unit.measured >= FEW and then.measured >= FEW:
            change = 100 * (unit.on_time / unit.measured - then.on_time / then.measured)
            falls.append((change, unit.name, unit, then))
    if not falls:
        return None
    change, name, now, then = min(falls)
    if change > -CLEAR_POINTS:
        return None
    text = (
        f"{name} giảm mạnh nhất: từ {_share(then.on_time, then.measured)} xuống {_share(now.on_time, now.measured)}, "
        f"tức {number(-change, 1)} điểm."
    )
    return Finding(text, good=False)


def _overdue(units: Sequence[Breakdown], figure: Figure | None) -> Finding | None:
    if figure is None or not figure.now.denominator:
        return None
    overdue, opened = figure.now.numerator, figure.now.denominator
    if overdue == 0:
        return Finding(f"Không có hồ sơ quá hạn trong {number(opened)} hồ sơ đang xử lý cuối kỳ.", good=True)
    words, direction = _trend(figure.change, figure.before.value)
    text = f"Cuối kỳ có {_share(overdue, opened)} hồ sơ đang xử lý đã quá hạn, {words}.{_holders(units, overdue)}"
    return Finding(text, None if direction == 0 else direction < 0)


def _holders(units: Sequence[Breakdown], overdue: int) -> str:
    holding = sorted((unit for unit in units if unit.overdue), key=lambda unit: (-unit.overdue, unit.name))
    worst = holding[:NAMED]
    held = sum(unit.overdue for unit in worst)
    if not worst:
        return ""
    if worst[0].overdue < CONCENTRATED * overdue:
        most = f"{worst[0].name} {number(worst[0].overdue)}"
        return f" Không tập trung: trải ở {number(len(holding))} đơn vị, nhiều nhất là {most}."
    named = ", ".join(f"{unit.name} {number(unit.overdue)}" for unit in worst)
    return f" {number(len(worst))} đơn vị nhiều nhất giữ {_share(held, overdue)}: {named}."


def _balance(received: Figure | None, resolved: Figure | None) -> Finding | None:
    if received is None or resolved is None:
        return None
    came, went = received.now.numerator, resolved.now.numerator
    if not came and not went:
        return None
    gap = came - went
    if gap == 0:
        return Finding(f"Giải quyết bằng tiếp nhận ({number(came)} hồ sơ): tồn đọng không đổi.", good=None)
    word = "ít hơn" if gap > 0 else "nhiều hơn"
    result = "tồn đọng tăng" if gap > 0 else "tồn đọng giảm"
    text = f"Giải quyết {number(went)}, {word} tiếp nhận ({number(came)}) {number(abs(gap))} hồ sơ: {result}."
    return Finding(text, good=gap < 0)


def _received(figure: Figure | None) -> Finding | None:
    if figure is None or not figure.before.numerator:
        return None
    now, then = figure.now.numerator, figure.before.numerator
    change = 100 * (now - then) / then
    if abs(change) < CLEAR_SHARE:
        words = f"gần như bằng kỳ trước ({number(then)})"
    else:
        word = "tăng" if change > 0 else "giảm"
        words = f"{word} {number(abs(change), 1)} % so với kỳ trước ({number(then)})"
    return Finding(f"Tiếp nhận {number(now)} hồ sơ, {words}.", good=None)


def _online(figure: Figure | None) -> Finding | None:
    if figure is None or not figure.now.denominator:
        return None
    words, direction = _trend(figure.change, figure.before.value)
    text = f"Nộp trực tuyến {_share(figure.now.numerator, figure.now.denominator)}, {words}."
    return Finding(text, None if direction == 0 else direction > 0)
