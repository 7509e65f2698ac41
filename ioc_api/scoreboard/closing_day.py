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


def months_due(
    now: datetime, ever_closed: Collection[date], *, first: date, rule: ClosingDay, calendar: WorkingCalendar
) -> list[date]:
    """Return the months to close now, the oldest first.

    Those after the newest that was ever closed; when none was, the last month alone: what lies before it came from
    elsewhere and is nobody's result. A month that a person re-opened is theirs to close. `first`: the first month that
    a version of the scoreboard covers wholly.
    """
    running = calendar.local_day(now).replace(day=1)
    month = next_month(max(ever_closed)) if ever_closed else (running - ONE_DAY).replace(day=1)
    due = []
    while month < running:
        if month >= first and due_at(month, rule, calendar) <= now:
            due.append(month)
        month = next_month(month)
    return due
