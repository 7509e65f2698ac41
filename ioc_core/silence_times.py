"""When a silence is active: once, or again and again by a rule of RFC 5545, in the province's time zone. Pure.

Occurrences are reckoned on the clock on the wall (22:00 stays 22:00 when clocks are put forward); each lasts as long
as the first. Python's calendar ends in 9999 and repeats itself every 400 years, so rules are asked in its last 400
years: one that never comes true ends after a moment instead of after 8,000 years.
"""

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from ioc_core.errors import InputError

LONGEST_SERIES = timedelta(days=3660)
"""A recurrence ends ten years after its start at the latest: somebody should look at it once more."""
MOST_OCCURRENCES = 12_000
"""Three a day for ten years."""
_CYCLE, _LAST_YEAR = 400, 9980
_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)\Z")
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYHOUR"})
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


def normal_recurrence(text: str) -> str:
    """Return a rule as it is kept: upper case, without the leading `RRULE:`.

    Raises:
        InputError: `recurrence`; it isn't a rule, comes more often than daily, or says what other fields say.
    """
    rule = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    seen: dict[str, str] = {}
    for part in rule.split(";"):
        match = _PART.match(part)
        if match is None:
            raise InputError("recurrence", f"{part!r} is not a part like FREQ=WEEKLY or BYDAY=SA,SU")
        name, value = match.groups()
        if name == "UNTIL":
            raise InputError("recurrence", "UNTIL can't stand in the rule: say until beside it")
        if name not in _PARTS:
            raise InputError("recurrence", f"{name} is not taken: there are {', '.join(sorted(_PARTS))}")
        if name in seen:
            raise InputError("recurrence", f"{name} appears twice")
        seen[name] = value
    if seen.get("FREQ") not in _FREQUENCIES:
        raise InputError("recurrence", f"FREQ must be one of {', '.join(_FREQUENCIES)}")
    for name in ("INTERVAL", "COUNT"):
        if name in seen and not (seen[name].isdigit() and 1 <= int(seen[name]) <= MOST_OCCURRENCES):
            raise InputError("recurrence", f"{name} must be from 1 to {MOST_OCCURRENCES}")
    try:
        rrulestr(rule, dtstart=datetime(2026, 1, 1))  # noqa: DTZ001 - local time
    except (ValueError, KeyError, IndexError, TypeError, OverflowError) as error:
        raise InputError("recurrence", f"is not a rule of RFC 5545: {error}") from error
    return rule


def starts(recurrence: str, starts_at: datetime, until: datetime | None, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return the instants (UTC) at which occurrences begin, in order, from `starts_at` to `until` (included).

    Raises:
        InputError: `recurrence`; there is none, or more than `MOST_OCCURRENCES`.
    """
    last = starts_at + LONGEST_SERIES
    found = _starts(recurrence, starts_at, last if until is None else min(until, last), zone.key)
    if not found:
        raise InputError("recurrence", "has no occurrence between starts_at and until")
    if len(found) > MOST_OCCURRENCES:
        raise InputError("recurrence", f"has more than {MOST_OCCURRENCES} occurrences: say until")
    return found


@lru_cache(maxsize=512)
def _starts(recurrence: str, starts_at: datetime, last: datetime, zone: str) -> tuple[datetime, ...]:
    tz = ZoneInfo(zone)
    first = starts_at.astimezone(tz).replace(tzinfo=None, microsecond=0)
    shift = (_LAST_YEAR - first.year) // _CYCLE * _CYCLE
    rule = rrulestr(recurrence, dtstart=first.replace(year=first.year + shift))
    end = last.astimezone(tz).replace(tzinfo=None)
    end = end.replace(year=end.year + shift)
    bounded = takewhile(lambda found: found <= end, rule)
    local = (found.replace(year=found.year - shift, tzinfo=tz) for found in islice(bounded, MOST_OCCURRENCES + 1))
    return tuple(found.astimezone(UTC) for found in local)


def span_at(begins: tuple[datetime, ...], length: timedelta, at: datetime) -> tuple[bool, datetime | None]:
    """Return whether one of the occurrences is on at `at`, and when that changes; None: never again.

    Occurrences that overlap or touch are one. An occurrence has its beginning and hasn't its end.
    """
    index = bisect_right(begins, at) - 1
    if index < 0 or begins[index] + length <= at:
        return False, begins[index + 1] if index + 1 < len(begins) else None
    end = begins[index] + length
    for begin in begins[index + 1 :]:
        if begin > end:
            break
        end = begin + length
    return True, end
