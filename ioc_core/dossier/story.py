"""What follows from a dossier's history without any calendar: acceptance, end, waiting, and when the end was entered.

Source of the rules: Decision 766/QĐ-TTg, indicator 2.1, as docs/decisions/0008 restates it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from ioc_core.dossier.marks import STATUSES, Placed, at_of, timeline
from ioc_core.dossier.state import Dossier
from ioc_core.events import DossierStatus, micros

ENDING = frozenset({DossierStatus.REFUSED, DossierStatus.STOPPED, DossierStatus.PROCESSED, DossierStatus.RETURNED})
"""Nothing more is owed to the citizen but the hand-over. A withdrawal (7) ends what had been accepted."""

_NOT_ACCEPTED = frozenset({DossierStatus.REGISTERED, DossierStatus.REFUSED, DossierStatus.WITHDRAWAL_REQUESTED})
_WORKING = frozenset(DossierStatus) - ENDING - {DossierStatus.WITHDRAWAL_REQUESTED}
_REFUSED, _SUPPLEMENT, _FEE, _WITHDRAWN, _STOPPED, _PROCESSED, _RETURNED = 3, 5, 6, 7, 8, 9, 10


class Pause(Struct, frozen=True, gc=False):
    """One supplement request: from the request until the papers came; `end` None: it stands unanswered."""

    start: datetime
    end: datetime | None


class Story(Struct, frozen=True, kw_only=True, gc=False):
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
    first_told_at = at_of(min([mark.first for mark in dossier.marks]))
    accepted_at = _accepted_at(dossier, placed)
    pauses = _pauses(dossier, placed)
    run = _ending_run(placed)
    ended_at, status = _end(dossier, placed, run, accepted=accepted_at is not None)
    entered_at = None
    if ended_at is not None:
        entered_at = _entered_at(dossier, run, status, listening=first_told_at <= ended_at)
        pauses = [_until(ended_at, pause) for pause in pauses if pause.start <= ended_at]
    return Story(
        first_told_at=first_told_at,
        accepted_at=accepted_at,
        ended_at=ended_at,
        end_status=STATUSES.get(status),
        entered_at=entered_at,
        pauses=tuple(pauses),
        waiting_since=_waiting_since(placed, pauses),
    )


def _accepted_at(dossier: Dossier, placed: Sequence[Placed]) -> datetime | None:
    """When it was filed, if a record says that it was accepted; or the first step that does, if that is earlier."""
    filed_at = dossier.filed_at
    by_record = False
    first: int | None = None
    for place in placed:
        if place.status in _NOT_ACCEPTED:
            continue
        if place.record and filed_at is not None:
            by_record = True
        elif first is None:
            first = place.position
    if filed_at is None or not by_record:
        return None if first is None else at_of(first)
    return filed_at if first is None else min(filed_at, at_of(first))


def _ending_run(placed: Sequence[Placed]) -> Sequence[Placed]:
    """The messages after the last one that says the dossier is being worked on."""
    start = len(placed)
    while start and placed[start - 1].status not in _WORKING:
        start -= 1
    return placed[start:]


def _end(
    dossier: Dossier, placed: Sequence[Placed], run: Sequence[Placed], *, accepted: bool
) -> tuple[datetime | None, int]:
    """The first status in the order of preference, at its real time where a record knows that; 0: it runs."""
    first: dict[int, int] = {}
    for place in run:
        first.setdefault(place.status, place.position)
    if _PROCESSED in first:
        status, stated = _PROCESSED, [dossier.finished_at]
    elif _RETURNED in first:
        status, stated = _RETURNED, [dossier.finished_at, dossier.returned_at]
    elif _STOPPED in first or _REFUSED in first:
        status = min((at, status) for status in (_REFUSED, _STOPPED) if (at := first.get(status)) is not None)[1]
        stated = []
    elif _WITHDRAWN in first and accepted:
        status, stated = _WITHDRAWN, []
    else:
        return None, 0
    real = next((at for at in stated if at is not None and _still_holds(at, dossier, placed, run)), None)
    return real or at_of(first[status]), status


def _still_holds(at: datetime, dossier: Dossier, placed: Sequence[Placed], run: Sequence[Placed]) -> bool:
    """Whether a date of the record is one of this end, not of one before the dossier went back to work."""
    if len(run) == len(placed):
        return True
    worked_on = placed[-len(run) - 1].position
    return micros(at) >= worked_on or any(place.content == dossier.record_mark for place in run)


def _entered_at(dossier: Dossier, run: Sequence[Placed], status: int, *, listening: bool) -> datetime | None:
    """When the system was told of the end: a step says it itself; of a record it is known if we were listening."""
    told: list[int] = []
    for place in run:
        if place.status == status or (status == _PROCESSED and place.status == _RETURNED):
            if not place.record:
                told.append(place.position)
            elif listening:
                told.append(next(mark.first for mark in dossier.marks if mark.content == place.content))
    return at_of(min(told)) if told else None


def _pauses(dossier: Dossier, placed: Sequence[Placed]) -> list[Pause]:
    """Requests that the record lists, and those that only statuses tell of, in order."""
    listed = [
        _listed(supplement.requested_at, supplement.received_at, placed)
        for supplement in dossier.supplements
        if supplement.requested_at is not None
    ]
    told = [pause for pause in _told(placed) if not any(_overlap(pause, other) for other in listed)]
    if not listed:
        return told
    return sorted((*listed, *told), key=lambda pause: (pause.start, pause.end is None, pause.end or pause.start))


def _listed(start: datetime, end: datetime | None, placed: Sequence[Placed]) -> Pause:
    if end is not None:
        return Pause(start, max(start, end))
    asked = (micros(start), _SUPPLEMENT)
    for place in placed:
        if place.status != _SUPPLEMENT and (place.position, place.status) > asked:
            return Pause(start, at_of(place.position))
    return Pause(start, start if placed[-1].status != _SUPPLEMENT else None)


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


def _until(ended_at: datetime, pause: Pause) -> Pause:
    return pause if pause.end is not None and pause.end <= ended_at else Pause(pause.start, ended_at)


def _waiting_since(placed: Sequence[Placed], pauses: Sequence[Pause]) -> datetime | None:
    status = placed[-1].status
    if status == _SUPPLEMENT:
        return next((pause.start for pause in pauses if pause.end is None), None)
    if status != _FEE:
        return None
    since = placed[-1].position
    for place in reversed(placed):
        if place.status != _FEE:
            break
        since = place.position
    return at_of(since)
