"""Working time by walking from day to day and adding up: slow, and made of nothing but the calendar's rules."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ioc_core.calendar import CalendarRules

ZERO = timedelta()
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class SlowCalendar:
    """Questions in naive local time, whole seconds; None is the answer when it lies outside the calendar's years."""

    def __init__(self, rules: CalendarRules) -> None:
        self.rules = rules
        self.first = date(rules.first_year, 1, 1)
        self.last = date(rules.last_year, 12, 31)

    def works(self, day: date) -> bool:
        """Whether offices are open on `day`."""
        return day in self.rules.worked or (day.weekday() in self.rules.weekdays and day not in self.rules.off)

    def day_seconds(self) -> int:
        """Working seconds of a working day."""
        any_day = date(2020, 1, 1)
        return sum(
            (datetime.combine(any_day, closing) - datetime.combine(any_day, opening)) // SECOND
            for opening, closing in self.rules.hours
        )

    def worked(self, start: datetime, end: datetime) -> int | None:
        """Working seconds from `start` to `end`; negative when `end` is the earlier."""
        if end < start:
            backwards = self.worked(end, start)
            return None if backwards is None else -backwards
        if not (self._knows(start) and self._knows(end)):
            return None
        start, end = start.replace(microsecond=0), end.replace(microsecond=0)
        total = ZERO
        for opening, closing in self._openings(start):
            if opening >= end:
                break
            total += min(closing, end) - opening
        return total // SECOND

    def after(self, start: datetime, seconds: int) -> datetime | None:
        """The earliest instant by which so much working time (0 or more) has passed since `start`."""
        if not self._knows(start):
            return None
        start = start.replace(microsecond=0)
        left = seconds * SECOND
        if not left:
            return start
        for opening, closing in self._openings(start):
            if opening + left <= closing:
                return opening + left
            left -= closing - opening
        return None

    def used_up(self, start: datetime, seconds: int) -> datetime | None:
        """The latest instant by which no more working time than that has passed since `start`."""
        if not self._knows(start):
            return None
        left = seconds * SECOND
        for opening, closing in self._openings(start.replace(microsecond=0)):
            if opening + left < closing:
                return opening + left
            left -= closing - opening
        return None

    def begins(self, at: datetime) -> datetime | None:
        """`at`, or the next opening when `at` is after closing or on a day off."""
        if not self.first <= at.date() <= self.last:
            return None
        if self.works(at.date()) and at.time() <= self.rules.hours[-1][1]:
            return at
        return self.used_up(at, 0)

    def _knows(self, at: datetime) -> bool:
        return self.first <= at.date() <= self.last or at == datetime.combine(self.last + DAY, datetime.min.time())

    def _openings(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of the working hours from `start` on, stretch by stretch."""
        day = start.date()
        while day <= self.last:
            if self.works(day):
                for opening, closing in self.rules.hours:
                    begin, end = datetime.combine(day, opening), datetime.combine(day, closing)
                    if start < end:
                        yield max(start, begin), end
            day += DAY
