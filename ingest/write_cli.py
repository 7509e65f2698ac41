"""`ioc write`: EVENTS into the database, rollups, retention."""

import asyncio
import contextlib
import gc

import structlog
import typer
import uvloop

from ingest.writer.backoff import Backoff
from ingest.writer.database import Database
from ingest.writer.service import WriterService
from ioc_core import dossier_clock
from ioc_core.addresses import nats_url
from ioc_core.bus import Bus, connect_bus
from ioc_core.errors import BusError, EngineError
from ioc_core.logs import configure_logging
from ioc_core.process import Check, health_app, http_server, stop_event
from ioc_core.settings import Settings

app = typer.Typer(help="Write EVENTS into the database.")
log = structlog.get_logger(__name__)

_CONNECT = 5.0
_GC = (100_000, 20, 100)


@app.callback(invoke_without_command=True)
def write() -> None:
    """Write EVENTS into the database, exactly once; roll samples up; drop what is past its retention."""
    settings = Settings()
    configure_logging(settings, "write")
    # Events are many, small, and free of cycles: looking for garbage among them took a third of the writer's time.
    gc.freeze()
    gc.set_threshold(*_GC)
    uvloop.run(_main(settings))


async def _main(settings: Settings) -> None:
    await serve(settings, stop_event())


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set; the transaction that runs then is finished.

    Raises:
        OSError: the port can't be bound; the message names it. ConfigErrors: the clock of config/ is wrong.
    """
    clock = dossier_clock.load(settings.config_dir)
    database = Database(settings)
    bus: list[Bus] = []

    async def bus_check() -> str | None:
        if not bus:
            return "not connected yet"
        return None if bus[0].connected else "not connected"

    checks: dict[str, Check] = {"database": database.check, "bus": bus_check}
    async with http_server(health_app(checks), host=settings.bind, port=settings.write_port) as port:
        log.info("writer_listens", port=port)
        connected = await _connect(settings, stop)
        if connected is not None:
            bus.append(connected)
            await WriterService(settings, database, connected, clock).run(stop)
            await connected.close()
    await database.close()
    log.info("writer_stopped")


async def _connect(settings: Settings, stop: asyncio.Event) -> Bus | None:
    """Return the bus as soon as there is one; None when told to stop before."""
    backoff = Backoff(longest=2.0)
    while True:
        attempt = asyncio.create_task(_attempt(settings))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({attempt, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not attempt.done():
            attempt.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await attempt
            return None
        bus = attempt.result()
        if bus is not None or not await backoff.wait(stop):
            return bus


async def _attempt(settings: Settings) -> Bus | None:
    try:
        return await connect_bus(settings, url=nats_url(settings), name="write", wait=_CONNECT)
    except (BusError, EngineError) as error:
        log.warning("bus_away", error=str(error))
        return None
