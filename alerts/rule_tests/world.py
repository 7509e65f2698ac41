"""The database of simulated centres: emptied before each, asked at the simulated time."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from graphlib import TopologicalSorter
from typing import Protocol

import asyncpg

from alerts.simulated_time import simulate
from ioc_core.db import Connection, Pool, connect, create_pool
from ioc_core.events import Event
from ioc_core.live import Facts

_SESSION = {"synchronous_commit": "off"}  # nothing here need survive a crash
_KEEP = frozenset(
    {"schema_migrations", "units", "procedures", "systems", "working_periods", "clock_rules", "alert_leader",
     "rule_files", "signing_keys"}
)  # fmt: skip
# What refuses to be emptied (audit, closed months) is no input of rules. `refer`: tables whose rows refer to its own.
_TABLES = """
SELECT p.tablename, ARRAY(SELECT DISTINCT r.relname::text FROM pg_constraint f JOIN pg_class r ON r.oid = f.conrelid
                          WHERE f.confrelid = c.oid AND f.contype = 'f' AND f.conrelid <> c.oid) AS refer
FROM pg_tables p JOIN pg_class c ON c.oid = format('public.%I', p.tablename)::regclass
WHERE schemaname = 'public' AND NOT EXISTS (
    SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 32 <> 0)
"""


class FactStore(Protocol):
    """What stores events: the writer's, found by the entry point `ioc.facts`."""

    def forget(self) -> None:
        """The tables were emptied."""

    async def store(self, connection: Connection, events: Sequence[Event], now: datetime) -> frozenset[Facts]:
        """Store events that arrive at `now`; return the kinds of fact that changed."""

    async def roll_up(self, connection: Connection, now: datetime) -> None:
        """Bring the rollups of samples up to date, as of `now`."""


class World:
    """What all simulations of one run share: the database, and who stores events in it."""

    def __init__(self, pool: Pool, asking: "asyncpg.Connection[asyncpg.Record]", facts: FactStore) -> None:
        self.pool = pool
        self.asking = asking
        self.facts = facts
        self._empty = ""

    async def empty(self) -> None:
        """Forget everything but the catalogues."""
        if not self._empty:
            refer = {row["tablename"]: set(row["refer"]) for row in await self.pool.fetch(_TABLES)}
            tables = [name for name in TopologicalSorter(refer).static_order() if name in refer.keys() - _KEEP]
            # Not TRUNCATE: it makes new files for every table, index and chunk, which costs more than a test.
            self._empty = "; ".join(f"DELETE FROM {name}" for name in tables)
        await self.pool.execute(self._empty)
        self.facts.forget()


@contextlib.asynccontextmanager
async def open_world(dsn: str, facts: FactStore) -> AsyncIterator[World]:
    """Connect to a scratch database. Raises: OSError, TimeoutError, asyncpg errors: it is away."""
    async with await create_pool(dsn, application="rules-test", size=4, session=_SESSION, reset=False) as pool:
        asking = await connect(dsn, application="rules-test")
        try:
            await simulate(asking)
            yield World(pool, asking, facts)
        finally:
            await asking.close()
