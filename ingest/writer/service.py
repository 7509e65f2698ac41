"""The parts of the writer's process, run together and stopped together."""

import asyncio
from collections.abc import Coroutine

import structlog

from ingest.writer.database import Database
from ingest.writer.lag import LagMonitor
from ingest.writer.loop import Writer
from ioc_core.bus import Bus
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_FINISH = 2.0


class WriterService:
    """Writer, lag monitor."""

    def __init__(self, settings: Settings, database: Database, bus: Bus) -> None:
        self._settings = settings
        lag = LagMonitor(bus)
        self._writer = Writer(database, bus, lag)
        self._lag = lag

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, and at most two seconds longer."""
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(self._writer.run(stop))
            beside = [tasks.create_task(work) for work in self._beside()]
            await asyncio.wait({writer, asyncio.ensure_future(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            await asyncio.wait({writer}, timeout=_FINISH)
            for task in (writer, *beside):
                task.cancel()

    def _beside(self) -> list[Coroutine[object, object, None]]:
        return [self._lag.run()]
