"""Mirrors config/sources into the table sources, for screens and for the rule of silent sources."""

import asyncio

import structlog

from ingest.database import Database
from ingest.sources import Sources
from ioc_core.db import Connection
from ioc_core.errors import StorageError

log = structlog.get_logger(__name__)

_LOCK = 0x10C_0030
_PAUSE = (0.5, 10.0)

_UPSERT = """
INSERT INTO sources (name, kind, title, unit, system, expected_within_seconds, working_time_only, retired)
VALUES ($1, $2, $3, $4, $5, $6, $7, false)
ON CONFLICT (name) DO UPDATE SET
    kind = excluded.kind, title = excluded.title, unit = excluded.unit, system = excluded.system,
    expected_within_seconds = excluded.expected_within_seconds, working_time_only = excluded.working_time_only,
    retired = false
"""
# A source that was heard of but never described (kind 'unknown') isn't ours to retire.
_RETIRE = "UPDATE sources SET retired = true WHERE NOT retired AND kind <> 'unknown' AND name <> ALL($1::text[])"


async def mirror_sources(connection: Connection, sources: Sources) -> None:
    """Make the table say what config/ says; sources that are gone from it are retired."""
    rows = [
        (
            source.name,
            source.kind,
            source.title,
            source.unit,
            source.system,
            source.expected_within,
            source.working_time_only,
        )
        for source in sources.by_name.values()
    ]
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await connection.executemany(_UPSERT, rows)
        await connection.execute(_RETIRE, list(sources.by_name))


async def mirror_when_possible(database: Database, sources: Sources) -> None:
    """Mirror once, as soon as the database is there."""
    pause = _PAUSE[0]
    while True:
        try:
            async with database.connection() as connection:
                await mirror_sources(connection, sources)
        except StorageError as error:
            log.info("sources_not_mirrored_yet", error=str(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, _PAUSE[1])
        else:
            log.info("sources_mirrored", sources=len(sources.by_name))
            return
