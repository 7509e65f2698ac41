"""`ioc api`: the REST API and the live feed."""

import typer
import uvloop

from ioc_api.instruments import Instruments
from ioc_api.service import Service
from ioc_core.logs import configure_logging
from ioc_core.process import stop_event
from ioc_core.settings import Settings

app = typer.Typer(help="The REST API and the live feed.", add_completion=False)


@app.callback(invoke_without_command=True)
def api() -> None:
    """Serve /api/v1, /ws/live, /healthz, /readyz and /metrics until SIGTERM."""
    settings = Settings()
    configure_logging(settings, "api")
    service = Service(settings, Instruments())

    async def main() -> None:
        await service.run(stop_event())

    uvloop.run(main())
