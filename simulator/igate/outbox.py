"""The one-stop system's outbox: ordered, bounded, emptied only by what ingest has accepted. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct

from simulator.dossiers.timeline import Kind, Message


class Batch(Struct, frozen=True):
    """The oldest `size` messages of the outbox, by the protocol call that carries them."""

    size: int
    by_kind: dict[Kind, list[Message]]

    def calls(self) -> Iterator[tuple[Kind, list[Message]]]:
        """The calls to make, in order; empty ones are left out."""
        return ((kind, messages) for kind in Kind if (messages := self.by_kind.get(kind)))


class Outbox:
    """Messages wait here until they are accepted; when it is full, no more are taken in."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._messages: deque[Message] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def fill(self, messages: Iterable[Message]) -> bool:
        """Take in messages while there is room; return whether `messages` came to its end."""
        iterator = iter(messages)
        while len(self._messages) < self.limit:
            message = next(iterator, None)
            if message is None:
                return True
            self._messages.append(message)
        return False

    def batch(self, most: int) -> Batch:
        """Return the oldest messages, at most `most`, that can go in one call of each kind.

        Calls are made in the order of `Kind`, so a batch ends before a message whose dossier already has one of
        a later kind in it: of every single dossier the order is kept.
        """
        by_kind: dict[Kind, list[Message]] = {}
        latest: dict[str, Kind] = {}
        size = 0
        for message in self._messages:
            if size == most or message.kind < latest.get(message.code, message.kind):
                break
            latest[message.code] = message.kind
            by_kind.setdefault(message.kind, []).append(message)
            size += 1
        return Batch(size=size, by_kind=by_kind)

    def accepted(self, batch: Batch) -> Message:
        """Take the messages of `batch` out; return the last of them."""
        last = self._messages[batch.size - 1]
        for _ in range(batch.size):
            self._messages.popleft()
        return last
