"""A slow, independent judge of dossiers, written from docs/decisions/0008 alone: plain lists in local time.

It shares with the product only the event types and the rules of the working calendar. All its times are naive and
local: the province has had one offset from UTC since 1976.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc_core.calendar import CalendarRules
from ioc_core.events import DossierEvent
from tests.dossier.slow_calendar import SlowCalendar
from tests.dossier.slow_history import (
    NEVER,
    Message,
    Request,
    distinct,
    line_up,
    requests,
    since_work,
    until,
    waited,
    waiting_since,
)

EARLY, ON_TIME, LATE = 1, 2, 3
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is judged by: the calendar, the times by law (code → number and its unit), limits in working hours."""

    calendar: CalendarRules
    statutory: Mapping[str, tuple[float, str]]
    acceptance_hours: int = 8
    due_soon_hours: tuple[float, float, float] = (24, 8, 4)


@dataclass(frozen=True, slots=True)
class Judged:
    """The state of a dossier: the names are those of the columns of `dossiers`, times are local.

    `requests` are (asked, answered or None) in order.
    """

    status: int
    effective_at: datetime
    told_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    end_status: int | None
    requests: tuple[tuple[datetime, datetime | None], ...]
    waited_seconds: float
    waiting_since: datetime | None
    deadline_at: datetime | None
    late_at: datetime | None
    lateness: int | None
    entered_at: datetime | None
    entered_late: bool
    accept_by: datetime | None
    first_told_at: datetime


@dataclass(frozen=True, slots=True)
class Term:
    """A term, were there one request for papers at most: with the waiting, from when it is passed, how it ended."""

    deadline: datetime | None = None
    late_at: datetime | None = None
    lateness: int | None = None


