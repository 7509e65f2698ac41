"""Working time: how much of it lies between two instants, and when so much of it will have passed.

Pure: everything is computed once, when a calendar is made, into sorted arrays of working periods; each question
is then one or two binary searches. With W(t) the working seconds from the calendar's first day to t,

    working_seconds(a, b) = W(b) - W(a)
    W(t) = cumulative_seconds + least(t - start_at, end_at - start_at)   of the last period with start_at <= t

Many instants at once are answered by calendar_arrays, and by SQL from the rows of `WorkingCalendar.periods`: alike,
to the second. Everywhere an instant is cut to its whole second (towards the past), then counted. Where Python raises
for what the calendar doesn't reach, SQL's clock stands still, and a sum is NULL.
Source of the rules: Decision 766/QĐ-TTg (working day, start of counting), config/calendar.yaml (hours, days).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ioc_core.errors import InputError

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """What makes a day and an hour a working one.

    `hours` are local, sorted, and don't overlap; `weekdays` count from Monday = 0. `off` and `worked` say why a
    day differs from its weekday, and have no day in common.
    """

    timezone: ZoneInfo
    first_year: int
    last_year: int
    hours: tuple[tuple[time, time], ...]
    weekdays: frozenset[int]
    off: Mapping[date, str]
    worked: Mapping[date, str]


class WorkingPeriod(NamedTuple):
    """[start_at, end_at) in UTC, and the working seconds from the calendar's first day to `start_at`."""

    start_at: datetime
    end_at: datetime
    cumulative_seconds: int


class PeriodArrays(NamedTuple):
    """One entry a working period, in order: its bounds in epoch seconds, working seconds to its start and its end."""

    starts: Sequence[int]
    ends: Sequence[int]
    before: Sequence[int]
    through: Sequence[int]


