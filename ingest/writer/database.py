"""The writer's connections: opened when the database is there and migrated, replaced when they break."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import structlog

from ioc_core.addresses import database_url
from ioc_core.db import Connection, Pool, applied_versions, create_pool, is_transient
from ioc_core.db.migrate import migrations
from ioc_core.errors import EngineError, StorageError
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_ACQUIRE = 10.0
_CLOSE = 1.0
_SESSION = {
    # A writer that stops in the middle of a transaction must not hold up the others.
    "idle_in_transaction_session_timeout": "30s",
    "lock_timeout": "30s",
}
TROUBLE = (
    *(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError),
    *(OSError, TimeoutError, EngineError, StorageError),
)
"""What using the database may raise when it is away, restarting, not migrated, or when a statement fails."""


class Database:
    """A pool that comes into being at its first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for one piece of work; one that broke isn't used again.

        Raises:
            EngineError: no address. StorageError: not migrated. Others of `TROUBLE`: it is away.
        """
        pool = await self._opened()
        async with pool.acquire(timeout=_ACQUIRE) as connection:
            try:
                yield connection
            except BaseException as error:
                if not isinstance(error, asyncpg.PostgresError) or is_transient(error):
                    connection.terminate()
                raise

    async def check(self) -> str | None:
        """Return what is wrong with the database, or None."""
        try:
            async with self.connection() as connection:
                await connection.execute("SELECT 1")
        except TROUBLE as error:
            return str(error) or type(error).__name__
        return None

    async def close(self) -> None:
        """Close every connection, by force when that takes over a second."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        try:
            await asyncio.wait_for(pool.close(), _CLOSE)
        except TROUBLE:
            pool.terminate()

    async def _opened(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                dsn = database_url(self._settings)
                await _require_migrated(dsn)
                size = self._settings.database_pool_size
                self._pool = await create_pool(dsn, application="write", size=size, session=_SESSION)
                log.info("database_opened")
            return self._pool


async def _require_migrated(dsn: str) -> None:
    missing = {migration.version for migration in migrations()} - set(await applied_versions(dsn))
    if missing:
        raise StorageError(f"the database lacks {len(missing)} migrations: run `ioc db migrate`")
