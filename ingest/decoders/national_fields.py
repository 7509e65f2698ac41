"""Reading the fields of the national dossier protocol: every wrong one is noted, none raises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ioc_core.yaml_source import shown

SKEW = timedelta(minutes=10)
"""How far a sender's clock may be ahead of ours."""
SHORT = 300
LONG = 4000
_ABSENT = frozenset({"", "0", "00000000", "00000000000000"})
_FIRST_YEAR = 1976  # the zone of the province is UTC+7 from then on
_LAST_YEAR = 2200
_DIGITS = 14
_WITHIN_HOUR = {
    f"{minute:02}{second:02}": timedelta(minutes=minute, seconds=second)
    for minute in range(60)
    for second in range(60)
}
_USUAL_NUMBERS = {str(number): number for number in range(11)}


@dataclass(slots=True)
class Fields:
    """One JSON object of the protocol. Each reading method returns None for what is absent or wrong.

    `problems` are (reason, message in Vietnamese) of what is wrong, in the order of reading. Each method knows the
    ordinary value at a glance and leaves the others to a second look: one-stop systems send millions of the former.
    """

    values: Mapping[str, object]
    zone: ZoneInfo
    received_at: datetime
    problems: list[tuple[str, str]] = field(default_factory=list)

    def text(self, name: str, *, limit: int = SHORT, required: bool = False) -> str | None:
        """Text without the spaces around it; a number is taken as its digits."""
        value = self.values.get(name)
        if type(value) is str:
            value = value.strip()
            if value and len(value) <= limit and "\0" not in value:
                return value
        return self._unusual_text(name, value, limit=limit, required=required)

    def _unusual_text(self, name: str, value: object, *, limit: int, required: bool) -> str | None:
        if isinstance(value, str):
            value = value.strip()
        elif value is None:
            value = ""
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        else:
            self._wrong("wrong_type", name, value, "phải là chuỗi ký tự")
            return None
        if not value:
            if required:
                self.problems.append(("missing_field", f"thiếu {name}"))
            return None
        if len(value) > limit:
            self._wrong("too_long", name, value, f"dài quá {limit} ký tự")
            return None
        if "\0" in value:
            self._wrong("bad_text", name, value, "có ký tự NUL")
            return None
        return value

    def number(self, name: str, *, required: bool = False) -> int | None:
        """A whole number, written as a number or as text."""
        value = self.values.get(name)
        usual = _USUAL_NUMBERS.get(value) if type(value) is str else None
        return self._unusual_number(name, value, required=required) if usual is None else usual

    def _unusual_number(self, name: str, value: object, *, required: bool) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.problems.append(("missing_field", f"thiếu {name}"))
            return None
        if isinstance(value, str):
            digits = value.strip()
            if len(digits) <= 18 and digits.isascii() and digits.removeprefix("-").isdigit():
                return int(digits)
        self._wrong("wrong_type", name, value, "phải là số nguyên")
        return None

    def time(self, name: str, *, required: bool = False, past: bool = False) -> datetime | None:
        """An instant, UTC, from local `yyyyMMddHHmmss`; zeros mean absent. `past`: it may not lie ahead of us."""
        value = self.values.get(name)
        if type(value) is str:
            if not value and not required:
                return None
            if len(value) == _DIGITS:
                found = _instant(value, self.zone)
                if found is not None and not (past and found > self.received_at + SKEW):
                    return found
        return self._unusual_time(name, value, required=required, past=past)

    def _unusual_time(self, name: str, value: object, *, required: bool, past: bool) -> datetime | None:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if text is None:
            text = ""
        if not isinstance(text, str):
            self._wrong("wrong_type", name, value, "phải là chuỗi yyyyMMddHHmmss")
            return None
        text = text.strip()
        if text in _ABSENT:
            if required:
                self.problems.append(("missing_field", f"thiếu {name}"))
            return None
        found = _instant(text, self.zone)
        if found is None:
            self._wrong("bad_time", name, value, "không phải thời điểm yyyyMMddHHmmss")
        elif past and found > self.received_at + SKEW:
            self._wrong("time_in_future", name, value, "ở tương lai")
            return None
        return found

    def day(self, name: str) -> date:
        """The local day of an instant that `time` has read."""
        return _date(str(self.values[name]).strip()[:8])

    def objects(self, name: str) -> list[Mapping[str, object]] | None:
        """The objects of a list; None when it is absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong("wrong_type", name, value, "phải là danh sách đối tượng")
            return None
        return value

    def inner(self, values: Mapping[str, object]) -> "Fields":
        """A reader of an object inside this one, noting into the same list."""
        return Fields(values, self.zone, self.received_at, self.problems)

    def wrong(self, reason: str, message: str) -> None:
        """Note what only several fields together show."""
        self.problems.append((reason, message))

    def _wrong(self, reason: str, name: str, value: object, why: str) -> None:
        scalar = isinstance(value, (str, int, float, bool))
        what = f"{name} {shown(value)}" if scalar else name
        self.problems.append((reason, f"{what} {why}"))


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant of 14 digits: mostly some minutes and seconds into an hour that was asked for a moment ago."""
    hour = _hour(text[:10], zone)
    within = _WITHIN_HOUR.get(text[10:])
    return _any_instant(text, zone) if hour is None or within is None else hour + within


@lru_cache(maxsize=1 << 14)
def _hour(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant at which a local hour (10 digits) begins; None when there is none or the clock is changed in it."""
    first, last = (_any_instant(text + within, zone) for within in ("0000", "5959"))
    return first if first is not None and last is not None and last - first == _WITHIN_HOUR["5959"] else None


def _any_instant(text: str, zone: ZoneInfo) -> datetime | None:
    if len(text) != _DIGITS or not (text.isascii() and text.isdigit()):
        return None
    year = int(text[:4])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        local = datetime(
            year, int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:]), tzinfo=zone
        )
    except ValueError:
        return None
    return local.astimezone(UTC)


@lru_cache(maxsize=1 << 12)
def _date(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def local_text(at: datetime | None, zone: ZoneInfo) -> str:
    """An instant as the protocol writes it; "" for None."""
    return "" if at is None else at.astimezone(zone).strftime("%Y%m%d%H%M%S")
