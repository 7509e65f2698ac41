"""What a database really offers: TimescaleDB Community, TimescaleDB Apache, or plain PostgreSQL."""

from dataclasses import dataclass
from enum import StrEnum

import asyncpg

from ioc_core.errors import EngineError

_TIMEOUT = 10.0
_CREATE_TIMEOUT = 60.0


class EditionKind(StrEnum):
    """Community has columnstore, policies and continuous aggregates; Apache has hypertables; plain has neither."""

    COMMUNITY = "community"
    APACHE = "apache"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Edition:
    """Kind and versions; `installed`: this very database has the extension, not only its server."""

    kind: EditionKind
    postgresql: tuple[int, int]
    timescaledb: str | None
    installed: bool

    def __str__(self) -> str:
        version = f"PostgreSQL {self.postgresql[0]}.{self.postgresql[1]}"
        return f"{version}, TimescaleDB {self.timescaledb} ({self.kind})" if self.timescaledb else version


async def edition(dsn: str) -> Edition:
    """Asks the database at `dsn`, and changes nothing there.

    Plain means that this role can't use TimescaleDB in this database, whatever the server has on disk.

    Raises: EngineError when the database doesn't answer.
    """
    try:
        connection = await asyncpg.connect(dsn, timeout=_TIMEOUT, command_timeout=_CREATE_TIMEOUT)
        try:
            return await _ask(connection)
        finally:
            await connection.close(timeout=_TIMEOUT)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise EngineError(f"the database doesn't answer: {error}") from error


async def _ask(connection: asyncpg.Connection) -> Edition:
    major, minor = divmod(int(await connection.fetchval("SHOW server_version_num")), 10000)
    installed = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    version = installed or await _offered(connection)
    license_ = await _license(connection, installed=installed is not None) if version else None
    if license_ is None:
        return Edition(EditionKind.PLAIN, (major, minor), None, installed=False)
    kind = EditionKind.COMMUNITY if license_ == "timescale" else EditionKind.APACHE
    return Edition(kind, (major, minor), version, installed=installed is not None)


async def _offered(connection: asyncpg.Connection) -> str | None:
    """The version that CREATE EXTENSION would install, or None when the server didn't load the extension."""
    version: str | None = await connection.fetchval(
        "SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb' "
        "AND current_setting('timescaledb.max_background_workers', true) IS NOT NULL"
    )
    return version


async def _license(connection: asyncpg.Connection, *, installed: bool) -> str | None:
    """`timescale` or `apache`; the module tells it only where it is installed, so it is, and rolled back."""
    query = "SELECT current_setting('timescaledb.license', true)"
    if installed:
        license_: str | None = await connection.fetchval(query)
        return license_
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("CREATE EXTENSION timescaledb")
        license_ = await connection.fetchval(query)
    except asyncpg.PostgresError:
        return None  # not for this role
    finally:
        await transaction.rollback()
    return license_
