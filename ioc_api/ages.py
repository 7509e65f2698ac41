"""How old open dossiers are, in working days since their filing, by bucket. Pure."""

from datetime import datetime, timedelta

from ioc_core.calendar import WorkingCalendar

BUCKETS = ("0-1", "2-3", "4-5", "6-10", "11-20", ">20")
"""Whole working days since the filing, the youngest first."""
_BEGINS = (2, 4, 6, 11, 21)
"""From how many working days on a dossier is in the second, third, … bucket."""
_SECOND = timedelta(seconds=1)


def thresholds(calendar: WorkingCalendar, now: datetime) -> list[datetime]:
    """Return from which filing on a dossier is in the fifth, fourth, … first bucket: ascending, to the second.

    Raises:
        InputError: `now`, or what lies so long before it, is outside of the calendar.
    """
    return [calendar.add_working_days(now, -days) + _SECOND for days in reversed(_BEGINS)]
