"""`ioc wall`: the screens (wall, console, briefing)."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
import typer

from ioc_core import catalogue
from ioc_core.logs import configure_logging
from ioc_core.settings import Settings

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def wall() -> None:
    """Serve the screens until stopped.

    The catalogue and the operator's boundaries are read first, so that a wrong line stops the start.
    """
    from dashboards.geography.sheet import draw_sheet
    from dashboards.server import serve_screens

    settings = Settings()
    configure_logging(settings, "wall")
    today = datetime.now(UTC).astimezone(ZoneInfo(settings.timezone)).date()
    sheet = draw_sheet(catalogue.load(settings.config_dir), settings.config_dir, today)
    structlog.get_logger().info("wall_starting", address=settings.wall_address, communes=len(sheet["areas"]))
    asyncio.run(serve_screens(settings))
