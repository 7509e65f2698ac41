"""The API's connections: made when the database is there, with a deadline for every question."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import structlog

from ioc_core.db import Connection, Pool, create_pool, is_transient

STATEMENT_TIMEOUT = 5.0
_ACQUIRE_TIMEOUT = 2.0
_REQUEST_TIMEOUT = 10.0
_PAUSE = (0.2, 2.0)
log = structlog.get_logger(__name__)


class DatabaseAwayError(ConnectionError):
    """No connection to the database was made yet."""


def with_statement_timeout(dsn: str, seconds: float = STATEMENT_TIMEOUT) -> str:
    """Return `dsn` with the server's own limit on each statement."""
    joiner = "&" if urlsplit(dsn).query else "?"
    return f"{dsn}{joiner}statement_timeout={int(seconds * 1000)}"


class Database:
    """A pool that is made as soon as the server answers, and survives its restarts."""

    def __init__(self, dsn: str, *, size: int, application: str = "api") -> None:
        self._dsn = with_statement_timeout(dsn)
        self._size = size
        self._application = application
        self._pool: Pool | None = None

    async def open(self) -> None:
        """Keep trying until the pool stands; cancel to give up."""
        pause, longest = _PAUSE
        while self._pool is None:
            try:
                self._pool = await create_pool(self._dsn, application=self._application, size=self._size)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("database_unavailable", error=str(error), retry_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection for one request.

        Raises:
            DatabaseAwayError, TimeoutError, asyncpg.PostgresError: it can't be had or doesn't answer in time.
        """
        if self._pool is None:
            raise DatabaseAwayError("the database wasn't reached yet")
        async with asyncio.timeout(_REQUEST_TIMEOUT), self._pool.acquire(timeout=_ACQUIRE_TIMEOUT) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def snapshot(self, *, seconds: float) -> AsyncIterator[Connection]:
        """Lend a connection all of whose readings show the same instant, for at most so many seconds.

        Raises:
            DatabaseAwayError, TimeoutError, asyncpg.PostgresError: it can't be had or doesn't answer in time.
        """
        if self._pool is None:
            raise DatabaseAwayError("the database wasn't reached yet")
        async with (
            asyncio.timeout(seconds),
            self._pool.acquire(timeout=_ACQUIRE_TIMEOUT) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def check(self) -> str | None:
        """Return what is wrong with the database; None when it answers."""
        try:
            async with self.connection() as connection:
                await connection.fetchval("SELECT 1 FROM users LIMIT 1")
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if not is_transient(error):
                return f"{type(error).__name__}: {error}"
            return f"database: {error or type(error).__name__}"
        return None

    async def close(self) -> None:
        """Close every connection, at once those that are in use."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(1.0):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
