"""The collectors' common buffer: bounded, published in batches after a short linger."""

import asyncio
from collections import defaultdict

import structlog

from ingest import metrics
from ingest.publisher import Publisher
from ioc_core.errors import BusError
from ioc_core.events import Event

log = structlog.get_logger(__name__)

CAPACITY = 20_000
_LINGER = 0.01
_BATCH = 5000
_PAUSE = (0.1, 2.0)


class Outlet:
    """Collectors `put` events (and wait while it is full) or `offer` them (and are told when it is full)."""

    def __init__(self, publisher: Publisher, *, capacity: int | None = None) -> None:
        self._publisher = publisher
        self._queue: asyncio.Queue[Event] = asyncio.Queue(capacity or CAPACITY)
        self._unsent: list[Event] = []

    async def put(self, event: Event) -> None:
        """Add an event, at once or when there is room."""
        await self._queue.put(event)

    def offer(self, event: Event) -> bool:
        """Add an event; False when there is no room and it was not taken."""
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            return False
        return True

    async def run(self) -> None:
        """Publish until cancelled; while the bus is away, what was taken waits."""
        pause = _PAUSE[0]
        while True:
            if not self._unsent:
                self._unsent.append(await self._queue.get())
                if self._queue.qsize() < _BATCH:
                    await asyncio.sleep(_LINGER)
            self._take()
            try:
                await self._send()
            except BusError as error:
                log.warning("outlet_waits", error=str(error), events=len(self._unsent) + self._queue.qsize())
                await asyncio.sleep(pause)
                pause = min(pause * 2, _PAUSE[1])
            else:
                pause = _PAUSE[0]

    async def flush(self, within: float) -> int:
        """After `run` was cancelled: publish what is left, within so many seconds; return how many events weren't."""
        try:
            async with asyncio.timeout(within):
                while self._unsent or not self._queue.empty():
                    self._take()
                    await self._send()
        except (BusError, TimeoutError) as error:
            log.warning("outlet_not_flushed", error=str(error), events=len(self._unsent) + self._queue.qsize())
        return len(self._unsent) + self._queue.qsize()

    def _take(self) -> None:
        while len(self._unsent) < _BATCH and not self._queue.empty():
            self._unsent.append(self._queue.get_nowait())
        metrics.OUTLET_EVENTS.set(len(self._unsent) + self._queue.qsize())

    async def _send(self) -> None:
        """Publish what was taken; forget what is published."""
        by_source: defaultdict[str, list[Event]] = defaultdict(list)
        for event in self._unsent:
            by_source[event.source].append(event)
        results = await asyncio.gather(
            *(self._publisher.publish(source, events) for source, events in by_source.items()), return_exceptions=True
        )
        failed = {source: result for source, result in zip(by_source, results, strict=True) if result is not None}
        self._unsent = [event for event in self._unsent if event.source in failed]
        metrics.OUTLET_EVENTS.set(self._queue.qsize())
        for error in failed.values():
            raise error
