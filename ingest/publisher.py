"""The way to EVENTS: connects whenever the bus is there, and says so at once when it isn't."""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from ingest import metrics
from ioc_core.addresses import nats_url
from ioc_core.bus import Bus, connect_bus
from ioc_core.errors import BusError, BusFullError, BusUnavailableError, EngineError
from ioc_core.events import MAX_BATCH_BYTES, Block, Event, encode_batches
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_SLICE = 10_000
_PAUSE = (0.2, 5.0)
_WAIT = 5.0


class Publisher:
    """Publishes events; `run` keeps the connection. One for each process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bus: Bus | None = None
        self._forget = contextlib.ExitStack()

    @property
    def connected(self) -> bool:
        """Whether the bus answers at this moment."""
        return self._bus is not None and self._bus.connected

    async def check(self) -> str | None:
        """For /readyz."""
        return None if self.connected else "the bus does not answer"

    async def run(self) -> None:
        """Connect, and go on trying until it works; afterwards watch over the streams. Ends only when cancelled."""
        pause = _PAUSE[0]
        while self._bus is None:
            try:
                self._bus = await connect_bus(self._settings, url=nats_url(self._settings), name="ingest", wait=_WAIT)
            except (BusError, EngineError) as error:
                log.warning("bus_awaited", error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _PAUSE[1])
        log.info("bus_connected")
        back = asyncio.Event()
        self._forget.callback(self._bus.on_reconnect(back.set))
        while True:
            metrics.BUS_CONNECTED.set(self._bus.connected)
            try:
                async with asyncio.timeout(1.0):
                    await back.wait()
            except TimeoutError:
                continue
            back.clear()
            await self._restore(self._bus)

    async def _restore(self, bus: Bus) -> None:
        """A server that came back may have lost its streams."""
        try:
            await bus.ensure_streams()
        except BusError as error:
            log.warning("streams_not_restored", error=str(error))

    async def publish(self, source: str, events: Sequence[Event | Block]) -> None:
        """Return once EVENTS has all of them on disk.

        Raises:
            BusFullError, BusUnavailableError: as `Bus.publish_events`; publishing all of them again is safe.
        """
        if not events:
            return
        try:
            if self._bus is None:
                raise BusUnavailableError("the bus is not connected")
            await self._bus.publish_events(source, await _encode(events))
        except BusError as error:
            metrics.PUBLISH_FAILURES.labels("full" if isinstance(error, BusFullError) else "unavailable").inc()
            raise
        metrics.count_published(source, events)

    async def close(self) -> None:
        """Flush and close."""
        self._forget.close()
        if self._bus is not None:
            await self._bus.close()


async def _encode(events: Sequence[Event | Block]) -> list[bytes]:
    """Encode in slices, so that a large push doesn't keep the others waiting."""
    if len(events) <= _SLICE:
        return encode_batches(events)
    messages: list[bytes] = []
    for start in range(0, len(events), _SLICE):
        for message in encode_batches(events[start : start + _SLICE]):
            if messages and len(messages[-1]) + len(message) <= MAX_BATCH_BYTES:
                messages[-1] = messages[-1][:-1] + b"," + message[1:]
            else:
                messages.append(message)
        await asyncio.sleep(0)
    return messages
