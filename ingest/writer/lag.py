"""How far the database is behind EVENTS, asked every few seconds."""

import asyncio
from datetime import UTC, datetime

import structlog
from msgspec import Struct

from ingest.writer import metrics
from ioc_core.bus import Bus
from ioc_core.bus.connection import EVENTS
from ioc_core.errors import BusError

log = structlog.get_logger(__name__)

_INTERVAL = 2.0


class Lag(Struct, frozen=True):
    """Messages and bytes that EVENTS holds, the age of the oldest in seconds, and its number in `stream`."""

    stream: str
    messages: int
    bytes: int
    oldest_seconds: float
    first_seq: int


async def ask(bus: Bus, *, now: datetime) -> Lag:
    """Return how far behind the database is.

    Raises:
        BusError: the bus doesn't answer, or has no such stream.
    """
    body = await bus.api(f"STREAM.INFO.{EVENTS}")
    state = body["state"]
    oldest = 0.0
    if state["messages"]:
        first = datetime.fromisoformat(state["first_ts"])
        oldest = max((now - first).total_seconds(), 0.0)
    return Lag(f"{EVENTS}@{body['created']}", state["messages"], state["bytes"], oldest, state["first_seq"])


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
                lag = await ask(self._bus, now=datetime.now(UTC))
                self._first = (lag.stream, lag.first_seq)
                metrics.PENDING.set(lag.messages)
                metrics.PENDING_BYTES.set(lag.bytes)
                metrics.OLDEST.set(lag.oldest_seconds)
            except BusError as error:
                log.debug("lag_unknown", error=str(error))
            await asyncio.sleep(_INTERVAL)
