"""Events straight into a database, as the writer stores them: what tests of rules tell (entry point `ioc.facts`)."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ingest.writer.batch import facts_of
from ingest.writer.samples import SampleStore
from ingest.writer.series import SeriesCache
from ingest.writer.transaction import Transactions
from ioc_core import dossier_clock
from ioc_core.db import Connection
from ioc_core.errors import StorageError
from ioc_core.events import Event, Rejected
from ioc_core.live import Facts


class FactStore:
    """Stores events in the database of a connection; one instance for one content of it.

    Raises (when made): ConfigErrors: the clock of `config_dir`, by which dossiers are judged, is wrong.
    """

    def __init__(self, config_dir: Path) -> None:
        self._clock = dossier_clock.load(config_dir)
        self.forget()

    def forget(self) -> None:
        """Begin anew: the tables were emptied."""
        self._transactions = Transactions(SampleStore(SeriesCache()), self._clock)

    async def store(self, connection: Connection, events: Sequence[Event], now: datetime) -> frozenset[Facts]:
        """Store `events` as if they had come by the bus at `now`; return which kinds of fact they are.

        Raises:
            StorageError: one of them would be refused; nothing was stored.
            asyncpg.PostgresError: the database refuses one, or is away; nothing was stored.
        """
        async with connection.transaction():
            stored = await self._transactions.store(connection, events, now=now)
            refused = stored.rejected.total() - sum(isinstance(event, Rejected) for event in events)
            if refused:
                reasons = ", ".join(sorted(stored.rejected))
                raise StorageError(f"the writer would refuse {refused} of these events: {reasons}")
        return facts_of(events)
