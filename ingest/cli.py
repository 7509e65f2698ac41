"""`ioc ingest`: collectors, push endpoints and syslog."""

import contextlib
import gc
from typing import Annotated

import typer
import uvloop

from ingest.service import running
from ingest.sources import load_sources
from ioc_core import catalogue
from ioc_core.errors import IocError
from ioc_core.logs import configure_logging
from ioc_core.process import stop_event
from ioc_core.settings import Settings

app = typer.Typer(help="Bring events in.")

_GC = (100_000, 20, 100)


@app.callback(invoke_without_command=True)
def ingest(
    *,
    collectors: Annotated[
        bool, typer.Option(help="Also run probes, host and log collectors: in one process of the centre only.")
    ] = True,
) -> None:
    """Serve pushes, the national protocol and syslog; run the collectors of config/sources."""
    settings = Settings()
    configure_logging(settings, "ingest")
    uvloop.run(_main(settings, collect=collectors))


async def _main(settings: Settings, *, collect: bool) -> None:
    stop = stop_event()
    loaded = catalogue.load(settings.config_dir)
    sources = load_sources(settings, loaded)
    # Events are many, small, and free of cycles: looking for garbage among them takes a tenth of the time of a push.
    gc.freeze()
    gc.set_threshold(*_GC)
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(running(settings, loaded, sources, collect=collect))
        except OSError as error:
            raise IocError(error.strerror or str(error)) from error
        await stop.wait()
