"""The briefing as HTML: a period's figures with denominators and comparison, what they mean, and the units. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from dashboards.api_models import Breakdown, Figure, PeriodReport
from dashboards.findings import CLEAR_POINTS, findings
from dashboards.templates import template
from dashboards.vietnamese import NOTHING, day_and_time, number, signed

UNITS_SHOWN = 15
HIGHER_IS_BETTER = {"on_time": True, "online": True, "overdue": False}


class Card(NamedTuple):
    """One figure in words."""

    label: str
    value: str
    unit: str
    parts: str
    change: str
    tone: str
    definition: str


class Line(NamedTuple):
    """One unit or channel in words."""

    name: str
    received: str
    resolved: str
    on_time: str
    opened: str
    overdue: str
    bar: float


def render(report: PeriodReport, before: Sequence[Breakdown]) -> str:
    """Return the briefing; `before` are the counts by unit of the period before. All text is escaped."""
    troubled = sorted(report.by_unit, key=lambda unit: (-trouble(unit), unit.name))
    shown = [unit for unit in troubled if trouble(unit)][:UNITS_SHOWN]
    most = max((trouble(unit) for unit in shown), default=1)
    return template("report.html.j2").render(
        title="Báo cáo tình hình giải quyết thủ tục hành chính",
        scope=report.scope_name,
        period=_period(report),
        before=f"{report.before_from:%d/%m/%Y} – {report.before_to:%d/%m/%Y}",
        made_at=day_and_time(report.made_at),
        findings=findings(report, before),
        cards=[card(figure) for figure in report.figures],
        units=[line(unit, most) for unit in shown],
        units_left=len(report.by_unit) - len(shown),
        channels=[line(channel, 1) for channel in report.by_channel],
    )


def trouble(unit: Breakdown) -> int:
    """Return how many dossiers of a unit were late or are overdue."""
    return unit.measured - unit.on_time + unit.overdue


def card(figure: Figure) -> Card:
    """Return a figure in words: shares with both their parts and the change in points, counts with their change."""
    now, before = figure.now, figure.before
    share = now.denominator is not None
    decimals = 1 if share else 0
    value = now.value
    if share and now.denominator:
        value = 100 * now.numerator / now.denominator
        parts = f"{number(now.numerator)}/{number(now.denominator)} hồ sơ"
    else:
        parts = "kỳ này không có hồ sơ để tính" if share else ""
    if figure.change is None or before.value is None:
        change = "kỳ trước: không có số liệu"
    else:
        size = " điểm" if share else ""
        earlier = f"{number(before.value, decimals)}{' %' if share else ''}"
        change = f"kỳ trước {earlier}, {signed(figure.change, decimals) if figure.change else 'không đổi'}"
        change += size if figure.change else ""
    return Card(
        label=figure.label,
        value=number(value, decimals),
        unit="" if value is None else figure.unit,
        parts=parts,
        change=change,
        tone=_tone(figure),
        definition=figure.definition,
    )


def line(unit: Breakdown, most: int) -> Line:
    """Return a unit in words; `bar` is its trouble in per cent of the most troubled one's."""
    return Line(
        name=unit.name,
        received=number(unit.received),
        resolved=number(unit.resolved),
        on_time=_share(unit.on_time, unit.measured),
        opened=number(unit.open),
        overdue=_share(unit.overdue, unit.open),
        bar=round(100 * trouble(unit) / most, 1) if most else 0.0,
    )


def _share(numerator: int, denominator: int) -> str:
    if not denominator:
        return NOTHING
    return f"{number(numerator)}/{number(denominator)} ({number(100 * numerator / denominator, 1)} %)"


def _tone(figure: Figure) -> str:
    better = HIGHER_IS_BETTER.get(figure.id)
    if better is None or figure.change is None or abs(figure.change) < CLEAR_POINTS:
        return ""
    return "better" if (figure.change > 0) == better else "worse"


def _period(report: PeriodReport) -> str:
    first, last = f"{report.from_:%d/%m/%Y}", f"{report.to:%d/%m/%Y}"
    return f"Ngày {first}" if first == last else f"Từ {first} đến {last}"
