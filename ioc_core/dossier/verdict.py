"""How a dossier stands by the clock of Decision 766 (indicator 2.1): its term, from when it is late, how it ended.

docs/decisions/0008 restates the rules.
"""

import calendar as months_of
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

import msgspec
from msgspec import Struct

from ioc_core.calendar import WorkingCalendar
from ioc_core.catalogue.types import Procedure, StatutoryUnit
from ioc_core.dossier.state import Dossier
from ioc_core.dossier.story import Pause, Story
from ioc_core.dossier.term import DueTerm, Lateness, Term, WorkingTerm, waited
from ioc_core.errors import InputError
from ioc_core.events import Channel, DossierStatus, content_id

_DAY = timedelta(days=1)
_HOUR_SECONDS = 3600
_RULES = 2
"""The version of the rules of ioc_core/dossier: raised when the same history would be judged otherwise."""


class Statutory(Struct, frozen=True):
    """A procedure's time by law, for dossiers without a due date."""

    amount: float
    unit: StatutoryUnit


class Verdict(Struct, frozen=True, kw_only=True, gc=False):
    """How the dossier stands; `late_at`: the instant after which it is overdue while it runs (None: never).

    `late_clock` is `late_at` in working seconds since the calendar began; None when that lies outside the calendar.
    """

    deadline_at: datetime | None = None
    late_at: datetime | None = None
    late_clock: float | None = None
    lateness: Lateness | None = None
    waited_seconds: float = 0.0
    entered_late: bool = False
    accept_by: datetime | None = None


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
        pauses = told.pauses
        waited_seconds = waited(pauses).total_seconds() if pauses else 0.0
        if told.accepted_at is None:
            return Verdict(waited_seconds=waited_seconds, accept_by=self._accept_by(dossier))
        try:
            term = self._term(dossier, told.accepted_at, pauses)
            lateness, entered_late = _ended(term, told)
        except (InputError, OverflowError):
            term, lateness, entered_late = None, None, False
        late_at = None if term is None else term.late_at
        if len(pauses) > 1:  # more than one request: overdue, whatever the term
            second = pauses[1].start
            late_at = second if late_at is None else min(late_at, second)
            lateness, entered_late = (None if told.ended_at is None else Lateness.LATE), False
        return Verdict(
            deadline_at=None if term is None else term.deadline_at,
            late_at=late_at,
            late_clock=None if late_at is None else self._clock(late_at),
            lateness=lateness,
            waited_seconds=waited_seconds,
            entered_late=entered_late,
        )

    def _clock(self, at: datetime) -> float | None:
        try:
            return float(self.calendar.clock(at))
        except InputError:
            return None

    def _accept_by(self, dossier: Dossier) -> datetime | None:
        if dossier.status is not DossierStatus.REGISTERED or dossier.channel is not Channel.ONLINE:
            return None
        if dossier.filed_at is None:
            return None
        try:
            return self.calendar.add_working(dossier.filed_at, self.acceptance_seconds)
        except InputError:
            return None

    def _term(self, dossier: Dossier, accepted_at: datetime, pauses: Sequence[Pause]) -> Term | None:
        due = dossier.due_at or next(
            (one.due_after for one in reversed(dossier.supplements) if one.due_after is not None), None
        )
        if due is not None:
            return DueTerm(due, pauses)
        statutory = self.statutory.get(dossier.procedure_code or "")
        if statutory is None:
            return None
        start = dossier.filed_at or accepted_at
        if statutory.unit is StatutoryUnit.WORKING_HOURS:
            return WorkingTerm(self.calendar, start, round(statutory.amount * _HOUR_SECONDS), pauses)
        if statutory.unit is StatutoryUnit.WORKING_DAYS:
            return WorkingTerm(self.calendar, start, round(statutory.amount * self.calendar.day_seconds), pauses)
        begin = self._next_morning(start)
        if statutory.unit is StatutoryUnit.DAYS:
            return DueTerm(begin + statutory.amount * _DAY, pauses)
        return DueTerm(self._months_after(begin, statutory.amount), pauses)

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


def _ended(term: Term | None, told: Story) -> tuple[Lateness | None, bool]:
    """How it was when it ended, and whether it was entered after the term although it ended in time."""
    if term is None or told.ended_at is None:
        return None, False
    lateness = term.lateness(told.ended_at)
    if lateness is Lateness.LATE or told.entered_at is None or told.entered_at <= told.ended_at:
        return lateness, False
    return lateness, term.lateness(told.entered_at) is Lateness.LATE


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
