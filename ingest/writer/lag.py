"""How far the database is behind EVENTS, asked every few seconds."""

import asyncio
from datetime import UTC, datetime

import structlog

from ingest.writer import metrics
from ioc_core.bus import Bus
from ioc_core.bus.connection import EVENTS, StreamState
from ioc_core.errors import BusError

log = structlog.get_logger(__name__)

_INTERVAL = 2.0


def oldest_seconds(state: StreamState, *, now: datetime) -> float:
    """Return the age of the oldest message that isn't committed; 0 when there is none."""
    return 0.0 if state.oldest_at is None else max((now - state.oldest_at).total_seconds(), 0.0)


class LagMonitor:
    """Keeps the gauges, and the first number of the stream for `positions`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._first: tuple[str, int] = ("", 0)

    def first_seq(self, stream: str) -> int:
        """Return the oldest number that `stream` still holds, as far as known; all before it are done with."""
        known, first = self._first
        return first if known == stream else 0

    async def run(self) -> None:
        """Ask for ever, until cancelled."""
        while True:
            try:
                state = await self._bus.stream_state(EVENTS)
                self._first = (state.identity, state.first_seq)
                metrics.PENDING.set(state.messages)
                metrics.PENDING_BYTES.set(state.bytes)
                metrics.OLDEST.set(oldest_seconds(state, now=datetime.now(UTC)))
            except BusError as error:
                log.debug("lag_unknown", error=str(error))
            await asyncio.sleep(_INTERVAL)
