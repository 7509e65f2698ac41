"""What follows from a dossier's history without any calendar: acceptance, end, waiting, and when the end was entered.

Source of the rules: Decision 766/QĐ-TTg, indicator 2.1, as docs/decisions/0008 restates it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from ioc_core.dossier.marks import Placed, at_of, timeline
from ioc_core.dossier.state import Dossier
from ioc_core.events import DossierStatus

ENDING = frozenset({DossierStatus.REFUSED, DossierStatus.STOPPED, DossierStatus.PROCESSED, DossierStatus.RETURNED})
"""Nothing more is owed to the citizen but the hand-over. A withdrawal (7) ends what had been accepted."""

_NOT_ACCEPTED = frozenset({DossierStatus.REGISTERED, DossierStatus.REFUSED, DossierStatus.WITHDRAWAL_REQUESTED})
_SUPPLEMENT, _FEE = DossierStatus.SUPPLEMENT_REQUESTED, DossierStatus.FEE_REQUESTED
_PREFERENCE = (
    (DossierStatus.PROCESSED,),
    (DossierStatus.RETURNED,),
    (DossierStatus.STOPPED, DossierStatus.REFUSED),
    (DossierStatus.WITHDRAWAL_REQUESTED,),
)


class Pause(Struct, frozen=True):
    """One supplement request: from the request until the papers came; `end` None: it stands unanswered."""

    start: datetime
    end: datetime | None


class Story(Struct, frozen=True, kw_only=True):
    """What the history says. `pauses` are in order; `waiting_since`: the citizen has to answer since then."""

    first_told_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    end_status: DossierStatus | None
    entered_at: datetime | None
    pauses: tuple[Pause, ...]
    waiting_since: datetime | None


def story(dossier: Dossier) -> Story:
    """Return what follows from the history of a dossier."""
    placed = timeline(dossier.marks)
    accepted_at = _accepted_at(dossier, placed)
    run = _ending_run(placed, accepted=accepted_at is not None)
    end = _end(dossier, placed, run)
    first_told = min(mark.first for mark in dossier.marks)
    pauses = tuple(_pauses(dossier, placed))
    if end is not None:
        pauses = tuple(_within(pauses, end[0]))
    return Story(
        first_told_at=at_of(first_told),
        accepted_at=accepted_at,
        ended_at=None if end is None else end[0],
        end_status=None if end is None else end[1],
        entered_at=None if end is None else _entered_at(dossier, run, end[0], at_of(first_told)),
        pauses=pauses,
        waiting_since=_waiting_since(dossier, placed, pauses),
    )


def _accepted_at(dossier: Dossier, placed: Sequence[Placed]) -> datetime | None:
    accepted = [place for place in placed if place.status not in _NOT_ACCEPTED]
    if not accepted:
        return None
    said = [at_of(place.position) for place in accepted if not place.record or dossier.filed_at is None]
    if dossier.filed_at is not None and any(place.record for place in accepted):
        said.append(dossier.filed_at)
    return min(said)


def _ending_run(placed: Sequence[Placed], *, accepted: bool) -> list[Placed]:
    """The messages after the last one that says the dossier is being worked on."""
    run: list[Placed] = []
    for place in reversed(placed):
        ends = place.status in ENDING or (accepted and place.status == DossierStatus.WITHDRAWAL_REQUESTED)
        if not ends:
            break
        run.append(place)
    run.reverse()
    return run


def _end(dossier: Dossier, placed: Sequence[Placed], run: Sequence[Placed]) -> tuple[datetime, DossierStatus] | None:
    """The first status in the order of preference, at its real time where a record knows that."""
    first: dict[int, int] = {}
    for place in run:
        first.setdefault(place.status, place.position)
    for statuses in _PREFERENCE:
        reached = [(first[status], status) for status in statuses if status in first]
        if reached:
            position, status = min(reached)
            return _real_time(dossier, placed, run, status) or at_of(position), DossierStatus(status)
    return None


def _real_time(dossier: Dossier, placed: Sequence[Placed], run: Sequence[Placed], status: int) -> datetime | None:
    """When processing was finished, or the result handed over, by the record's own dates (status 9 and 10)."""
    if status not in (DossierStatus.PROCESSED, DossierStatus.RETURNED):
        return None
    stated = dossier.finished_at or (dossier.returned_at if status == DossierStatus.RETURNED else None)
    if stated is None:
        return None
    if any(place.content == dossier.record_mark for place in run) or len(run) == len(placed):
        return stated
    reopened = placed[len(placed) - len(run) - 1].position
    return stated if stated >= at_of(reopened) else None  # of before it was reopened: no longer its end


def _entered_at(dossier: Dossier, run: Sequence[Placed], ended_at: datetime, first_told: datetime) -> datetime | None:
    """When the system was told of the end: a step says it itself; of a record it is known if we listened then."""
    arrivals = {mark.content: mark.first for mark in dossier.marks}
    told = [
        arrivals[place.content] if place.record else place.position
        for place in run
        if not place.record or first_told <= ended_at
    ]
    return at_of(min(told)) if told else None


def _pauses(dossier: Dossier, placed: Sequence[Placed]) -> Iterator[Pause]:
    """Requests that the record lists, then those that only statuses tell of."""
    listed = [
        _listed(supplement.requested_at, supplement.received_at, placed)
        for supplement in dossier.supplements
        if supplement.requested_at is not None
    ]
    told = [pause for pause in _told(placed) if not any(_overlap(pause, other) for other in listed)]
    yield from sorted((*listed, *told), key=lambda pause: (pause.start, pause.end is None, pause.end or pause.start))


def _listed(start: datetime, end: datetime | None, placed: Sequence[Placed]) -> Pause:
    if end is not None:
        return Pause(start, max(start, end))
    moved_on = next(
        (at_of(place.position) for place in placed if place.status != _SUPPLEMENT and at_of(place.position) > start),
        None,
    )
    if moved_on is None and placed[-1].status != _SUPPLEMENT:
        moved_on = start
    return Pause(start, moved_on)


def _told(placed: Sequence[Placed]) -> Iterator[Pause]:
    start: int | None = None
    for place in placed:
        if place.status == _SUPPLEMENT:
            start = place.position if start is None else start
        elif start is not None:
            yield Pause(at_of(start), at_of(place.position))
            start = None
    if start is not None:
        yield Pause(at_of(start), None)


def _overlap(one: Pause, other: Pause) -> bool:
    return (other.end is None or one.start <= other.end) and (one.end is None or other.start <= one.end)


def _within(pauses: Sequence[Pause], ended_at: datetime) -> Iterator[Pause]:
    for pause in pauses:
        if pause.start <= ended_at:
            yield Pause(pause.start, ended_at if pause.end is None or pause.end > ended_at else pause.end)


def _waiting_since(dossier: Dossier, placed: Sequence[Placed], pauses: Sequence[Pause]) -> datetime | None:
    if dossier.status == _SUPPLEMENT:
        return pauses[-1].start if pauses and pauses[-1].end is None else None
    if dossier.status != _FEE:
        return None
    since = placed[-1].position
    for place in reversed(placed):
        if place.status != _FEE:
            break
        since = place.position
    return at_of(since)
