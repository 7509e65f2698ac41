"""Periods of whole days and the instants they mean, and what each is compared with. Pure."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from ioc_api.reports import previous_period

ONE_DAY = timedelta(days=1)


class Period(Struct, frozen=True):
    """Days `first` to `last` (included), counted from `since` (included) to `until` (excluded, now at the latest)."""

    first: date
    last: date
    since: datetime
    until: datetime
    running: bool

    @property
    def whole_month(self) -> date | None:
        """The first day of the month that this is exactly; None for any other period."""
        return self.first if self.first.day == 1 and self.last == month_end(self.first) else None


def period(first: date, last: date, *, zone: ZoneInfo, now: datetime) -> Period:
    """Return the period of these local days; of one that isn't over, up to `now`."""
    since, end = midnight(first, zone), midnight(last + ONE_DAY, zone)
    return Period(first, last, since, max(min(end, now), since), now < end)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the beginning of a local day."""
    return datetime.combine(day, time(), tzinfo=zone)


def month_end(day: date) -> date:
    """Return the last day of the month of a day."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return month_end(month) + ONE_DAY


def before(first: date, last: date) -> tuple[date, date]:
    """Return the days to compare with: of days of one month from its first the month before, whole; else as reports.

    So the running month is held against last month's result, not against last month's first days.
    """
    if first.day == 1 and last <= month_end(first):
        end = first - ONE_DAY
        return end.replace(day=1), end
    return previous_period(first, last)


def until_yesterday(asked: Period, today: date) -> tuple[date, date] | None:
    """Return the days of a running period up to yesterday; None when it is over, or began today."""
    end = min(asked.last, today) - ONE_DAY
    return (asked.first, end) if asked.running and end >= asked.first else None
