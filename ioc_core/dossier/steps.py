"""The timeline of a dossier for people: who had it, from when to when, how long that was in working time. Pure."""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from ioc_core.calendar import WorkingCalendar
from ioc_core.dossier.marks import Mark, Placed, at_of, timeline
from ioc_core.dossier.state import Dossier
from ioc_core.dossier.story import ENDING, Pause, Story
from ioc_core.errors import InputError
from ioc_core.events import DossierStatus, micros


class StepKind(StrEnum):
    """What happens in a step: the authority works, the citizen has to answer, or the dossier is at rest.

    `supplement` is taken off the authority's time (Decision 766, 2.1), `fee` isn't. `closed`: ended, but gone back to
    work later. `ended` is the end of processing, `after` what was said to have happened since: both are moments.
    """

    WORK = "work"
    SUPPLEMENT = "supplement"
    FEE = "fee"
    CLOSED = "closed"
    ENDED = "ended"
    AFTER = "after"


class Arrival(StrEnum):
    """How a message came: in the order of what it says, after something later, or against what was said before."""

    IN_ORDER = "in_order"
    LATE = "late"
    CORRECTION = "correction"


class Handling(Struct, frozen=True):
    """Who has the dossier by one message: codes of the catalogue and names; None: it doesn't say."""

    unit: str | None = None
    department: str | None = None


class Step(Struct, frozen=True, kw_only=True):
    """One stretch of a dossier's life, [since, until); `until` None: it is running.

    `status` None: nothing was told of that time. `unit` and `department` have it, or wait for the citizen with it.
    `told_at`: when the system was told of what began the step. `working_seconds` None: outside of the calendar.
    """

    kind: StepKind
    status: DossierStatus | None
    unit: str | None
    department: str | None
    since: datetime
    until: datetime | None
    elapsed_seconds: float
    working_seconds: int | None
    told_at: datetime
    arrival: Arrival


def arrivals(marks: Iterable[Mark], placed: Sequence[Placed]) -> dict[int, Arrival]:
    """Return how each message came, by its content; `placed` is the `timeline` of `marks`."""
    by_content = {mark.content: mark for mark in marks}
    found: dict[int, Arrival] = {}
    earliest_of_later = sys.maxsize
    for place in reversed(placed):
        mark = by_content[place.content]
        if place.position != mark.at:
            found[place.content] = Arrival.CORRECTION
        else:
            found[place.content] = Arrival.LATE if earliest_of_later < mark.first else Arrival.IN_ORDER
        earliest_of_later = min(earliest_of_later, mark.first)
    return found


def steps(
    dossier: Dossier, told: Story, handled: Mapping[int, Handling], *, calendar: WorkingCalendar, now: datetime
) -> list[Step]:
    """Return the steps in order: without gap or overlap from the filing (or what was told of before it) to the end of
    processing or `now`, then the end and what followed as moments.

    `handled`: who has it by each message, by `Mark.content`; what isn't kept any more may be missing.
    """
    return _Timeline(dossier, told, handled, calendar, now).steps()


class _Said(Struct, frozen=True):
    """What holds from one message on, and how that message came."""

    status: DossierStatus | None
    handling: Handling
    told_at: datetime
    arrival: Arrival


