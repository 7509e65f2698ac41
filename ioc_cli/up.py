"""`ioc up`: the whole centre on this machine, until Ctrl-C."""

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import structlog
import typer
from rich.console import Console
from rich.table import Table

from ioc_cli.replay import check_replay, replay_environment, replay_settings, run_replay
from ioc_cli.supervisor.centre import Centre, child_environment, read_secret, require_free
from ioc_cli.supervisor.components import components
from ioc_core import calendar_file, catalogue
from ioc_core.errors import InputError
from ioc_core.logs import configure_logging
from ioc_core.process import stop_event
from ioc_core.settings import Settings

app = typer.Typer(help="Run the whole centre on this machine.")
log = structlog.get_logger(__name__)

DEMO_SOURCES = Path(__file__).resolve().parent.parent / "simulator" / "sources"


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="With a simulated province behind the real protocols.")] = False,
    since: Annotated[str, typer.Option(help="How much past the demo fills in first.")] = "30d",
    rate: Annotated[float, typer.Option(help="Multiplies the demo's traffic, not its clock.", min=0.01)] = 1.0,
    replay: Annotated[
        str, typer.Option(help="Replay a field report (dak-lak-2020), in a data folder of its own.")
    ] = "",
) -> None:
    """Run the whole centre on this machine until Ctrl-C; without --demo or --replay it starts empty."""
    settings = Settings()
    if replay:
        if demo:
            raise InputError("replay", "--demo and --replay: a centre shows the present or a report of the past")
        settings = replay_settings(settings, replay)
    if demo:
        settings = settings.model_copy(update={"extra_sources": DEMO_SOURCES})
    configure_logging(settings, "up")
    sys.exit(asyncio.run(_run(settings, demo=demo, since=since, rate=rate, replay=replay)))


async def _run(settings: Settings, *, demo: bool, since: str, rate: float, replay: str) -> int:
    stop = stop_event()
    catalogue.load(settings.config_dir)
    calendar_file.load(settings.config_dir)
    parts = components(settings, demo=demo, rate=rate, since=since, replay=bool(replay))
    require_free(parts)
    extra = replay_environment(settings) if replay else {}
    if demo:
        extra["IOC_EXTRA_SOURCES"] = str(DEMO_SOURCES)
        if "IOC_ALERT_WEBHOOK_URL" not in os.environ:
            extra["IOC_ALERT_WEBHOOK_URL"] = f"http://127.0.0.1:{settings.simulator_port}/phone"
    settings = settings.model_copy(
        update={"data_dir": settings.data_dir.absolute(), "config_dir": settings.config_dir.absolute()}
    )
    began = time.monotonic()
    centre = Centre(settings, parts, environment=child_environment(settings, extra))
    work = asyncio.create_task(_live(centre, demo=demo, began=began, replay=replay))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        stopping.cancel()
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        sys.stdout.write("\nstopping …\n")
        await centre.stop()
    return 0


async def _live(centre: Centre, *, demo: bool, began: float, replay: str) -> None:
    if replay:
        await check_replay(centre, replay)
    await centre.start_engines()
    checks = (("source", "check"), ("rules", "check"), ("user", "bootstrap"))
    await asyncio.gather(*(centre.command(*arguments) for arguments in checks))
    if demo or replay:
        await centre.command("source", "credentials", "--all", "--save", "--if-missing")
    centre.start_components()
    late = await centre.wait_ready()
    _report(centre, late, seconds=time.monotonic() - began)
    if replay:
        await run_replay(centre, replay)
    await asyncio.Event().wait()


def _report(centre: Centre, late: dict[str, str], *, seconds: float) -> None:
    table = Table(title=f"Provincial operations centre, up after {seconds:.1f} s", title_justify="left")
    for heading in ("component", "what", "state", "address"):
        table.add_column(heading, overflow="fold")
    for engine in centre.engines:
        table.add_row(engine.name, engine.title, engine.state, f"127.0.0.1:{engine.server.port}")
    for component in centre.components:
        state = f"not ready ({late[component.name]})" if component.name in late else "ready"
        table.add_row(component.name, component.title, state, component.address)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    settings = centre.settings
    kiosk = read_secret(settings.data_dir / "kiosk-token")
    wall = f"{settings.wall_address}/?{urlencode({'kiosk': kiosk})}" if kiosk else settings.wall_address
    lines = [
        f"wall      {wall}",
        f"console   {settings.wall_address}/console",
        f"API       {settings.api_address}/docs",
    ]
    if "simulate" in centre.children:
        lines.append(f"phone     http://127.0.0.1:{settings.simulator_port}/phone")
    password = read_secret(settings.data_dir / "initial-admin-password")
    if password is not None:
        lines.append(
            f"sign in   admin / {password}   (until it is changed, also in {settings.data_dir}/initial-admin-password)"
        )
    lines.append(f"logs      {settings.data_dir}/log")
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    if late:
        log.warning("components_not_ready", why=late)
