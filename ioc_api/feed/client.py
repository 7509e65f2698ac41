"""One client of the feed: frames go straight to its line; while that is full, only the newest values wait."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ioc_api.accounts.principals import Principal
from ioc_api.feed.frames import DeltaMessage, frame
from ioc_api.feed.history import Backlog, Entry
from ioc_api.feed.view import View

SLOW_SECONDS = 10.0
"""A client whose line stays full this long is cut."""
_MOST_WAITING = 20_000

TRY_AGAIN_LATER = 1013


class Line(Protocol):
    """The sending end of a WebSocket. `write` never waits; it takes whole frames."""

    def write(self, data: bytes) -> None:
        """Send, or keep what the network doesn't take at once."""

    def cut(self, code: int, reason: str) -> None:
        """Close with a code, and for good soon after, whether or not the other side answers."""


class FeedClient:
    """The server's side of one connection."""

    __slots__ = ("_backlog", "_line", "_now", "_paused_since", "_write", "coalesced", "principal", "view")

    def __init__(self, line: Line, view: View, principal: Principal, now: Callable[[], datetime]) -> None:
        self._line = line
        self._now = now
        self._backlog = Backlog()
        self._paused_since: datetime | None = None
        self.view = view
        self.principal = principal
        self.coalesced = 0
        self._write = line.write

    @property
    def paused(self) -> bool:
        """Whether the line is full at this moment."""
        return self._paused_since is not None

    def offer(self, encoded: bytes, entry: Entry) -> None:
        """Send a delta (already encoded), or keep its values for when the line is free again."""
        if self._paused_since is None:
            self._write(encoded)
        else:
            self.coalesced += self._backlog.add(entry)

    def replace_all(self, encoded: bytes) -> None:
        """Send a snapshot: nothing that waited is of use any more."""
        self._backlog.take()
        self._write(encoded)

    def send(self, encoded: bytes) -> None:
        """Send what is of no use later, unless the line is full."""
        if self._paused_since is None:
            self._write(encoded)

    def pause(self) -> None:
        """The line is full (told by the transport)."""
        if self._paused_since is None:
            self._paused_since = self._now()

    def resume(self) -> None:
        """The line is free again (told by the transport): send what waited."""
        self._paused_since = None
        waiting = self._backlog.take()
        at = self._now()
        for index, entry in enumerate(waiting):
            if self._paused_since is not None:
                for later in waiting[index:]:
                    self._backlog.add(later)
                return
            self._write(frame(DeltaMessage(entry.seq, entry.topic, dict(entry.items), entry.committed_at, at)))

    def too_slow(self, now: datetime) -> bool:
        """Whether the line has been full for too long, or too much waits."""
        if self._paused_since is None:
            return False
        return (now - self._paused_since).total_seconds() > SLOW_SECONDS or len(self._backlog) > _MOST_WAITING

    def cut(self, code: int, reason: str) -> None:
        """Close the connection."""
        self._line.cut(code, reason)