class _Timeline:
    def __init__(
        self, dossier: Dossier, told: Story, handled: Mapping[int, Handling], calendar: WorkingCalendar, now: datetime
    ) -> None:
        placed = timeline(dossier.marks)
        self._told = told
        self._calendar = calendar
        self._positions = [place.position for place in placed]
        self._said = list(_said(dossier.marks, placed, handled))
        self._record_told_at = next(
            (at_of(mark.first) for mark in dossier.marks if mark.content == dossier.record_mark), told.first_told_at
        )
        first = at_of(self._positions[0])
        self._start = first if dossier.filed_at is None else min(first, dossier.filed_at)
        self._end = max(self._start, now if told.ended_at is None else told.ended_at)

    def steps(self) -> list[Step]:
        whole: list[tuple[object, Step]] = []
        for key, step in self._stretches():
            if whole and whole[-1][0] == key:
                whole[-1] = (key, replace(whole[-1][1], until=step.until))
            else:
                whole.append((key, step))
        found = [self._measured(step) for _, step in whole]
        if self._told.ended_at is not None:
            return [*found, *self._moments()]
        found[-1] = replace(found[-1], until=None)
        return found

    def _stretches(self) -> Iterator[tuple[object, Step]]:
        """Stretches between instants at which anything changes, each with what makes it one with the next."""
        pauses = [at for pause in self._told.pauses for at in (pause.start, pause.end) if at is not None]
        within = {at for at in (*map(at_of, self._positions), *pauses) if self._start < at < self._end}
        bounds = sorted({self._start, self._end} | within)
        for since, until in pairwise(bounds):
            yield self._stretch(since, until)
        if len(bounds) == 1 and self._told.ended_at is None:
            yield self._stretch(self._start, self._start)

    def _stretch(self, since: datetime, until: datetime) -> tuple[object, Step]:
        index = bisect_right(self._positions, micros(since)) - 1
        if index >= 0:
            said = self._said[index]
            if self._positions[index] != micros(since):  # the record told of a request or its answer
                said = replace(said, told_at=self._record_told_at, arrival=Arrival.IN_ORDER)
        else:
            first = self._said[0]
            said = _Said(None, Handling(first.handling.unit), first.told_at, Arrival.IN_ORDER)
        pause = next((number for number, one in enumerate(self._told.pauses) if _covers(one, since)), None)
        if pause is not None:
            said = replace(said, status=DossierStatus.SUPPLEMENT_REQUESTED)
            return pause, _step(StepKind.SUPPLEMENT, said, since, until)
        kind = self._kind(said.status)
        key = kind if kind is StepKind.FEE else (said.status, said.handling)
        return key, _step(kind, said, since, until)

    def _kind(self, status: DossierStatus | None) -> StepKind:
        if status is DossierStatus.FEE_REQUESTED:
            return StepKind.FEE
        withdrawn = status is DossierStatus.WITHDRAWAL_REQUESTED and self._told.accepted_at is not None
        return StepKind.CLOSED if status in ENDING or withdrawn else StepKind.WORK

    def _measured(self, step: Step) -> Step:
        assert step.until is not None
        try:
            working: int | None = self._calendar.working_seconds(step.since, step.until)
        except InputError:
            working = None
        elapsed = (step.until - step.since).total_seconds()
        return replace(step, elapsed_seconds=elapsed, working_seconds=working)

    def _moments(self) -> Iterator[Step]:
        """The end, and each thing said of later that is another status or in other hands."""
        from_end = bisect_left(self._positions, micros(self._end))
        ending = [one for one in self._said[from_end:] if one.status == self._told.end_status]
        ending = ending or [one for one in self._said if one.status == self._told.end_status]
        last = ending[0]
        yield _step(StepKind.ENDED, last, self._end, self._end)
        for position, said in zip(self._positions[from_end:], self._said[from_end:], strict=True):
            if (said.status, said.handling) != (last.status, last.handling):
                yield _step(StepKind.AFTER, said, at_of(position), at_of(position))
                last = said


def _step(kind: StepKind, said: _Said, since: datetime, until: datetime) -> Step:
    return Step(
        kind=kind,
        status=said.status,
        unit=said.handling.unit,
        department=said.handling.department,
        since=since,
        until=until,
        elapsed_seconds=0.0,
        working_seconds=0,
        told_at=said.told_at,
        arrival=said.arrival,
    )


def _covers(pause: Pause, at: datetime) -> bool:
    return pause.start <= at and (pause.end is None or at < pause.end)


def _said(marks: Iterable[Mark], placed: Sequence[Placed], handled: Mapping[int, Handling]) -> Iterator[_Said]:
    """What holds from each message on: what one doesn't say stays, but another unit has other departments."""
    first = {mark.content: mark.first for mark in marks}
    came = arrivals(marks, placed)
    held = Handling()
    for place in placed:
        said = handled.get(place.content, held)
        unit = said.unit or held.unit
        held = Handling(unit, said.department or (held.department if unit == held.unit else None))
        arrival = came[place.content]
        told = place.position if arrival is Arrival.CORRECTION else first[place.content]
        yield _Said(DossierStatus(place.status), held, at_of(told), arrival)
