"""The facts behind the live state, read at most every two seconds however many ask."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from ioc_api.database import Database
from ioc_api.projector.facts import Facts
from ioc_api.projector.reading import Reader

_FRESH = timedelta(seconds=2)


class FactsCache:
    """Reads all facts; those who ask at the same time share one reading."""

    def __init__(self, database: Database, reader: Reader, now: Callable[[], datetime]) -> None:
        self._database = database
        self._reader = reader
        self._now = now
        self._lock = asyncio.Lock()
        self._held: Facts | None = None

    async def read(self) -> Facts:
        """Return facts that are at most two seconds old.

        Raises:
            OSError, TimeoutError, asyncpg errors: the database doesn't answer.
        """
        async with self._lock:
            now = self._now()
            if self._held is None or self._held.read_at < now - _FRESH:
                async with self._database.connection() as connection:
                    self._held = await self._reader.everything(connection, now)
            return self._held
