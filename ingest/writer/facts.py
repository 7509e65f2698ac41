"""Events straight into a database, as the writer stores them: what tests of rules tell (entry point `ioc.facts`)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest.rollups import roll
from ingest.writer.batch import facts_of
from ingest.writer.samples import SampleStore
from ingest.writer.series import SeriesCache
from ingest.writer.transaction import Transactions
from ioc_core import dossier_clock
from ioc_core.db import Connection
from ioc_core.errors import StorageError
from ioc_core.events import Event, Rejected, Sample
from ioc_core.live import Facts

_MINUTE = timedelta(minutes=1)


class FactStore:
    """Stores events in the database of a connection; one instance for one content of it.

    Raises (when made): ConfigErrors: the clock of `config_dir`, by which dossiers are judged, is wrong.
    """

    def __init__(self, config_dir: Path, zone: ZoneInfo) -> None:
        self._clock = dossier_clock.load(config_dir)
        self._zone = zone
        self.forget()

    def forget(self) -> None:
        """Begin anew: the tables were emptied."""
        self._transactions = Transactions(SampleStore(SeriesCache()), self._clock)
        self._unrolled: list[datetime] = []  # instants of samples that may not be rolled up

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
        self._unrolled += [event.observed_at for event in events if isinstance(event, Sample)]
        return facts_of(events)

    async def roll_up(self, connection: Connection, now: datetime) -> None:
        """Bring the rollups up to date of all minutes that are over at `now`."""
        closed = now.replace(second=0, microsecond=0)
        open_ones = [at for at in self._unrolled if at >= closed]
        if len(open_ones) == len(self._unrolled):
            return
        self._unrolled = open_ones
        more = True
        while more:
            done = await roll(connection, zone=self._zone, now=now)
            more = done is not None and done.more
