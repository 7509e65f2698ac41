"""How a dossier stands by the clock of Decision 766 (indicator 2.1): its term, from when it is late, how it ended.

docs/decisions/0008 restates the rules. To the second while it runs (late once `now` is past the term), to the minute
once it has ended (equal to the minute is on time).
"""

import calendar as months_of
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import IntEnum

import msgspec
from msgspec import Struct

from ioc_core.calendar import WorkingCalendar
from ioc_core.catalogue.types import Procedure, StatutoryUnit
from ioc_core.dossier.state import Dossier
from ioc_core.dossier.story import Pause, Story
from ioc_core.errors import InputError
from ioc_core.events import Channel, DossierStatus, content_id, micros

_DAY = timedelta(days=1)
_HOUR_SECONDS = 3600
_RULES = 1
"""The version of the rules of ioc_core/dossier: raised when the same history would be judged otherwise."""


class Lateness(IntEnum):
    """How an accepted dossier ended."""

    EARLY = 1
    ON_TIME = 2
    LATE = 3


class Statutory(Struct, frozen=True):
    """A procedure's time by law, for dossiers without a due date."""

    amount: float
    unit: StatutoryUnit


class Verdict(Struct, frozen=True, kw_only=True):
    """How the dossier stands; `late_at`: the instant after which it is overdue while it runs (None: never).

    `late_clock` is `late_at` in working seconds since the calendar began.
    """

    deadline_at: datetime | None = None
    late_at: datetime | None = None
    late_clock: float | None = None
    lateness: Lateness | None = None
    waited_seconds: float = 0.0
    entered_late: bool = False
    accept_by: datetime | None = None


class _Term(Struct, frozen=True):
    """`deadline`: due date, or start plus statutory time; `late`: after this it is late, supplements aside."""

    deadline: datetime
    late: datetime
    budget: int | None = None  # working seconds, where the term is counted in working time
    start: datetime | None = None


