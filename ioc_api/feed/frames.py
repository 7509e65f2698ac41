"""The messages of the feed, and the bytes of the WebSocket frames that carry them. Pure."""

import struct
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ioc_core.live import Topic

Reason = Literal["connect", "expired", "reset"]
"""Why a snapshot is sent: first contact, `since` is too old (or of another stream), the stream was lost."""


class Snapshot(Struct, frozen=True, tag="snapshot"):
    """The complete state of the topics asked for."""

    stream: str
    seq: int
    reason: Reason
    at: datetime
    state: dict[Topic, dict[str, Any]]


class DeltaMessage(Struct, frozen=True, tag="delta"):
    """New values of keys of one topic; null removes a key."""

    seq: int
    topic: Topic
    items: dict[str, Any]
    committed_at: datetime
    at: datetime


class Heartbeat(Struct, frozen=True, tag="heartbeat"):
    """The line lives; `seq` is the newest that the server has sent or could have sent."""

    seq: int
    at: datetime


class Resumed(Struct, frozen=True, tag="resumed"):
    """`since` could be honoured: what follows joins what the client has."""

    stream: str
    seq: int


Message = Snapshot | DeltaMessage | Heartbeat | Resumed

_encoder = msgspec.json.Encoder()
_TEXT = 0x81  # a final text frame, RFC 6455 section 5.2; a server doesn't mask
_SHORT, _MEDIUM = 126, 1 << 16


def frame(message: Message) -> bytes:
    """Return the WebSocket frame of `message`: the same bytes for every client, so made once."""
    payload = _encoder.encode(message)
    size = len(payload)
    if size < _SHORT:
        head = bytes((_TEXT, size))
    elif size < _MEDIUM:
        head = struct.pack("!BBH", _TEXT, 126, size)
    else:
        head = struct.pack("!BBQ", _TEXT, 127, size)
    return head + payload
