"""A dossier's term, an instant or an amount of working time: what waiting does to it, and how an end compares with it.

To the second while the dossier runs (late once now is past `late_at`), to the minute once it has ended (equal to the
minute is on time).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol

from ioc_core.calendar import WorkingCalendar
from ioc_core.dossier.story import Pause
from ioc_core.events import micros

_MINUTE_MICROS = 60_000_000


class Lateness(IntEnum):
    """How an accepted dossier ended."""

    EARLY = 1
    ON_TIME = 2
    LATE = 3


class Term(Protocol):
    """A term beside the supplement requests of a dossier, of which it looks at the first one for `late_at`.

    `deadline_at`: the term with all that was waited. `late_at`: the instant after which the dossier is late while it
    runs; None: a request made in time stands, and has stopped the clock.
    """

    deadline_at: datetime
    late_at: datetime | None

    def lateness(self, ended_at: datetime) -> Lateness:
        """How the dossier was, had it ended then."""


class DueTerm:
    """A due date, or the law's time in days or months. Raises OverflowError when waiting leaves all calendars."""

    def __init__(self, due: datetime, pauses: Sequence[Pause]) -> None:
        self.deadline_at = due
        self.late_at: datetime | None = due
        self._minute = micros(due) // _MINUTE_MICROS
        self._waited = timedelta()
        if pauses:
            self._waited = waited(pauses)
            self.deadline_at = due + self._waited
            first = pauses[0]
            if first.start <= due:
                self.late_at = None if first.end is None else due + (first.end - first.start)

    def lateness(self, ended_at: datetime) -> Lateness:
        """How the dossier was, had it ended then."""
        return _compared(micros(ended_at - self._waited) // _MINUTE_MICROS, self._minute)


class WorkingTerm:
    """The law's time in working seconds from `start`. Raises InputError for what the calendar doesn't reach."""

    def __init__(self, calendar: WorkingCalendar, start: datetime, seconds: int, pauses: Sequence[Pause]) -> None:
        self._calendar = calendar
        self._begin = calendar.clock(start)
        self._seconds = seconds
        self._waited = 0
        self.deadline_at = calendar.add_working(start, seconds)
        self.late_at: datetime | None = calendar.counts_from(self.deadline_at)
        if pauses:
            spans = [0 if one.end is None else calendar.working_seconds(one.start, one.end) for one in pauses]
            self._waited = sum(spans)
            in_time = pauses[0].start <= self.late_at
            if self._waited:
                self.deadline_at = calendar.add_working(start, seconds + self._waited)
            if in_time and pauses[0].end is None:
                self.late_at = None
            elif in_time and spans[0]:
                self.late_at = calendar.counts_from(calendar.add_working(start, seconds + spans[0]))

    def lateness(self, ended_at: datetime) -> Lateness:
        """How the dossier was, had it ended then."""
        used = self._calendar.clock(ended_at) - self._begin - self._waited
        return _compared(used // 60, self._seconds // 60)


def waited(pauses: Sequence[Pause]) -> timedelta:
    """Return the elapsed time of the requests that were answered."""
    return sum(((pause.end - pause.start) for pause in pauses if pause.end is not None), timedelta())


def _compared(ended: int, term: int) -> Lateness:
    if ended == term:
        return Lateness.ON_TIME
    return Lateness.EARLY if ended < term else Lateness.LATE
