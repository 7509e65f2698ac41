"""A line in memory: decodes the WebSocket frames it is given, and can be full."""

import json
import struct
from typing import Any

from ioc_api.feed.client import FeedClient


class MemoryLine:
    """The client's end of a connection; `limit` bytes fill it until `drain`."""

    def __init__(self, *, limit: int | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None
        self.waiting = 0
        self._limit = limit
        self.client: FeedClient | None = None

    def write(self, data: bytes) -> None:
        """Take whole frames."""
        self.waiting += len(data)
        while data:
            payload, data = _split(data)
            self.messages.append(json.loads(payload))
        if self._limit is not None and self.waiting > self._limit and self.client is not None:
            self.client.pause()

    def drain(self) -> None:
        """The network took everything."""
        self.waiting = 0
        if self.client is not None:
            self.client.resume()

    def cut(self, code: int, reason: str) -> None:
        """Note how the server closed."""
        self.closed = (code, reason)


class Screen:
    """What a client makes of the messages: the state it shows, by the rules of docs/feed.md."""

    def __init__(self) -> None:
        self.stream = ""
        self.seq = 0
        self.state: dict[str, dict[str, Any]] = {}
        self.snapshots: list[str] = []
        self.resumed = 0

    def take(self, message: dict[str, Any]) -> None:
        """Apply one message."""
        if message["type"] == "snapshot":
            self.stream, self.seq = message["stream"], message["seq"]
            self.state = {topic: dict(items) for topic, items in message["state"].items()}
            self.snapshots.append(message["reason"])
        elif message["type"] == "delta":
            assert message["seq"] >= self.seq, "deltas come in order"
            self.seq = message["seq"]
            items = self.state.setdefault(message["topic"], {})
            for key, value in message["items"].items():
                if value is None:
                    items.pop(key, None)
                else:
                    items[key] = value
        elif message["type"] == "resumed":
            self.resumed += 1
            assert self.stream == message["stream"]


def _split(data: bytes) -> tuple[bytes, bytes]:
    assert data[0] == 0x81, "a final text frame"
    size, start = data[1], 2
    if size == 126:
        (size,), start = struct.unpack_from("!H", data, 2), 4
    elif size == 127:
        (size,), start = struct.unpack_from("!Q", data, 2), 10
    return data[start : start + size], data[start + size :]
