"""Numbered SQL migrations: applied once, in order, by one process at a time."""

import hashlib
import re
from importlib import resources

import asyncpg
import structlog
from msgspec import Struct

from ioc_core.db.pool import connect
from ioc_core.errors import StorageError

_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_LOCK = 0x10C_0001
log = structlog.get_logger(__name__)


class Migration(Struct, frozen=True):
    """One numbered SQL file."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text: an applied migration must never change."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return the migrations of this version, in order.

    Raises:
        StorageError: two files have the same number.
    """
    found: dict[int, Migration] = {}
    for entry in resources.files("ioc_core.db").joinpath("migrations").iterdir():
        match = _NAME.match(entry.name)
        if match is None:
            continue
        version = int(match[1])
        if version in found:
            raise StorageError(f"two migrations have the number {version:04}: {found[version].name}, {match[2]}")
        found[version] = Migration(version, match[2], entry.read_text(encoding="utf-8"))
    return [found[version] for version in sorted(found)]


async def migrate(dsn: str) -> list[str]:
    """Bring the database up to date; return the names of what was applied (none when it was).

    Safe to run twice and from several processes: the others wait for the first.

    Raises:
        StorageError: the database was made by a newer version, or an applied migration was edited.
    """
    connection = await connect(dsn, application="migrate")
    try:
        await _ensure_timescaledb(connection)
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=300)
        try:
            return await _apply(connection)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
    finally:
        await connection.close()


async def applied_versions(dsn: str) -> dict[int, str]:
    """Return version → name of what the database has; empty when it was never migrated."""
    connection = await connect(dsn, application="migrate")
    try:
        if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
            return {}
        rows = await connection.fetch("SELECT version, name FROM schema_migrations ORDER BY version")
        return {row["version"]: row["name"] for row in rows}
    finally:
        await connection.close()


async def _ensure_timescaledb(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    if await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'") is None:
        return
    preloaded = await connection.fetchval("SELECT current_setting('shared_preload_libraries')")
    if "timescaledb" not in preloaded:
        return
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        log.info("timescaledb_created_elsewhere")


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version int PRIMARY KEY, name text NOT NULL,"
        " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = await connection.fetch("SELECT version, name, checksum FROM schema_migrations")
    applied = {row["version"]: (row["name"], row["checksum"]) for row in rows}
    known = migrations()
    newer = sorted(set(applied) - {migration.version for migration in known})
    if newer:
        raise StorageError(f"the database has migrations {newer} that this version doesn't know: install a newer one")
    done: list[str] = []
    for migration in known:
        if migration.version in applied:
            name, checksum = applied[migration.version]
            if checksum != migration.checksum:
                raise StorageError(f"migration {migration.version:04}_{name} was edited after it was applied")
            continue
        async with connection.transaction():
            await connection.execute(migration.sql, timeout=600)
            await connection.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                migration.version,
                migration.name,
                migration.checksum,
            )
        log.info("migration_applied", version=migration.version, name=migration.name)
        done.append(f"{migration.version:04}_{migration.name}")
    return done
