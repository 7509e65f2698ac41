"""Messages applied to a database as the writer's loop does, without a bus."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ingest.writer.batch import read
from ingest.writer.samples import SampleStore
from ingest.writer.screen import NO_LIMITS, Limits
from ingest.writer.series import SeriesCache
from ingest.writer.transaction import Stored, Transactions
from ioc_core import dossier_clock
from ioc_core.bus import PulledMessage
from ioc_core.db import Connection
from ioc_core.events import Event, encode_batch
from tests.conftest import CONFIG

NOW = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
CLOCK = dossier_clock.load(CONFIG)
STREAM = "EVENTS@2026-11-20T00:00:00Z"


def message(seq: int, events: Sequence[Event] | bytes, *, stream: str = STREAM) -> PulledMessage:
    """Return message number `seq`: of events, or of any bytes."""
    data = events if isinstance(events, bytes) else encode_batch(list(events))
    return PulledMessage(stream, seq, data, "", "outside")


class Applier:
    """One writer's memory: a series cache, and who has repeated samples."""

    def __init__(self) -> None:
        self.transactions = Transactions(SampleStore(SeriesCache()), CLOCK)

    async def apply(
        self, connection: Connection, messages: Sequence[PulledMessage], *, limits: Limits = NO_LIMITS, first: int = 0
    ) -> Stored:
        """Store the messages in one transaction."""
        batch = self.transactions.batch([read(item, now=NOW) for item in messages], limits, now=NOW)
        return await self.transactions.apply(connection, batch, first_seq=first)
