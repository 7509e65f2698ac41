"""Sends a report's dossiers at full speed: whole stretches, several in flight, from where an earlier run stopped."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

import structlog
from msgspec import Struct

from simulator.igate.client import NationalClient
from simulator.position import PositionFile
from simulator.replay.wire import ReplayWire, Stretch

log = structlog.get_logger()

STRETCH = 1_000
"""Dossiers of one stretch: some 6,300 messages in three calls, 3.3 MB."""
WORKERS = 2


class Sent(Struct):
    """What was sent so far, and how much of it was rejected."""

    dossiers: int = 0
    messages: int = 0
    rejected: int = 0


class _Flight:
    """A stretch that is being sent; `done` when it is accepted."""

    __slots__ = ("done", "stretch")

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self.done = False


class ReplayFeed:
    """Drives a wire through a client. `since` is the instant at which the report begins."""

    def __init__(
        self, wire: ReplayWire, client: NationalClient, *, position: PositionFile, since: int, size: int = STRETCH
    ) -> None:
        self.sent = Sent()
        self._wire = wire
        self._client = client
        self._position = position
        self._since = since
        self._size = size
        self._flights: deque[_Flight] = deque()

    async def run(self, *, after: int = 0, again: int = 0, told: Callable[[Sent], None] = lambda _: None) -> Sent:
        """Send what was filed from `after` on; `told` hears of every stretch that is accepted.

        The first `again` dossiers may have been sent before; see `in_flight`.
        """
        stretches = self._wire.stretches(self._size, after=after, again=again)
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._send(stretches, told))
        return self.sent

    @property
    def in_flight(self) -> int:
        """How many dossiers beyond the kept position an interrupted run may have sent."""
        return (WORKERS + 1) * self._size

    async def _send(self, stretches: Iterator[Stretch], told: Callable[[Sent], None]) -> None:
        for stretch in stretches:
            flight = _Flight(stretch)
            self._flights.append(flight)
            for call in stretch.calls:
                self.sent.rejected += await self._client.push_list(call.kind, call.entries, call.count)
                self.sent.messages += call.count
            self.sent.dossiers += stretch.dossiers
            flight.done = True
            self._land()
            told(self.sent)

    def _land(self) -> None:
        """Move the position over the stretches that are accepted without a gap."""
        landed: Stretch | None = None
        while self._flights and self._flights[0].done:
            landed = self._flights.popleft().stretch
        if landed is not None:
            self._position.write(since=self._since, until=landed.until, last=landed.code)