class DossierClock:
    """Judges dossiers in one working calendar and one set of procedures; immutable."""

    def __init__(
        self, calendar: WorkingCalendar, statutory: Mapping[str, Statutory], *, acceptance_seconds: float
    ) -> None:
        """`statutory` by procedure code; `acceptance_seconds`: working seconds to accept an online dossier."""
        self.calendar = calendar
        self.statutory = dict(statutory)
        self.acceptance_seconds = int(acceptance_seconds)
        self.fingerprint = _fingerprint(self)
        """Names everything that verdicts depend on: rows judged by another clock must be judged again."""

    def judge(self, dossier: Dossier, told: Story) -> Verdict:
        """Return how the dossier stands. What the calendar doesn't reach can't be judged and stays None."""
        if told.accepted_at is None:
            return Verdict(accept_by=self._accept_by(dossier))
        waited = sum(((pause.end - pause.start) for pause in told.pauses if pause.end is not None), timedelta())
        try:
            term = self._term(dossier, told.accepted_at)
            if term is None:
                return Verdict(waited_seconds=waited.total_seconds())
            late_at = self._late_at(term, told.pauses)
            lateness = None if told.ended_at is None else self._lateness(term, told.pauses, told.ended_at)
            entered_late = (
                lateness is not None
                and lateness is not Lateness.LATE
                and told.entered_at is not None
                and self._lateness(term, told.pauses, told.entered_at) is Lateness.LATE
            )
            return Verdict(
                deadline_at=self._deadline(term, told.pauses),
                late_at=late_at,
                late_clock=None if late_at is None else float(self.calendar.clock(late_at)),
                lateness=lateness,
                waited_seconds=waited.total_seconds(),
                entered_late=entered_late,
            )
        except InputError:
            return Verdict(waited_seconds=waited.total_seconds())

    def _accept_by(self, dossier: Dossier) -> datetime | None:
        if dossier.status is not DossierStatus.REGISTERED or dossier.channel is not Channel.ONLINE:
            return None
        if dossier.filed_at is None:
            return None
        try:
            return self.calendar.add_working(dossier.filed_at, self.acceptance_seconds)
        except InputError:
            return None

    def _term(self, dossier: Dossier, accepted_at: datetime) -> _Term | None:
        due = dossier.due_at or next(
            (one.due_after for one in reversed(dossier.supplements) if one.due_after is not None), None
        )
        if due is not None:
            return _Term(due, due)
        statutory = self.statutory.get(dossier.procedure_code or "")
        if statutory is None:
            return None
        start = dossier.filed_at or accepted_at
        if statutory.unit in (StatutoryUnit.WORKING_HOURS, StatutoryUnit.WORKING_DAYS):
            whole = _HOUR_SECONDS if statutory.unit is StatutoryUnit.WORKING_HOURS else self.calendar.day_seconds
            budget = round(statutory.amount * whole)
            deadline = self.calendar.add_working(start, budget)
            return _Term(deadline, self.calendar.counts_from(deadline), budget, start)
        begin = self._next_morning(start)
        if statutory.unit is StatutoryUnit.DAYS:
            end = begin + statutory.amount * _DAY
        else:
            end = self._months_after(begin, statutory.amount)
        return _Term(end, end)

    def _next_morning(self, start: datetime) -> datetime:
        """Filed after closing or on a day off counts from the next working morning (or the next opening's)."""
        local = start.astimezone(self.calendar.rules.timezone)
        closing: time = self.calendar.rules.hours[-1][1]
        if self.calendar.is_working_day(local.date()) and local.time() <= closing:
            return start
        return self.calendar.counts_from(start)

    def _months_after(self, begin: datetime, amount: float) -> datetime:
        """Whole months by the calendar (31 January + 1 is the last of February), a rest as days of thirty."""
        local = begin.astimezone(self.calendar.rules.timezone)
        whole = int(amount)
        month = local.year * 12 + local.month - 1 + whole
        year, month = divmod(month, 12)
        day = min(local.day, months_of.monthrange(year, month + 1)[1])
        after = local.replace(year=year, month=month + 1, day=day) + (amount - whole) * 30 * _DAY
        return after.astimezone(begin.tzinfo)

    def _late_at(self, term: _Term, pauses: Sequence[Pause]) -> datetime | None:
        if not pauses:
            return term.late
        second = pauses[1].start if len(pauses) > 1 else None
        first = self._late_after(term, pauses[0])
        return min((at for at in (first, second) if at is not None), default=None)

    def _late_after(self, term: _Term, pause: Pause) -> datetime | None:
        """From when it is late given one supplement request: none in time that is unanswered stops the clock."""
        if pause.start > term.late:
            return term.late
        if pause.end is None:
            return None
        if term.budget is None or term.start is None:
            return term.late + (pause.end - pause.start)
        return self.calendar.counts_from(self._working_deadline(term, (pause,)))

    def _deadline(self, term: _Term, pauses: Sequence[Pause]) -> datetime:
        if term.budget is not None:
            return self._working_deadline(term, pauses)
        return term.deadline + sum(
            ((pause.end - pause.start) for pause in pauses if pause.end is not None), timedelta()
        )

    def _working_deadline(self, term: _Term, pauses: Sequence[Pause]) -> datetime:
        assert term.budget is not None and term.start is not None
        return self.calendar.add_working(term.start, term.budget + self._paused(pauses))

    def _paused(self, pauses: Sequence[Pause]) -> int:
        return sum(self.calendar.working_seconds(pause.start, pause.end) for pause in pauses if pause.end is not None)

    def _lateness(self, term: _Term, pauses: Sequence[Pause], ended_at: datetime) -> Lateness:
        if len(pauses) > 1:
            return Lateness.LATE
        if term.budget is not None and term.start is not None:
            worked = self.calendar.working_seconds(term.start, ended_at) - self._paused(pauses)
            return _compared(worked // 60, term.budget // 60)
        waited = sum(((pause.end - pause.start) for pause in pauses if pause.end is not None), timedelta())
        return _compared(_minute(ended_at - waited), _minute(term.deadline))


def _compared(ended: int, term: int) -> Lateness:
    if ended == term:
        return Lateness.ON_TIME
    return Lateness.EARLY if ended < term else Lateness.LATE


def _minute(at: datetime) -> int:
    return micros(at) // 60_000_000


def _fingerprint(clock: DossierClock) -> str:
    rules = clock.calendar.rules
    said = (
        _RULES,
        str(rules.timezone),
        (rules.first_year, rules.last_year),
        rules.hours,
        sorted(rules.weekdays),
        sorted(rules.off),
        sorted(rules.worked),
        sorted((code, one.amount, one.unit) for code, one in clock.statutory.items()),
        clock.acceptance_seconds,
    )
    return content_id(msgspec.json.encode(said))


def statutory_of(procedures: Mapping[str, Procedure]) -> dict[str, Statutory]:
    """Return the times by law of a catalogue's procedures, by code."""
    return {code: Statutory(one.statutory_time, one.statutory_unit) for code, one in procedures.items()}
