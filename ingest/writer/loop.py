"""The writer's loop: pull, read ahead while the database commits, store, tell, acknowledge."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import asyncpg
import structlog

from ingest.writer import metrics
from ingest.writer.backoff import Backoff
from ingest.writer.batch import Read, facts_of, newest_dossiers, read
from ingest.writer.database import TROUBLE, Database
from ingest.writer.lag import LagMonitor
from ingest.writer.samples import SampleStore
from ingest.writer.screen import Limits
from ingest.writer.series import SeriesCache
from ingest.writer.transaction import Batch, Stored, Transactions
from ioc_core.bus import Bus, EventsPuller, PulledMessage
from ioc_core.dossier import DossierClock
from ioc_core.errors import BusError
from ioc_core.live import SUBJECT_CHANGED, Changed, encode

log = structlog.get_logger(__name__)

_PULL_WAIT = 0.5
_PULL_MESSAGES = 1024
_READ_BYTES = 64 << 10
_NOTICES = 3
_BATCH_BYTES = 8 << 20
"""Of one transaction, which a backlog fills: some 240,000 samples in blocks, or 12,000 dossier events; about a second.

A dossier that is told of several times in it is stored once.
"""


class Writer:
    """Takes messages of EVENTS into the database until told to stop."""

    def __init__(
        self, database: Database, bus: Bus, lag: LagMonitor, limits: Callable[[], Limits], clock: DossierClock
    ) -> None:
        """`limits` returns what retention still takes at this moment; `clock` judges dossiers."""
        self._database = database
        self._bus = bus
        self._lag = lag
        self._puller = EventsPuller(bus, messages=_PULL_MESSAGES)
        self._series = SeriesCache()
        self._transactions = Transactions(SampleStore(self._series), clock)
        self._ahead: asyncio.Queue[Batch] = asyncio.Queue(1)
        self._limits = limits
        self.busy = False  # whether a batch is being stored at this moment

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop` is set; what is being committed then is finished."""
        reader = asyncio.create_task(self._read_ahead(stop))
        try:
            while not stop.is_set():
                batch = await self._next(stop, reader)
                if batch is not None:
                    await self._finish(batch, stop)
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await self._give_back()

    async def _give_back(self) -> None:
        """Let other writers have at once what this one has pulled and will not store."""
        while not self._ahead.empty():
            await self._puller.release([item.message for item in self._ahead.get_nowait().read])
        await self._puller.close()

    async def _next(self, stop: asyncio.Event, reader: asyncio.Task[None]) -> Batch | None:
        stopped = asyncio.ensure_future(stop.wait())
        taken = asyncio.ensure_future(self._ahead.get())
        try:
            await asyncio.wait({stopped, taken, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        if taken.done():
            return taken.result()
        taken.cancel()
        if reader.done():
            reader.result()
        return None

    async def _read_ahead(self, stop: asyncio.Event) -> None:
        backoff = Backoff(longest=2.0)
        started = False
        while not stop.is_set():
            try:
                if not started:
                    await self._puller.start()
                    started = True
                messages = await self._puller.batch(wait=_PULL_WAIT)
                backoff.reset()
            except BusError as error:
                log.warning("pull_failed", error=str(error))
                metrics.RETRIES.labels("pull").inc()
                await backoff.wait(stop)
                continue
            for part in parts(messages):
                await self._ahead.put(await self._read(part))

    async def _read(self, messages: Sequence[PulledMessage]) -> Batch:
        """Decode and sort the messages, leaving room for the transaction that runs meanwhile."""
        now = datetime.now(UTC)
        done: list[Read] = []
        size = 0
        for message in messages:
            done.append(read(message, now=now))
            size += len(message.data)
            if size >= _READ_BYTES:
                size = 0
                await asyncio.sleep(0)
        return self._transactions.batch(done, self._limits(), now=now)

    async def _finish(self, batch: Batch, stop: asyncio.Event) -> None:
        started = time.perf_counter()
        self.busy = True
        stored = await self._store(batch, stop)
        self.busy = False
        messages = [item.message for item in batch.read]
        if stored is None:
            await self._puller.release(messages)
            return
        metrics.BATCH_SECONDS.observe(time.perf_counter() - started)
        _count(stored)
        if await self._tell(batch):
            await self._puller.ack(messages)

    async def _store(self, batch: Batch, stop: asyncio.Event) -> Stored | None:
        """Apply `batch`, however long the database is away; None when told to stop before that worked."""
        backoff = Backoff()
        while True:
            try:
                async with self._database.connection() as connection:
                    first_seq = self._lag.first_seq(batch.stream)
                    stored = await self._transactions.apply(connection, batch, first_seq=first_seq)
            except TROUBLE as error:
                self._note_trouble(error)
                if not await backoff.wait(stop):
                    return None
                self._series.clear()  # the database that comes back may be another one
                batch = self._transactions.batch(batch.read, batch.limits, now=batch.now)
            else:
                return stored

    def _note_trouble(self, error: BaseException) -> None:
        state = error.sqlstate if isinstance(error, asyncpg.PostgresError) else None
        log.warning("store_failed", error=f"{type(error).__name__}: {error}", sqlstate=state)
        metrics.RETRIES.labels("store").inc()

    async def _tell(self, batch: Batch) -> bool:
        """Publish that facts have changed; False when nobody could be told, so that the messages must come again."""
        items = [item for read_ in batch.read for item in read_.items]
        notice = encode(Changed(facts_of(items), datetime.now(UTC), newest_dossiers(items)))
        for _ in range(_NOTICES):
            try:
                await self._bus.publish_live(SUBJECT_CHANGED, notice)
            except BusError as error:
                log.warning("notice_failed", error=str(error))
                metrics.RETRIES.labels("notice").inc()
                await self._mend_bus()
            else:
                return True
        return False

    async def _mend_bus(self) -> None:
        """LIVE is in memory, so it is gone when the server was restarted."""
        try:
            await self._bus.ensure_streams()
        except BusError as error:
            log.warning("bus_failed", error=str(error))
            await asyncio.sleep(0.2)


def parts(messages: Iterable[PulledMessage]) -> Iterator[list[PulledMessage]]:
    """Yield the messages as batches: of one stream each, and no larger than a short transaction takes."""
    part: list[PulledMessage] = []
    size = 0
    for message in messages:
        if part and (message.stream != part[0].stream or size + len(message.data) > _BATCH_BYTES):
            yield part
            part, size = [], 0
        part.append(message)
        size += len(message.data)
    if part:
        yield part


def _count(stored: Stored) -> None:
    metrics.BATCHES.inc()
    metrics.REDELIVERED.inc(stored.skipped)
    for kind, count in stored.rows.items():
        metrics.ROWS.labels(kind).inc(count)
    for reason, count in stored.rejected.items():
        metrics.REJECTED.labels(reason).inc(count)
