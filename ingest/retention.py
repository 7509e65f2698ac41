"""Retention: once an hour, what is older than its table's days is dropped; current state never is."""

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from msgspec import Struct

from ingest.rollups import MAINTENANCE_LOCK, day_start
from ingest.writer import metrics
from ingest.writer.database import TROUBLE, Database
from ingest.writer.screen import NO_LIMITS, Limits
from ioc_core.db import Connection
from ioc_core.db.retention_floors import read_floors
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_EVERY = timedelta(hours=1)
_LOOK = 60.0
_DEADLINE = 600.0
_COMPRESS_AFTER = timedelta(days=7)


class Rule(Struct, frozen=True):
    """A table, its time column, and how many days of it are kept."""

    table: str
    column: str
    days: int


def rules(settings: Settings) -> tuple[Rule, ...]:
    """Return what is kept of every table of facts. Tables that aren't named here are kept for ever."""
    return (
        Rule("samples", "time", settings.retention_samples_days),
        Rule("rollup_1m", "bucket", settings.retention_rollup_days),
        Rule("rollup_1h", "bucket", settings.retention_rollup_days),
        Rule("rollup_1d", "bucket", settings.retention_rollup_days),
        Rule("probe_results", "observed_at", settings.retention_probes_days),
        Rule("security_events", "observed_at", settings.retention_security_days),
        Rule("dossier_events", "observed_at", settings.retention_dossier_days),
        Rule("rejected", "received_at", settings.retention_rejected_days),
    )


def floor_of(rule: Rule, *, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the time before which nothing of the table is kept: the beginning of a day of the province.

    Whole days, so that every hour and day that is rolled up again has all its samples or is left as it is.
    """
    return day_start(now - timedelta(days=rule.days), zone)


def limits_of(floors: Mapping[str, datetime]) -> Limits:
    """Return what the writer still takes, given the floors of the tables."""
    return Limits(
        samples=floors.get("samples", NO_LIMITS.samples),
        dossiers=floors.get("dossier_events", NO_LIMITS.dossiers),
        probes=floors.get("probe_results", NO_LIMITS.probes),
        security=floors.get("security_events", NO_LIMITS.security),
    )


# None when it is not time yet, or a later floor was set when fewer days were kept.
_RAISE = """
INSERT INTO retention_floors AS held (table_name, floor, checked_at) VALUES ($1, $2, $3)
ON CONFLICT (table_name) DO UPDATE SET floor = greatest(held.floor, excluded.floor), checked_at = excluded.checked_at
WHERE held.checked_at <= excluded.checked_at - $4::interval OR held.floor < excluded.floor
RETURNING floor
"""


async def drop_expired(connection: Connection, rule: Rule, *, zone: ZoneInfo, now: datetime) -> int | None:
    """Drop what `rule` doesn't keep; return how much, in rows or chunks.

    None when it isn't due (an hour since anybody did), or when another process is at it or rolls up.

    Raises:
        asyncpg.PostgresError: nothing was dropped.
    """
    async with connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", MAINTENANCE_LOCK):
            return None
        wanted = floor_of(rule, zone=zone, now=now)
        floor = await connection.fetchval(_RAISE, rule.table, wanted, now, _EVERY)
        if floor is None:
            return None
        dropped: int = await connection.fetchval(
            "SELECT drop_before($1::text::regclass, $2::text::name, $3)",
            rule.table,
            rule.column,
            floor,
            timeout=_DEADLINE,
        )
    return dropped


class Retention:
    """Looks every minute whether something is due; tells the writer what it may still take."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._rules = rules(settings)
        self._zone = ZoneInfo(settings.timezone)
        self._columnstore: bool | None = None
        self.limits = NO_LIMITS

    async def run(self) -> None:
        """Look after retention until cancelled; what fails is tried again a minute later."""
        while True:
            try:
                async with self._database.connection() as connection:
                    await self.look(connection, now=datetime.now(UTC))
            except TROUBLE as error:
                log.warning("retention_failed", error=f"{type(error).__name__}: {error}")
                metrics.RETRIES.labels("retention").inc()
            await asyncio.sleep(_LOOK * random.uniform(0.8, 1.2))  # noqa: S311 - not in step with other writers

    async def look(self, connection: Connection, *, now: datetime) -> None:
        """Drop what is due of every table, then learn the floors."""
        for rule in self._rules:
            dropped = await drop_expired(connection, rule, zone=self._zone, now=now)
            if dropped:
                log.info("retention_dropped", table=rule.table, count=dropped)
                metrics.DROPPED.labels(rule.table).inc(dropped)
        self.limits = limits_of(await read_floors(connection))
        if self._columnstore is None:
            self._columnstore = await connection.fetchval(
                "SELECT make_columnstore('samples', 'series_id', 'time', $1)", _COMPRESS_AFTER
            )
