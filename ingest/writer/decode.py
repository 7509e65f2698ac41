"""Messages of EVENTS as events and blocks of samples; what can't be read becomes `Rejected`, neighbours stay. Pure.

Blocks are read with their labels unparsed: a series that has been met before is known by those bytes.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ioc_core.events import MAX_RAW_BYTES, Event, RawBlock, Rejected, Sample

UNDECODABLE = "undecodable"
_PORT = "writer"


Item = Event | RawBlock

_items: msgspec.json.Decoder[list[Item]] = msgspec.json.Decoder(list[Item])
_item: msgspec.json.Decoder[Item] = msgspec.json.Decoder(Item)
_raws = msgspec.json.Decoder(list[msgspec.Raw])


def decode_message(data: bytes, *, source: str, now: datetime) -> list[Item]:
    """Return what is in a message whose subject names `source`; never raises."""
    try:
        return _items.decode(data)
    except (ValueError, RecursionError) as error:
        whole = rejection(source, UNDECODABLE, str(error), data, now=now)
    try:
        items = _raws.decode(data)
    except (ValueError, RecursionError):
        return [whole]
    return [_decode_item(bytes(item), source, now) for item in items]


def _decode_item(data: bytes, source: str, now: datetime) -> Item:
    try:
        return _item.decode(data)
    except (ValueError, RecursionError) as error:
        return rejection(source, UNDECODABLE, str(error), data, now=now)


def events_of(items: Iterable[Item], *, now: datetime) -> list[Event]:
    """Return items as events, blocks taken apart; a sample whose labels can't be read is `Rejected`."""
    events: list[Event] = []
    for item in items:
        if isinstance(item, RawBlock):
            events += [sample_of(item, place, now=now) for place in range(len(item.of))]
        else:
            events.append(item)
    return events


def sample_of(block: RawBlock, place: int, *, now: datetime) -> Sample | Rejected:
    """Return one sample of a block, or the row that says why it is none."""
    try:
        return block.sample(place)
    except (ValueError, RecursionError) as error:
        metric, labels = block.series[block.of[place]]
        raw = msgspec.json.encode([metric, labels, block.at[place], block.values[place]])
        return rejection(block.source, UNDECODABLE, str(error), raw, now=now)


def rejection(source: str, reason: str, detail: str, raw: bytes, *, now: datetime) -> Rejected:
    """Return the row of what the writer refuses; text that the database can't hold is made harmless."""
    return Rejected(
        source=storable(source)[:300] or "unknown",
        observed_at=now,
        received_at=now,
        port=_PORT,
        reason=reason,
        detail=storable(detail)[:4000],
        raw=raw[:MAX_RAW_BYTES],
    )


def storable(text: str) -> str:
    """Return `text` without NUL, which PostgreSQL's text can't hold."""
    return text.replace("\0", "�")
