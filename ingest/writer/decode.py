"""Messages of EVENTS as events; what can't be read becomes `Rejected`, and its neighbours stay. Pure."""

from datetime import datetime

import msgspec

from ioc_core.events import MAX_RAW_BYTES, Event, Rejected, decode_batch

UNDECODABLE = "undecodable"
_PORT = "writer"

_items = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def decode_message(data: bytes, *, source: str, now: datetime) -> list[Event]:
    """Return the events of a message whose subject names `source`; never raises."""
    try:
        return list(decode_batch(data))
    except (ValueError, RecursionError) as error:
        whole = rejection(source, UNDECODABLE, str(error), data, now=now)
    try:
        items = _items.decode(data)
    except (ValueError, RecursionError):
        return [whole]
    return [_decode_item(bytes(item), source, now) for item in items]


def _decode_item(data: bytes, source: str, now: datetime) -> Event:
    try:
        return _event.decode(data)
    except (ValueError, RecursionError) as error:
        return rejection(source, UNDECODABLE, str(error), data, now=now)


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
