"""Judges dossiers again when the clock has changed: a closure, a swapped day, a time by law, or the rules themselves.

The row of `clock_rules` says by which clock every row of `dossiers` was judged. When that isn't the clock of this
process, all rows are judged anew from their own histories, a thousand in one transaction, beside the writer: both lock
rows in the same order, and what the writer stores meanwhile is judged by this very clock.
"""

import asyncio
from datetime import UTC, datetime

import structlog

from ingest.writer import metrics
from ingest.writer.database import TROUBLE, Database
from ingest.writer.dossiers import judged, load_histories
from ioc_core.bus import Bus
from ioc_core.db import Connection
from ioc_core.db.dossiers import load_dossiers, store_dossiers
from ioc_core.dossier import DossierClock, merge
from ioc_core.errors import BusError
from ioc_core.live import SUBJECT_CHANGED, Changed, Facts, encode

log = structlog.get_logger(__name__)

JUDGE_LOCK = 0x10C_0050
_BATCH = 1000
_AGAIN = 60.0
_JUDGED_BY = "SELECT judged_by FROM clock_rules"
_NEXT = "SELECT code FROM dossiers WHERE code > $1 ORDER BY code LIMIT $2"
_DONE = "UPDATE clock_rules SET judged_by = $1"


async def judge_again(connection: Connection, clock: DossierClock) -> int | None:
    """Judge every dossier by `clock` unless that was done; return how many, None when another process is at it.

    Raises:
        asyncpg.PostgresError: it wasn't finished; what was judged stays, and is judged again next time.
    """
    if await connection.fetchval(_JUDGED_BY) == clock.fingerprint:
        return 0
    if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", JUDGE_LOCK):
        return None
    try:
        count, after = 0, ""
        while codes := [row["code"] for row in await connection.fetch(_NEXT, after, _BATCH)]:
            await _judge(connection, codes, clock)
            count, after = count + len(codes), codes[-1]
            await asyncio.sleep(0)
        await connection.execute(_DONE, clock.fingerprint)
        return count
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", JUDGE_LOCK)


async def _judge(connection: Connection, codes: list[str], clock: DossierClock) -> None:
    async with connection.transaction():
        held = await load_dossiers(connection, codes)
        bare = [code for code, dossier in held.items() if not dossier.marks]
        histories = await load_histories(connection, bare) if bare else {}
        whole = [
            dossier if dossier.marks else merge(None, histories[code])
            for code, dossier in held.items()
            if dossier.marks or code in histories
        ]
        await store_dossiers(connection, [judged(dossier, clock) for dossier in whole])


class Rejudge:
    """Looks once at the start, and again until every row is judged by this process's clock."""

    def __init__(self, database: Database, bus: Bus, clock: DossierClock) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock

    async def run(self) -> None:
        """Judge again what is due, then return; what fails is tried again a minute later."""
        while True:
            try:
                async with self._database.connection() as connection:
                    count = await judge_again(connection, self._clock)
            except TROUBLE as error:
                log.warning("judging_failed", error=f"{type(error).__name__}: {error}")
                metrics.RETRIES.labels("judge").inc()
                count = None
            if count is not None:
                if count:
                    log.info("dossiers_judged_again", count=count)
                    await self._tell()
                return
            await asyncio.sleep(_AGAIN)

    async def _tell(self) -> None:
        notice = Changed(frozenset({Facts.DOSSIERS}), committed_at=datetime.now(UTC))
        try:
            await self._bus.publish_live(SUBJECT_CHANGED, encode(notice))
        except BusError as error:
            log.info("judging_untold", error=str(error))  # screens read everything anew each minute
