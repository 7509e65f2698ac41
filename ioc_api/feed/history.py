"""The deltas of the last minutes, for clients that come back; and deltas merged for those that fell behind. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from ioc_core.live import Topic, decode_delta


class Entry(Struct, frozen=True):
    """One delta with its place in the stream."""

    seq: int
    topic: Topic
    items: Mapping[str, Any]
    committed_at: datetime


class History:
    """Deltas in order, at most `age` old and `size` bytes together. `floor`: everything after it is here.

    They are kept as they came, and decoded for who comes back: as objects they would take many times the room.
    """

    def __init__(self, *, age: timedelta, size: int) -> None:
        self._age = age
        self._most = size
        self._size = 0
        self._held: deque[tuple[datetime, int, bytes]] = deque()
        self.floor = 0

    def restart(self, floor: int) -> None:
        """Forget everything: what comes next is after `floor`."""
        self._held.clear()
        self._size = 0
        self.floor = floor

    def add(self, seq: int, data: bytes, *, at: datetime) -> None:
        """Keep an encoded delta that was published at `at`; drop what is too old or too much."""
        self._held.append((at, seq, data))
        self._size += len(data)
        while self._size > self._most or self._held[0][0] < at - self._age:
            _, self.floor, dropped = self._held.popleft()
            self._size -= len(dropped)
            if not self._held:
                return

    def since(self, seq: int) -> list[Entry] | None:
        """Return the deltas after `seq`, in order; None when some of them are no longer here."""
        if seq < self.floor:
            return None
        return [entry(held, data) for _, held, data in self._held if held > seq]


def entry(seq: int, data: bytes) -> Entry:
    """Return the delta in a message of LIVE.

    Raises:
        msgspec.DecodeError: it isn't one.
    """
    delta = decode_delta(data)
    return Entry(seq, delta.topic, delta.items, delta.committed_at)


def merge(entries: Iterable[Entry]) -> list[Entry]:
    """Return the same deltas without the values that a later one replaces, in order.

    A client that received only a beginning of the result can go on from the last `seq` it saw: every value that it
    lacks has a later one.
    """
    backlog = Backlog()
    for entry in entries:
        backlog.add(entry)
    return backlog.take()


class Backlog:
    """The newest value of each key that a client has not been sent: bounded by the number of keys, not of deltas."""

    def __init__(self) -> None:
        self._newest: dict[tuple[Topic, str], Entry] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def add(self, entry: Entry) -> int:
        """Add a delta that is newer than those before; return how many waiting values it replaced."""
        before = len(self._newest) + len(entry.items)
        for key in entry.items:
            self._newest[(entry.topic, key)] = entry
        return before - len(self._newest)

    def take(self) -> list[Entry]:
        """Return what is waiting, in order, and forget it."""
        kept: dict[int, tuple[Entry, dict[str, Any]]] = {}
        for (_, key), entry in self._newest.items():
            kept.setdefault(entry.seq, (entry, {}))[1][key] = entry.items[key]
        self._newest.clear()
        return [
            Entry(seq, entry.topic, items, entry.committed_at)
            for seq, (entry, items) in sorted(kept.items(), key=_seq)
        ]


def _seq(item: tuple[int, object]) -> int:
    return item[0]
