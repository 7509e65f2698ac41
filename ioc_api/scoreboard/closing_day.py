"""Which months are to be closed by themselves, and since when. Pure."""

from collections.abc import Collection
from datetime import date, datetime

from ioc_api.scoreboard.definition import ClosingDay
from ioc_api.scoreboard.periods import ONE_DAY, next_month
from ioc_core.calendar import WorkingCalendar


def due_at(month: date, rule: ClosingDay, calendar: WorkingCalendar) -> datetime:
    """Return when a month (its first day) is closed by itself: on that working day of the next month.

    Raises:
        InputError: beyond the calendar's years.
    """
    day = calendar.working_day_after(next_month(month) - ONE_DAY, rule.working_day)
    return datetime.combine(day, rule.at, calendar.rules.timezone)


def whole_month(day: date) -> date:
    """Return the first month that begins on a day or after it."""
    return day if day.day == 1 else next_month(day)


def months_due(
    now: datetime, ever_closed: Collection[date], *, first: date, rule: ClosingDay, calendar: WorkingCalendar
) -> list[date]:
    """Return the months to close now, the oldest first: those after the newest that was ever closed, from `first` on.

    A month that a person re-opened is theirs to close. `first`: the first month that both the scoreboard and the
    centre saw whole; what a new centre was told of the time before it is nobody's result.
    """
    running = calendar.local_day(now).replace(day=1)
    month = max(first, next_month(max(ever_closed))) if ever_closed else first
    due = []
    while month < running:
        if due_at(month, rule, calendar) <= now:
            due.append(month)
        month = next_month(month)
    return due
