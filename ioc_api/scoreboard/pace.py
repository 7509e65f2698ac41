"""The days that a forecast draws from, and those it draws for. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from ioc_api.scoreboard.compose import fed
from ioc_api.scoreboard.counts import NOTHING, Count, SourceCounts
from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.forecast import Ahead, Day
from ioc_api.scoreboard.periods import ONE_DAY, midnight
from ioc_core.calendar import WorkingCalendar

IN_TIME, RECEIVED = "2.1", "1.4"


def past(
    version: Version,
    daily: Mapping[date, Sequence[SourceCounts]],
    became_late: Mapping[date, Count],
    *,
    said: Mapping[str, frozenset[str]],
    days: tuple[date, date],
    calendar: WorkingCalendar,
) -> list[Day]:
    """Return what each of the days (first and last, included) added.

    Of 2.1, each dossier received adds one to both sides; each that becomes late takes one from the numerator then.
    """
    first, last = days
    found = []
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        added = _summed(fed(version, daily.get(on, ()), said))
        received = added.pop(RECEIVED, NOTHING).denominator
        added[IN_TIME] = Count(received, received) + became_late.get(on, NOTHING)
        found.append(Day(calendar.is_working_day(on), added))
    return found


def ahead(now: datetime, last: date, calendar: WorkingCalendar) -> list[Ahead]:
    """Return what is left of today (of its working time, if it is worked), and each day after it until `last`."""
    today = calendar.local_day(now)
    begin = midnight(today, calendar.rules.timezone)
    if calendar.is_working_day(today):
        rest = 1 - calendar.working_seconds(begin, now) / calendar.day_seconds
    else:
        rest = 1 - (now - begin) / ONE_DAY
    after = (today + timedelta(days=number) for number in range(1, (last - today).days + 1))
    return [
        Ahead(calendar.is_working_day(today), rest),
        *(Ahead(calendar.is_working_day(on)) for on in after),
    ]


def _summed(rows: Iterable[SourceCounts]) -> dict[str, Count]:
    sums: dict[str, Count] = {}
    for row in rows:
        for id_, count in row.counts.items():
            sums[id_] = sums.get(id_, NOTHING) + count
    return sums
