"""The other systems at work: their hourly past, then a report every few seconds."""

import asyncio
import time
from collections.abc import Callable

import structlog
from msgspec import Raw

from simulator.metrics import LAG
from simulator.position import PositionFile
from simulator.progress import FeedProgress, Phase
from simulator.systems.client import FEED, EventsClient
from simulator.systems.report import Report

log = structlog.get_logger()

CHUNK = 5_000
WORKERS = 2
REPORT_EVERY = 20
KEEP_POSITION_EVERY = 300


class SystemsFeed:
    """Drives a report through a client."""

    def __init__(
        self,
        report: Report,
        client: EventsClient,
        *,
        position: PositionFile,
        progress: FeedProgress,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._report = report
        self._client = client
        self._position = position
        self._progress = progress
        self._now = now

    async def backfill(self, *, after: int, until: int, since: int) -> None:
        """Send the hours of (after, until), oldest first, some thousand samples a body."""
        began = time.perf_counter()
        self._progress.phase, self._progress.total = Phase.BACKFILL, self._report.hours(after, until)
        bodies: asyncio.Queue[tuple[list[Raw], int] | None] = asyncio.Queue(maxsize=WORKERS)
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._send(bodies))
            held: list[Raw] = []
            hours = 0
            for samples in self._report.past(after, until):
                held += samples
                hours += 1
                if len(held) >= CHUNK:
                    await bodies.put((held, hours))
                    held, hours = [], 0
            if held:
                await bodies.put((held, hours))
            for _ in range(WORKERS):
                await bodies.put(None)
        self._position.write(since=since, until=until)
        seconds = time.perf_counter() - began
        self._progress.finish(Phase.LIVE, seconds=seconds)
        log.info("samples_backfilled", entries=self._progress.entries, seconds=round(seconds, 1))

    async def live(self, *, since: int, until: int) -> None:
        """Report all series every `REPORT_EVERY` seconds, until cancelled; everything before `until` is sent."""
        kept = instant = until
        try:
            while True:
                now = self._now()
                await self._client.push(self._report.at(int(now - now % REPORT_EVERY)))
                instant = int(now - now % REPORT_EVERY)
                LAG.labels(FEED).set(max(0.0, self._now() - instant))
                if instant - kept >= KEEP_POSITION_EVERY:
                    self._position.write(since=since, until=instant)
                    kept = instant
                await asyncio.sleep(REPORT_EVERY - self._now() % REPORT_EVERY)
        finally:
            self._position.write(since=since, until=instant)

    async def _send(self, bodies: asyncio.Queue[tuple[list[Raw], int] | None]) -> None:
        while (body := await bodies.get()) is not None:
            samples, hours = body
            await self._client.push(samples)
            self._progress.advance(entries=len(samples), parts=hours)
