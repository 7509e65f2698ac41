"""The one-stop system at work: its first synchronisation, then its outbox in real time."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog
from msgspec import Raw

from simulator.dossiers.timeline import Kind, Message, Past, Timeline
from simulator.dossiers.wire import DossierWire
from simulator.igate.client import FEED, NationalClient
from simulator.igate.outbox import Outbox
from simulator.metrics import LAG, OUTBOX
from simulator.position import PositionFile
from simulator.progress import FeedProgress, Phase

log = structlog.get_logger()

CHUNK = 500
WORKERS = 3
OUTBOX_LIMIT = 20_000
BATCH = 500
TICK = 0.5
KEEP_POSITION_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Dossiers of one part of the past, as the calls that carry them: records first, then the steps."""

    dossiers: int
    last: str
    calls: tuple[tuple[Kind, list[Raw]], ...]


class DossierFeed:
    """Drives a timeline through a client. The kept position begins at `since`; `known` is a dossier that the receiver
    has since then, "" at the first time."""

    def __init__(
        self,
        timeline: Timeline,
        wire: DossierWire,
        client: NationalClient,
        *,
        position: PositionFile,
        since: int,
        known: str,
        progress: FeedProgress,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.timeline = timeline
        self.outbox = Outbox(OUTBOX_LIMIT)
        self._wire = wire
        self._client = client
        self._position = position
        self._since = since
        self._progress = progress
        self._now = now
        self._known = known
        self._accepted_until = 0
        self._ready = asyncio.Event()

    async def backfill(self, *, after: int = 0) -> None:
        """Send what was to be told in (after, start]: `CHUNK` dossiers a call, several calls at a time."""
        began = time.perf_counter()
        self._progress.phase, self._progress.total = Phase.BACKFILL, self.timeline.past_days()
        chunks: asyncio.Queue[Chunk | None] = asyncio.Queue(maxsize=WORKERS)
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._send_chunks(chunks))
            days = self.timeline.past(after)
            while (day := await asyncio.to_thread(next, days, None)) is not None:
                for start in range(0, len(day), CHUNK):
                    await chunks.put(await asyncio.to_thread(self._chunk, day[start : start + CHUNK]))
                self._progress.advance(entries=0, parts=1)
            for _ in range(WORKERS):
                await chunks.put(None)
        self._position.write(since=self._since, until=self.timeline.start, last=self._known)
        seconds = time.perf_counter() - began
        self._progress.finish(Phase.LIVE, seconds=seconds)
        log.info("dossiers_backfilled", entries=self._progress.entries, seconds=round(seconds, 1))

    async def live(self) -> None:
        """Go on in real time, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fill())
            group.create_task(self._empty())

    def _chunk(self, part: list[Past]) -> Chunk:
        records: dict[Kind, list[Raw]] = {Kind.CREATE: [], Kind.UPDATE: []}
        steps: list[Raw] = []
        for past in part:
            kind = Kind.UPDATE if past.known else Kind.CREATE
            records[kind].append(self._wire.record(past.plan, past.current))
            steps += [self._wire.step(past.plan, step) for step in past.steps]
        calls = ((Kind.CREATE, records[Kind.CREATE]), (Kind.UPDATE, records[Kind.UPDATE]), (Kind.STEP, steps))
        return Chunk(dossiers=len(part), last=part[-1].plan.code, calls=tuple(call for call in calls if call[1]))

    async def _send_chunks(self, chunks: asyncio.Queue[Chunk | None]) -> None:
        while (chunk := await chunks.get()) is not None:
            for kind, entries in chunk.calls:
                if await self._client.push(kind, entries) and kind is not Kind.STEP:
                    self._known = self._known or chunk.last
                self._progress.advance(entries=len(entries))

    async def _fill(self) -> None:
        """Move what is due into the outbox; a full outbox leaves the rest in the timeline."""
        pending: Iterator[Message] = iter(())
        while True:
            if self.outbox.fill(pending):
                pending = self.timeline.until(int(self._now()))
                if self.outbox.fill(pending):
                    pending = iter(())
            OUTBOX.set(len(self.outbox))
            if len(self.outbox):
                self._ready.set()
            await asyncio.sleep(TICK)

    async def _empty(self) -> None:
        kept_at = time.monotonic()
        try:
            while True:
                await self._ready.wait()
                self._ready.clear()
                while len(self.outbox):
                    await self._send_batch()
                    if time.monotonic() - kept_at >= KEEP_POSITION_EVERY:
                        kept_at = time.monotonic()
                        self._keep_position()
        finally:
            self._keep_position()

    async def _send_batch(self) -> None:
        batch = self.outbox.batch(BATCH)
        for kind, messages in batch.calls():
            await self._client.push(kind, [message.body for message in messages])
        last = self.outbox.accepted(batch)
        self._accepted_until = last.at
        LAG.labels(FEED).set(max(0.0, self._now() - last.at))
        OUTBOX.set(len(self.outbox))

    def _keep_position(self) -> None:
        """Messages of the same second may still wait: they are sent again rather than lost."""
        until = max(self.timeline.start, self._accepted_until - 1)
        self._position.write(since=self._since, until=until, last=self._known)
