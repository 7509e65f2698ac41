"""The live state of one API process, kept from LIVE, and everybody who watches it."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from ioc_api.feed.client import TRY_AGAIN_LATER, FeedClient
from ioc_api.feed.frames import DeltaMessage, Heartbeat, Reason, Resumed, Snapshot, frame
from ioc_api.feed.history import Entry, History, merge
from ioc_api.feed.history import entry as decode
from ioc_api.feed.view import View
from ioc_api.instruments import Instruments
from ioc_api.projector.difference import apply
from ioc_api.projector.state import State

HISTORY_BYTES = 64 << 20
log = structlog.get_logger(__name__)


class Hub:
    """Holds the state at (`stream`, `seq`); sends each change to every client that asked for its topic.

    All methods run on the event loop and none waits: a client whose line is full is left behind, never waited for.
    """

    def __init__(self, instruments: Instruments, now: Callable[[], datetime], *, keep: timedelta) -> None:
        self._instruments = instruments
        self._now = now
        self._clients: defaultdict[View, set[FeedClient]] = defaultdict(set)
        self._snapshots: dict[View, bytes] = {}
        self._keep = keep
        self.history = self.new_history(0)
        self.state: State = {}
        self.stream = ""
        self.seq = 0
        self.loaded = False
        self.settled = False  # the last minutes are known too

    @property
    def clients(self) -> list[FeedClient]:
        """Everybody who is connected."""
        return [client for clients in self._clients.values() for client in clients]

    def new_history(self, floor: int) -> History:
        """Return an empty history of what comes after `floor`."""
        history = History(age=self._keep, size=HISTORY_BYTES)
        history.restart(floor)
        return history

    def load(self, state: State, *, stream: str, seq: int) -> None:
        """Hold this state from now on and send it to everybody; of what was before, nothing can be resumed."""
        reason: Reason = "reset" if self.loaded else "connect"
        self.state = state
        self.history.restart(seq)
        self.stream, self.seq = stream, seq
        self.loaded = True
        self._snapshots.clear()
        for view, clients in self._clients.items():
            encoded = self._snapshot(view, reason)
            for client in clients:
                client.replace_all(encoded)

    def publish(self, seq: int, data: bytes, *, published_at: datetime) -> None:
        """Apply an encoded delta and send it.

        Raises:
            msgspec.DecodeError: it isn't one; nothing was changed.
        """
        delta = decode(seq, data)
        self.history.add(seq, data, at=published_at)
        apply(self.state.setdefault(delta.topic, {}), delta.items)
        self.seq = seq
        self._snapshots.clear()
        at = self._now()
        self._instruments.feed_delay.observe(max((at - delta.committed_at).total_seconds(), 0.0))
        for view, clients in self._clients.items():
            items = view.select(delta.topic, delta.items)
            if not items:
                continue
            encoded = frame(DeltaMessage(seq, delta.topic, dict(items), delta.committed_at, at))
            selected = delta if view.units is None else Entry(seq, delta.topic, items, delta.committed_at)
            for client in clients:
                client.offer(encoded, selected)
            self._instruments.feed_messages.inc(len(clients))

    def join(self, client: FeedClient, *, since: int | None = None, stream: str | None = None) -> None:
        """Add a client and send what it lacks: the deltas after `since` of `stream`, or a snapshot."""
        self._clients[client.view].add(client)
        self._instruments.feed_clients.set(len(self.clients))
        if not self.loaded:
            return
        missed = self.history.since(since) if since is not None and stream == self.stream else None
        if missed is None or since is None or since > self.seq:
            client.replace_all(self._snapshot(client.view, "connect" if since is None else "expired"))
            return
        client.send(frame(Resumed(self.stream, self.seq)))
        at = self._now()
        for entry in merge(missed):
            items = client.view.select(entry.topic, entry.items)
            if items:
                selected = Entry(entry.seq, entry.topic, items, entry.committed_at)
                client.offer(
                    frame(DeltaMessage(entry.seq, entry.topic, dict(items), entry.committed_at, at)), selected
                )

    def leave(self, client: FeedClient) -> None:
        """Forget a client whose connection has ended."""
        clients = self._clients.get(client.view)
        if clients is None:
            return
        clients.discard(client)
        if not clients:
            del self._clients[client.view]
            self._snapshots.pop(client.view, None)
        self._instruments.feed_clients.set(len(self.clients))
        self._instruments.feed_coalesced.inc(client.coalesced)
        client.coalesced = 0

    def beat(self) -> None:
        """Send a heartbeat to everybody; cut those whose line stays full."""
        now = self._now()
        encoded = frame(Heartbeat(self.seq, now))
        slow = 0
        for client in self.clients:
            client.send(encoded)
            slow += client.paused
            if client.too_slow(now):
                self.cut(client, TRY_AGAIN_LATER, "too slow: what is sent isn't read", why="slow")
        self._instruments.feed_slow_clients.set(slow)

    def cut(self, client: FeedClient, code: int, reason: str, *, why: str) -> None:
        """Close a client's connection and forget it."""
        log.info("feed_client_cut", name=client.principal.name, code=code, reason=reason)
        self._instruments.feed_cut.labels(why).inc()
        self.leave(client)
        client.cut(code, reason)

    def _snapshot(self, view: View, reason: Reason) -> bytes:
        if reason != "connect":
            return frame(Snapshot(self.stream, self.seq, reason, self._now(), view.of(self.state)))
        encoded = self._snapshots.get(view)
        if encoded is None:
            encoded = frame(Snapshot(self.stream, self.seq, reason, self._now(), view.of(self.state)))
            self._snapshots[view] = encoded
        return encoded
