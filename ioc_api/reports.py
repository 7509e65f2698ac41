"""The figures of a period, from counts by unit and channel. Pure."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import asdict

ONLINE = 2


class Counts(Struct, frozen=True):
    """Dossiers of one unit and channel in a period; open and overdue at its end."""

    unit: str | None = None
    unit_name: str = ""
    channel: int | None = None
    received: int = 0
    resolved: int = 0
    measured: int = 0
    on_time: int = 0
    open: int = 0
    overdue: int = 0


class Totals(Struct, frozen=True):
    """Sums of counts."""

    received: int = 0
    online: int = 0
    resolved: int = 0
    measured: int = 0
    on_time: int = 0
    open: int = 0
    overdue: int = 0


class Definition(Struct, frozen=True):
    """A figure: a count, or the share of two counts in per cent."""

    id: str
    label: str
    unit: str
    text: str
    numerator: Callable[[Totals], int]
    denominator: Callable[[Totals], int] | None = None


FIGURES: tuple[Definition, ...] = (
    Definition(
        "received",
        "Hồ sơ tiếp nhận",
        "hồ sơ",
        "Số hồ sơ có ngày tiếp nhận (NgayTiepNhan) trong kỳ.",
        lambda totals: totals.received,
    ),
    Definition(
        "resolved",
        "Hồ sơ đã giải quyết",
        "hồ sơ",
        "Số hồ sơ đã được tiếp nhận và kết thúc xử lý trong kỳ (Quyết định 766/QĐ-TTg, mục 2.1: đã xử lý xong hoặc "
        "trả kết quả, dừng xử lý, không được tiếp nhận, hoặc công dân rút).",
        lambda totals: totals.resolved,
    ),
    Definition(
        "on_time",
        "Tỷ lệ giải quyết đúng hạn",
        "%",
        "Hồ sơ kết thúc trước hoặc đúng hạn (Quyết định 766/QĐ-TTg, mục 2.1: đã trừ thời gian chờ công dân bổ sung, "
        "tính đến phút; yêu cầu bổ sung từ lần thứ hai là quá hạn) chia cho hồ sơ kết thúc trong kỳ có thời hạn "
        "(ngày hẹn trả, hoặc thời hạn theo quy định của thủ tục).",
        lambda totals: totals.on_time,
        lambda totals: totals.measured,
    ),
    Definition(
        "open",
        "Hồ sơ đang xử lý cuối kỳ",
        "hồ sơ",
        "Số hồ sơ nộp trước cuối kỳ và chưa kết thúc xử lý tại thời điểm đó.",
        lambda totals: totals.open,
    ),
    Definition(
        "overdue",
        "Tỷ lệ quá hạn cuối kỳ",
        "%",
        "Hồ sơ đang xử lý đã qua thời hạn (Quyết định 766/QĐ-TTg, mục 2.1: ngày hẹn trả, hoặc thời hạn theo quy định, "
        "cộng thời gian chờ công dân bổ sung) hoặc đã bị yêu cầu bổ sung từ lần thứ hai, chia cho hồ sơ đang xử lý "
        "cuối kỳ. Hồ sơ đang chờ bổ sung lần đầu, được yêu cầu khi còn hạn, chưa quá hạn.",
        lambda totals: totals.overdue,
        lambda totals: totals.open,
    ),
    Definition(
        "online",
        "Tỷ lệ nộp trực tuyến",
        "%",
        "Hồ sơ nộp trực tuyến (KenhThucHien = 2) chia cho hồ sơ tiếp nhận trong kỳ.",
        lambda totals: totals.online,
        lambda totals: totals.received,
    ),
)
"""The figures of the briefing, in its order."""


def previous_period(first: date, last: date) -> tuple[date, date]:
    """Return the period to compare with: for whole months as many months before, else as many days before."""
    if first.day == 1 and last.day == monthrange(last.year, last.month)[1]:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        before = first.year * 12 + first.month - 1 - months
        return date(before // 12, before % 12 + 1, 1), first - timedelta(days=1)
    days = (last - first).days + 1
    return first - timedelta(days=days), first - timedelta(days=1)


def totals(counts: Iterable[Counts]) -> Totals:
    """Return the sums."""
    sums: defaultdict[str, int] = defaultdict(int)
    for count in counts:
        for name in ("received", "resolved", "measured", "on_time", "open", "overdue"):
            sums[name] += getattr(count, name)
        if count.channel == ONLINE:
            sums["online"] += count.received
    return Totals(**sums)


def measure(definition: Definition, of: Totals) -> dict[str, float | int | None]:
    """Return value, numerator and denominator of a figure; no value where nothing was measured."""
    numerator = definition.numerator(of)
    if definition.denominator is None:
        return {"value": float(numerator), "numerator": numerator, "denominator": None}
    denominator = definition.denominator(of)
    value = round(100 * numerator / denominator, 2) if denominator else None
    return {"value": value, "numerator": numerator, "denominator": denominator}


def figure(definition: Definition, now: Totals, before: Totals) -> dict[str, object]:
    """Return a figure with its comparison."""
    here, there = measure(definition, now), measure(definition, before)
    value, earlier = here["value"], there["value"]
    return {
        "id": definition.id,
        "label": definition.label,
        "unit": definition.unit,
        "definition": definition.text,
        "now": here,
        "before": there,
        "change": None if value is None or earlier is None else round(value - earlier, 2),
    }


def _lines(groups: dict[tuple[str | None, str], list[Counts]]) -> list[dict[str, object]]:
    """Return a line a group, the most received first."""
    summed = [(name, key, totals(held)) for (key, name), held in groups.items()]
    summed.sort(key=lambda line: (-line[2].received, line[0]))
    return [{"key": key, "name": name, **asdict(sums)} for name, key, sums in summed]


CHANNEL_NAMES: dict[int | None, tuple[str | None, str]] = {
    1: ("counter", "Trực tiếp"),
    2: ("online", "Trực tuyến"),
    3: ("post", "Bưu chính"),
    None: (None, "Không rõ"),
}


def by_unit(counts: Iterable[Counts]) -> list[dict[str, object]]:
    """Return a line a unit."""
    groups: defaultdict[tuple[str | None, str], list[Counts]] = defaultdict(list)
    for count in counts:
        groups[(count.unit, count.unit_name)].append(count)
    return _lines(groups)


def by_channel(counts: Iterable[Counts]) -> list[dict[str, object]]:
    """Return a line a channel."""
    groups: defaultdict[tuple[str | None, str], list[Counts]] = defaultdict(list)
    for count in counts:
        groups[CHANNEL_NAMES.get(count.channel, CHANNEL_NAMES[None])].append(count)
    return _lines(groups)