class Oracle:
    """Judges histories of dossiers by `rules`."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.calendar = SlowCalendar(rules.calendar)
        self.zone = rules.calendar.timezone

    def judge(self, history: Iterable[DossierEvent]) -> Judged:
        """The state after all these messages about one dossier: at least one, in any order."""
        known = distinct(history, self._local)
        told = line_up(known)
        records = line_up([message for message in known if message.said.record], of_records=True)
        record = records[-1] if records else None
        fields = None if record is None else record.said
        accepted = self._accepted(told, fields)
        first = min(message.first for message in known)
        end, status, entered = self._end(told, record, accepted=accepted is not None, first_told=first)
        asked = until(end, requests(told, fields, self._local))
        term, entered_late = self._against_term(fields, accepted, asked, (end, entered))
        late_at, lateness = term.late_at, term.lateness
        if accepted is not None and len(asked) > 1:
            late_at = min(at for at in (late_at, asked[1].since) if at is not None)
            lateness, entered_late = None if end is None else LATE, False
        return Judged(
            status=told[-1].status,
            effective_at=told[-1].place,
            told_at=told[-1].came,
            accepted_at=accepted,
            ended_at=end,
            end_status=status,
            requests=tuple((one.since, one.until) for one in asked),
            waited_seconds=waited(asked).total_seconds(),
            waiting_since=waiting_since(told, asked),
            deadline_at=term.deadline,
            late_at=late_at,
            lateness=lateness,
            entered_at=entered,
            entered_late=entered_late,
            accept_by=None if accepted is not None else self._accept_by(told, fields),
            first_told_at=first,
        )

    def standing(self, judged: Judged, now: datetime) -> str:
        """How a dossier stands at the local time `now`."""
        if judged.ended_at is not None:
            if judged.accepted_at is None:
                return "refused"
            if judged.lateness is None:
                return "unmeasured"
            if judged.entered_late:
                return "entered_late"
            return {EARLY: "early", ON_TIME: "on_time", LATE: "late"}[judged.lateness]
        if judged.accepted_at is None:
            return "unaccepted" if judged.accept_by is not None and judged.accept_by < now else "registered"
        if judged.late_at is not None and judged.late_at < now:
            return "overdue"
        if judged.waiting_since is not None:
            return "waiting"
        left = None if judged.late_at is None else self.calendar.worked(now, judged.late_at)
        for tier, hours in zip((1, 2, 3), reversed(self.rules.due_soon_hours), strict=True):
            if left is not None and left <= hours * 3600:
                return f"due_soon_{tier}"
        return "running"

    def _accepted(self, told: list[Message], fields: DossierEvent | None) -> datetime | None:
        filed = None if fields is None or fields.filed_at is None else self._local(fields.filed_at)
        said = [message for message in told if message.status not in (1, 3, 7)]
        return min(
            (message.place if filed is None or not message.said.record else filed for message in said), default=None
        )

    def _end(
        self, told: list[Message], record: Message | None, *, accepted: bool, first_told: datetime
    ) -> tuple[datetime | None, int | None, datetime | None]:
        """When processing ended, by which status, and when the system was told so."""
        after, worked_on = since_work(told)
        decides_itself = record is not None and any(message.content == record.content for message in after)

        def date(name: str) -> datetime | None:
            value = None if record is None else getattr(record.said, name)
            at = None if value is None else self._local(value)
            return at if at is None or decides_itself or at >= worked_on else None

        def stands(status: int) -> datetime | None:
            return min((message.place for message in after if message.status == status), default=None)

        def entered(end: datetime, *statuses: int) -> datetime | None:
            saying = [message for message in after if message.status in statuses]
            steps = [message.place for message in saying if not message.said.record]
            heard = [message.first for message in saying if message.said.record] if first_told <= end else []
            return min(steps + heard, default=None)

        if (at := stands(9)) is not None:
            end = date("finished_at") or at
            return end, 9, entered(end, 9, 10)
        if (at := stands(10)) is not None:
            end = date("finished_at") or date("returned_at") or at
            return end, 10, entered(end, 10)
        for end, status in sorted((at, status) for status in (3, 8) if (at := stands(status)) is not None):
            return end, status, entered(end, status)
        if accepted and (at := stands(7)) is not None:
            return at, 7, entered(at, 7)
        return None, None, None

    def _against_term(
        self,
        fields: DossierEvent | None,
        accepted: datetime | None,
        asked: list[Request],
        ends: tuple[datetime | None, datetime | None],
    ) -> tuple[Term, bool]:
        """How the end stands against the term, and whether its entry came after that although the end did not."""
        if fields is None or accepted is None:
            return Term(), False
        end, entered = ends
        term = self._term(fields, accepted, asked, end)
        if term is None:
            return Term(), False
        if term.lateness not in (EARLY, ON_TIME) or entered is None:
            return term, False
        told = self._term(fields, accepted, asked, entered)
        return (Term(), False) if told is None else (term, told.lateness == LATE)

    def _term(
        self, fields: DossierEvent, accepted: datetime, asked: list[Request], end: datetime | None
    ) -> Term | None:
        """None: no term is known, or it leaves the calendar."""
        moved = [supplement.due_after for supplement in fields.supplements if supplement.due_after is not None]
        due = fields.due_at or (moved[-1] if moved else None)
        if due is not None:
            return _by_date(self._local(due), asked, end)
        filed = accepted if fields.filed_at is None else self._local(fields.filed_at)
        number, unit = self.rules.statutory.get(fields.procedure_code or "", (0, ""))
        if unit == "working_hours":
            return self._by_working_time(filed, round(number * 3600), asked, end)
        if unit == "working_days":
            return self._by_working_time(filed, round(number * self.calendar.day_seconds()), asked, end)
        begin = self.calendar.begins(filed)
        if not unit or begin is None:
            return None
        whole, part = divmod(number, 1)
        law = begin + timedelta(days=number) if unit == "days" else _months_after(begin, int(whole), part)
        return _by_date(law, asked, end)

    def _by_working_time(self, start: datetime, term: int, asked: list[Request], end: datetime | None) -> Term | None:
        spans = [self.calendar.worked(one.since, one.until) for one in asked if one.until is not None]
        if None in spans:
            return None
        paused = sum(span for span in spans if span is not None)
        late_at = self.calendar.used_up(start, term)
        deadline = self.calendar.after(start, term + paused)
        used = None if end is None else self.calendar.worked(start, end)
        if late_at is None or deadline is None or (end is not None and used is None):
            return None
        if asked and asked[0].since <= late_at:
            if asked[0].until is None:
                late_at = None
            else:
                late_at = self.calendar.used_up(start, term + (spans[0] or 0))
                if late_at is None:
                    return None
        return Term(deadline, late_at, None if used is None else _compared((used - paused) // 60, term // 60))

    def _accept_by(self, told: list[Message], fields: DossierEvent | None) -> datetime | None:
        if told[-1].status != 1 or fields is None or fields.channel != 2 or fields.filed_at is None:
            return None
        return self.calendar.after(self._local(fields.filed_at), self.rules.acceptance_hours * 3600)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)


def _by_date(due: datetime, asked: list[Request], end: datetime | None) -> Term:
    late_at: datetime | None = due
    if asked and asked[0].since <= due:
        late_at = None if asked[0].until is None else due + waited(asked[:1])
    lateness = None if end is None else _compared(_minute(end - waited(asked)), _minute(due))
    return Term(due + waited(asked), late_at, lateness)


def _compared(ended: int, term: int) -> int:
    return EARLY if ended < term else ON_TIME if ended == term else LATE


def _minute(at: datetime) -> int:
    return (at - NEVER) // MINUTE


def _months_after(at: datetime, months: int, part: float) -> datetime:
    """The same day and time so many months later, or that month's last day; a part of a month has thirty days."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day) + timedelta(days=30 * part)
