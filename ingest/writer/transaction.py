"""One batch, one transaction: what is new in it is stored, once; what the database refuses is set aside."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from ingest.writer.activity import add_activity
from ingest.writer.batch import Read, Rows, refused, sort_out
from ingest.writer.decode import Item, events_of
from ingest.writer.dossiers import insert_dossiers
from ingest.writer.positions import claim, record
from ingest.writer.probes import insert_probes
from ingest.writer.rejected import insert_rejected
from ingest.writer.samples import SampleStore
from ingest.writer.screen import NO_LIMITS, Limits
from ingest.writer.security import insert_security
from ingest.writer.series import Key
from ioc_core.db import Connection
from ioc_core.dossier import DossierClock
from ioc_core.events import Event

REFUSED = "refused_by_database"
_DATA = frozenset({"22", "23", "54"})
"""Classes of SQLSTATE that speak of the values: data exception, constraint, program limit (a row too large)."""


def is_refusal(error: asyncpg.PostgresError) -> bool:
    """Whether the database refuses the data itself: the same data will never be taken."""
    return (error.sqlstate or "")[:2] in _DATA


@dataclass(slots=True)
class Stored:
    """What a transaction did; `learned` are numbers of series that hold once it is committed."""

    rows: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    learned: dict[Key, int] = field(default_factory=dict)
    skipped: int = 0  # messages that were in the database already

    def add(self, other: "Stored") -> None:
        """Take in what a part of the same transaction did."""
        self.rows += other.rows
        self.rejected += other.rejected
        self.learned |= other.learned


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one stream, sorted out beforehand so that the database needn't wait for it."""

    stream: str
    read: Sequence[Read]
    rows: Rows
    limits: Limits
    now: datetime

    def items(self, seqs: Iterable[int]) -> list[Item]:
        """Return what is in the messages with these numbers."""
        wanted = set(seqs)
        return [item for read in self.read if read.message.seq in wanted for item in read.items]


class Transactions:
    """Applies batches to the database."""

    def __init__(self, samples: SampleStore, clock: DossierClock) -> None:
        self._samples = samples
        self._clock = clock

    def batch(self, read: Sequence[Read], limits: Limits, *, now: datetime) -> Batch:
        """Return the batch of messages that were read from one stream."""
        rows = self._sort([item for one in read for item in one.items], limits, now)
        return Batch(read[0].message.stream, read, rows, limits, now)

    async def apply(self, connection: Connection, batch: Batch, *, first_seq: int) -> Stored:
        """Store what is new in `batch`, with the numbers of its messages; all of it is committed, or nothing.

        `first_seq`: the oldest message that the stream still holds.

        Raises:
            asyncpg.PostgresError, OSError, TimeoutError: nothing was stored; the same batch may be applied again.
        """
        try:
            async with connection.transaction():
                stored = await self._apply(connection, batch, first_seq, apart=False)
        except asyncpg.PostgresError as error:
            if not is_refusal(error):
                raise
            async with connection.transaction():
                stored = await self._apply(connection, batch, first_seq, apart=True)
        self._samples.series.add(stored.learned)
        return stored

    async def store(self, connection: Connection, events: Sequence[Event], *, now: datetime) -> Stored:
        """Store events that came by no stream, as they are in a message; all of them, or nothing.

        Raises:
            asyncpg.PostgresError: the database refuses one of them, or is away; nothing was stored.
        """
        async with connection.transaction():
            stored = await self._store(connection, self._sort(events, NO_LIMITS, now))
        self._samples.series.add(stored.learned)
        return stored

    async def _apply(self, connection: Connection, batch: Batch, first_seq: int, *, apart: bool) -> Stored:
        seqs = [read.message.seq for read in batch.read]
        new = await claim(connection, batch.stream, seqs)
        if apart:
            stored = await self._store_apart(connection, events_of(batch.items(new), now=batch.now), batch)
        elif len(new) == len(seqs):
            stored = await self._store(connection, batch.rows)
        elif new:
            stored = await self._store(connection, self._sort(batch.items(new), batch.limits, batch.now))
        else:
            stored = Stored()
        stored.skipped = len(seqs) - len(new)
        if new:
            await record(connection, batch.stream, new, first_seq=first_seq)
        return stored

    async def _store(self, connection: Connection, rows: Rows) -> Stored:
        learned = await self._samples.store(connection, rows.samples)
        await insert_dossiers(connection, rows.dossiers, self._clock)
        await insert_probes(connection, rows.probes)
        await insert_security(connection, rows.security)
        await insert_rejected(connection, rows.rejected)
        await add_activity(connection, rows.tallies)
        counts = {
            "sample": len(rows.samples),
            "dossier": len(rows.dossiers),
            "probe": len(rows.probes),
            "security": len(rows.security),
            "rejected": len(rows.rejected),
        }
        return Stored(Counter(counts), Counter(event.reason for event in rows.rejected), learned)

    async def _store_apart(self, connection: Connection, events: Sequence[Event], batch: Batch) -> Stored:
        """Store what the database takes, halving `events` until each that it refuses stands alone, as rejected."""
        if not events:
            return Stored()
        try:
            async with connection.transaction():
                return await self._store(connection, self._sort(events, batch.limits, batch.now))
        except asyncpg.PostgresError as error:
            if not is_refusal(error):
                raise
            reason = f"{error.sqlstate}: {error}"
        if len(events) == 1:
            instead = refused(events[0], REFUSED, reason, now=batch.now)
            return await self._store(connection, self._sort([instead], batch.limits, batch.now))
        middle = len(events) // 2
        stored = await self._store_apart(connection, events[:middle], batch)
        stored.add(await self._store_apart(connection, events[middle:], batch))
        return stored

    def _sort(self, items: Iterable[Item], limits: Limits, now: datetime) -> Rows:
        return sort_out(items, self._samples.series.ids, limits, now=now)
