"""The database as ingest needs it: connected when it is there, an error at once when it isn't."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import structlog

from ioc_core.addresses import database_url
from ioc_core.db import Connection, Pool, create_pool
from ioc_core.errors import EngineError, StorageError
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_CONNECT = 3.0
_ACQUIRE = 2.0
_POOL = 3


class Database:
    """A small pool, opened at its first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for one short use.

        Raises:
            StorageError: the database is away, at the start or in the middle, or not made ready yet.
        """
        try:
            pool = await self._opened()
            async with pool.acquire(timeout=_ACQUIRE) as connection:
                yield connection
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, EngineError) as error:
            raise StorageError(f"the database can't be used: {error or type(error).__name__}") from error

    async def _opened(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                async with asyncio.timeout(_CONNECT):
                    self._pool = await create_pool(database_url(self._settings), application="ingest", size=_POOL)
            return self._pool

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            self._pool.terminate()
