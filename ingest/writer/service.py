"""The parts of the writer's process: run together, stopped together."""

import asyncio
from zoneinfo import ZoneInfo

from ingest.rejudge import Rejudge
from ingest.retention import Retention
from ingest.rollups import Roller
from ingest.writer.database import Database
from ingest.writer.lag import LagMonitor
from ingest.writer.loop import Writer
from ioc_core.bus import Bus
from ioc_core.dossier import DossierClock
from ioc_core.settings import Settings

_FINISH = 2.0


class WriterService:
    """Writer, lag monitor, roller, retention and the judge of old rows of one process."""

    def __init__(self, settings: Settings, database: Database, bus: Bus, clock: DossierClock) -> None:
        self._lag = LagMonitor(bus)
        self._retention = Retention(database, settings)
        self._writer = Writer(database, bus, self._lag, lambda: self._retention.limits, clock)
        self._roller = Roller(database, ZoneInfo(settings.timezone), lambda: self._writer.busy)
        self._rejudge = Rejudge(database, bus, clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then until the transaction that runs is finished, two seconds at most."""
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(self._writer.run(stop))
            beside = [
                tasks.create_task(part.run()) for part in (self._lag, self._roller, self._retention, self._rejudge)
            ]
            await stop.wait()
            await asyncio.wait({writer}, timeout=_FINISH)
            for task in (writer, *beside):
                task.cancel()
