"""A slow clock that looks at every second, written from the words of Decision 766/QĐ-TTg and from nothing of ours.

A working day is 07:00-11:30 and 13:30-17:00 at UTC+7 (Vietnam's time since 1975), Monday to Friday; days that differ
stand below, by hand. Time is whole epoch seconds; second s is the time from s until s + 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import compress, islice

UTC_OFFSET = 7 * 3600
DAY = 86_400
HOUR = 3600
WORKING_DAY = 8 * HOUR
MORNING = (7 * HOUR, 11 * HOUR + HOUR // 2)
AFTERNOON = (13 * HOUR + HOUR // 2, 17 * HOUR)

CLOSURE = "closures:\n  - {from: 2026-10-19, to: 2026-10-20, reason: Nghỉ phòng chống bão}\n"
"""The local order of the window `closure`, as config/calendar.yaml says it."""


@dataclass(frozen=True)
class Window:
    """Whole local days, `first` to `last`; `off` and `worked` are all of its days that differ from their weekday."""

    name: str
    first: date
    last: date
    off: tuple[date, ...] = ()
    worked: tuple[date, ...] = ()

    @property
    def begins(self) -> int:
        """The first second."""
        return int(datetime.combine(self.first, time(), UTC).timestamp()) - UTC_OFFSET

    @property
    def ends(self) -> int:
        """The second after the last one."""
        return int(datetime.combine(self.last, time(), UTC).timestamp()) - UTC_OFFSET + DAY


def days(month: int, *numbers: int, year: int) -> tuple[date, ...]:
    """Some days of one month."""
    return tuple(date(year, month, number) for number in numbers)


WINDOWS = (
    Window("the calendar's beginning", date(2015, 1, 1), date(2015, 1, 6), off=days(1, 1, 2, year=2015)),
    Window("24 November of 2025, no holiday yet", date(2025, 11, 23), date(2025, 11, 25)),
    Window(
        "New Year 2026, 2/1 off for 10/1",
        date(2025, 12, 31),
        date(2026, 1, 11),
        off=days(1, 1, 2, year=2026),
        worked=days(1, 10, year=2026),
    ),
    Window("Tet 2026", date(2026, 2, 13), date(2026, 2, 24), off=days(2, 16, 17, 18, 19, 20, year=2026)),
    Window(
        "Hung Kings on a Sunday, 30/4, 1/5",
        date(2026, 4, 24),
        date(2026, 5, 4),
        off=(*days(4, 27, 30, year=2026), *days(5, 1, year=2026)),
    ),
    Window("an ordinary week", date(2026, 7, 9), date(2026, 7, 14)),
    Window("Saturday 22/8/2026 worked", date(2026, 8, 20), date(2026, 8, 25), worked=days(8, 22, year=2026)),
    Window(
        "National Day, 31/8/2026 off",
        date(2026, 8, 28),
        date(2026, 9, 4),
        off=(*days(8, 31, year=2026), *days(9, 1, 2, year=2026)),
    ),
    Window("closure", date(2026, 10, 16), date(2026, 10, 22), off=days(10, 19, 20, year=2026)),
    Window("24 November of 2026", date(2026, 11, 22), date(2026, 11, 25), off=days(11, 24, year=2026)),
    Window("Tet 2027", date(2027, 2, 2), date(2027, 2, 12), off=days(2, 4, 5, 8, 9, 10, year=2027)),
    Window(
        "1/5/2027 on a Saturday, its substitute",
        date(2027, 4, 29),
        date(2027, 5, 4),
        off=(*days(4, 30, year=2027), *days(5, 3, year=2027)),
    ),
    Window("the calendar's end", date(2035, 12, 28), date(2035, 12, 31)),
)


def is_worked(window: Window, day: date, second: int) -> bool:
    """Whether offices are open in that second (from local midnight) of a local day."""
    if day in window.off or (day.weekday() >= 5 and day not in window.worked):
        return False
    return MORNING[0] <= second < MORNING[1] or AFTERNOON[0] <= second < AFTERNOON[1]


@cache
def seconds(window: Window) -> bytes:
    """One byte a second of the window: 1 when it is worked, else 0."""
    local_days = [window.first + timedelta(number) for number in range((window.last - window.first).days + 1)]
    return bytes(is_worked(window, day, second) for day in local_days for second in range(DAY))


@cache
def edges(window: Window) -> tuple[int, ...]:
    """Every opening, closing and midnight of the window, and its two ends."""
    looks = seconds(window)
    changes = [window.begins + at for at in range(1, len(looks)) if looks[at] != looks[at - 1]]
    return tuple(sorted({*changes, *range(window.begins, window.ends + 1, DAY)}))


def worked_between(window: Window, start: int, end: int) -> int:
    """How many worked seconds there are from `start` to `end`; negative when `end` is the earlier."""
    if end < start:
        return -worked_between(window, end, start)
    return seconds(window)[start - window.begins : end - window.begins].count(1)


def moved(window: Window, start: int, amount: int) -> int | None:
    """When the last of `amount` worked seconds from `start` on is over; None: not in this window.

    Negative: when the last of so many begins, counting back from `start`. 0 is `start`.
    """
    if amount == 0:
        return start
    walked = _worked_from(window, start) if amount > 0 else _worked_back_from(window, start)
    last = next(islice(walked, abs(amount) - 1, None), None)
    return last if last is None or amount < 0 else last + 1


def counted_from(window: Window, at: int) -> int | None:
    """The first second from `at` on that is worked; None: none of this window."""
    return next(_worked_from(window, at), None)


def _worked_from(window: Window, start: int) -> Iterator[int]:
    return compress(range(start, window.ends), seconds(window)[start - window.begins :])


def _worked_back_from(window: Window, start: int) -> Iterator[int]:
    looks = seconds(window)[: start - window.begins]
    return compress(range(start - 1, window.begins - 1, -1), reversed(looks))