class WorkingCalendar:
    """The working calendar of the province; immutable. Aware datetimes in any zone in, UTC out.

    Every method raises InputError (`calendar_range`) for what lies outside the calendar's years, and
    ValueError for a datetime without a time zone.
    """

    def __init__(self, rules: CalendarRules) -> None:
        self.rules = rules
        self.first_day = date(rules.first_year, 1, 1)
        self.last_day = date(rules.last_year, 12, 31)
        self.day_seconds = sum(_seconds_of_day(end) - _seconds_of_day(start) for start, end in rules.hours)
        """Working seconds of one working day (28,800 with the hours of Decision 766)."""
        self.first_second = _epoch(_local(self.first_day, time(), rules.timezone))
        self.last_second = _epoch(_local(self.last_day, time(), rules.timezone) + ONE_DAY)
        """First and last instant of the calendar's years, in epoch seconds; both may be asked about."""
        self._days = [day for day in _days(self.first_day, self.last_day) if self._works(day)]
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []
        self._through: list[int] = []
        total = 0
        for day in self._days:
            for opening, closing in rules.hours:
                start, end = (_epoch(_local(day, clock, rules.timezone)) for clock in (opening, closing))
                self._starts.append(start)
                self._ends.append(end)
                self._before.append(total)
                total += end - start
                self._through.append(total)

    def clock(self, at: datetime) -> int:
        """Working seconds from the calendar's first day to `at`, as SQL's `working_clock`: a difference is a span."""
        return self._worked_before(self._instant(at))

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Working seconds from `start` to `end`; negative when `end` is the earlier."""
        return self._worked_before(self._instant(end)) - self._worked_before(self._instant(start))

    def add_working(self, start: datetime, seconds: int) -> datetime:
        """The instant `seconds` of working time after `start` (before it, if negative).

        It is the earliest such instant going forward (8 hours from 07:00 end at 17:00, not the next morning)
        and the latest one going back; 0 gives `start`.
        """
        origin = self._instant(start)
        if seconds == 0:
            return _utc(origin)
        target = self._worked_before(origin) + seconds
        if not 0 <= target <= self._through[-1]:
            raise out_of_range(f"{seconds} working seconds from {start.isoformat()}", self)
        index = bisect_left(self._through, target) if seconds > 0 else bisect_right(self._before, target) - 1
        return _utc(self._starts[index] + target - self._before[index])

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """The instant `days` whole working days of working time after `start` (before it, if negative)."""
        return self.add_working(start, days * self.day_seconds)

    def counts_from(self, at: datetime) -> datetime:
        """`at` itself in working time, else the next opening: of a lunch break 13:30, of an evening 07:00."""
        instant = self._instant(at)
        index = bisect_right(self._ends, instant)
        if index == len(self._starts):
            raise out_of_range(f"the opening after {at.isoformat()}", self)
        return _utc(max(instant, self._starts[index]))

    def is_working_time(self, at: datetime) -> bool:
        """Whether offices are open at `at`; a period's end is no longer part of it."""
        instant = self._instant(at)
        index = bisect_right(self._starts, instant) - 1
        return index >= 0 and instant < self._ends[index]

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on that local day."""
        self._check_day(day)
        return self._works(day)

    def reason(self, day: date) -> str | None:
        """Why a day differs from its weekday (in Vietnamese: the holiday's name, the swap), if it does."""
        return self.rules.off.get(day) or self.rules.worked.get(day)

    def working_days(self, first: date, last: date) -> int:
        """How many working days there are from `first` to `last`, both included."""
        self._check_day(first)
        self._check_day(last)
        return max(0, bisect_right(self._days, last) - bisect_left(self._days, first))

    def working_day_after(self, day: date, days: int) -> date:
        """The `days`-th working day after `day` (before it, if negative); 0: `day` or the next working day."""
        self._check_day(day)
        after = bisect_right(self._days, day) - 1 if days > 0 else bisect_left(self._days, day)
        index = after + days
        if not 0 <= index < len(self._days):
            raise out_of_range(f"{days} working days from {day}", self)
        return self._days[index]

    def periods(self, first: date, last: date) -> list[WorkingPeriod]:
        """The working periods of the local days from `first` to `last`, both included, in order."""
        self._check_day(first)
        self._check_day(last)
        per_day = len(self.rules.hours)
        begin = bisect_left(self._days, first) * per_day
        end = bisect_right(self._days, last) * per_day
        return [
            WorkingPeriod(_utc(self._starts[index]), _utc(self._ends[index]), self._before[index])
            for index in range(begin, end)
        ]

    def arrays(self) -> PeriodArrays:
        """All working periods, as the arrays in which every answer of this calendar is looked up."""
        return PeriodArrays(self._starts, self._ends, self._before, self._through)

    def local_day(self, at: datetime) -> date:
        """The local date of an instant."""
        return at.astimezone(self.rules.timezone).date()

    def _works(self, day: date) -> bool:
        rules = self.rules
        return day in rules.worked or (day.weekday() in rules.weekdays and day not in rules.off)

    def _worked_before(self, instant: int) -> int:
        index = bisect_right(self._starts, instant) - 1
        if index < 0:
            return 0
        return self._before[index] + min(instant, self._ends[index]) - self._starts[index]

    def _instant(self, at: datetime) -> int:
        if at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no time zone")
        instant = _epoch(at)
        if not self.first_second <= instant <= self.last_second:
            raise out_of_range(at.isoformat(), self)
        return instant

    def _check_day(self, day: date) -> None:
        if not self.first_day <= day <= self.last_day:
            raise out_of_range(day.isoformat(), self)


def out_of_range(what: str, calendar: WorkingCalendar) -> InputError:
    """The refusal of `what`, an instant, a day or a sum that lies outside the calendar's years."""
    years = f"{calendar.rules.first_year} to {calendar.rules.last_year}"
    return InputError("calendar_range", f"{what} is outside the working calendar ({years})")


def _days(first: date, last: date) -> list[date]:
    return [date.fromordinal(ordinal) for ordinal in range(first.toordinal(), last.toordinal() + 1)]


def _local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone)


def _epoch(at: datetime) -> int:
    return floor(at.timestamp())


def _utc(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def _seconds_of_day(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second
