"""What was said of a dossier, and in which order it holds: a function of the set of messages, however they came."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ioc_core.events import DossierEvent, DossierStatus, micros

REORDER_WINDOW = timedelta(minutes=10)
"""A whole record that says less than what is known, and comes within this after it, is a late delivery; after
this it is a correction (a one-stop system's retry queue is minutes long, clerks correct later)."""

STATUSES = {int(status): status for status in DossierStatus}
"""By number: a message keeps the number alone."""
_MICROSECOND = timedelta(microseconds=1)
_WINDOW = REORDER_WINDOW // _MICROSECOND


class Mark(Struct, frozen=True, array_like=True, gc=False):
    """One message about a dossier, without its body. Times are microseconds since 1970.

    `content`: the first 60 bits of its content id; `at`: the latest past time that it states; `first` and `last`: its
    first and last arrival (a step that comes again says nothing new, so its `last` is its `first`).
    """

    content: int
    status: int
    record: bool
    at: int
    first: int
    last: int


class Placed(Struct, frozen=True, order=True, gc=False):
    """A message at its place in a dossier's history; sorted, the last one decides the status.

    `position` is the time that the message states, or its arrival where it corrects what was said before.
    """

    position: int
    status: int
    told: int
    content: int
    record: bool


def mark_of(event: DossierEvent, content: str) -> Mark:
    """Return the mark of a message; `content` is its `dossier_content_id`."""
    told = micros(event.received_at)
    return Mark(short_id(content), int(event.status), event.record, micros(event.observed_at), told, told)


def short_id(content: str) -> int:
    """Return the number that stands for a content id among the messages of one dossier."""
    return int(content[:15], 16)


def add(marks: Sequence[Mark], new: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return the marks with the new ones, by content: the same message again only widens its arrivals."""
    held = {mark.content: mark for mark in marks}
    changed = False
    for mark in new:
        known = held.get(mark.content)
        if known is None:
            held[mark.content] = mark
            changed = True
            continue
        first = min(known.first, mark.first)
        last = max(known.last, mark.last) if known.record else first
        if first != known.first or last != known.last:
            held[mark.content] = Mark(known.content, known.status, known.record, known.at, first, last)
            changed = True
    if not changed:
        return marks if isinstance(marks, tuple) else tuple(marks)
    return tuple([held[content] for content in sorted(held)])


def timeline(marks: Sequence[Mark]) -> list[Placed]:
    """Return the history, earliest position first; equal positions by status number, then by arrival.

    A record whose status contradicts what decided until then, although it states no later time, is placed at its
    arrival when that is more than `REORDER_WINDOW` after the arrival of what decided: a correction. Each arrival of a
    record has a place; the latest one holds. Of what arrives at once, what states the latest time is looked at first.
    """
    places = _places(_arrivals(marks), records_only=False)
    places.sort()
    if len(places) > len(marks):
        latest = {place.content: place for place in places}
        return sorted(latest.values())
    return places


class Decisive(NamedTuple):
    """What decides a dossier: the last of all messages; the contents of the last record and of the last step."""

    last: Placed
    record: int | None
    step: int | None


def decisive(marks: Sequence[Mark]) -> Decisive:
    """Return what decides among at least one message.

    Among the records alone the order is that of `timeline`, but a record need not contradict a status to correct.
    """
    arrivals = _arrivals(marks)
    places = _places(arrivals, records_only=False)
    steps = [place for place in places if not place.record]
    records = _places([arrival for arrival in arrivals if arrival[4]], records_only=True)
    return Decisive(max(places), max(records).content if records else None, max(steps).content if steps else None)


_Arrival = tuple[int, int, int, int, bool]
"""First what comes first; of what comes at once, the latest time first: told, -at, -status, content, record."""


def _arrivals(marks: Iterable[Mark]) -> list[_Arrival]:
    arrivals: list[_Arrival] = []
    for mark in marks:
        arrivals.append((mark.first, -mark.at, -mark.status, mark.content, mark.record))
        if mark.last != mark.first:
            arrivals.append((mark.last, -mark.at, -mark.status, mark.content, mark.record))
    arrivals.sort()
    return arrivals


def _places(arrivals: Iterable[_Arrival], *, records_only: bool) -> list[Placed]:
    """Every place that messages have by their arrivals, in no order; repeating what decides makes none."""
    places: list[Placed] = []
    decides: Placed | None = None
    for told, at, status, content, record in arrivals:
        position, status = -at, -status
        if decides is not None:
            if content == decides.content:
                continue
            contradicts = records_only or status != decides.status
            if record and contradicts and position <= decides.position and told - decides.told > _WINDOW:
                position = told
        place = Placed(position, status, told, content, record)
        places.append(place)
        if decides is None or place > decides:
            decides = place
    return places


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[Mark, ...])


def packed(marks: tuple[Mark, ...]) -> bytes:
    """Return the stored form: MessagePack, an array of arrays in the order of `Mark`'s fields."""
    return _encoder.encode(marks)


def unpacked(data: bytes) -> tuple[Mark, ...]:
    """Return the marks of their stored form; none of empty bytes.

    Raises:
        msgspec.DecodeError: `data` is something else.
    """
    return _decoder.decode(data) if data else ()


def at_of(microseconds: int) -> datetime:
    """Return the UTC instant of microseconds since 1970."""
    return _EPOCH + microseconds * _MICROSECOND


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
