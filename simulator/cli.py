"""`ioc simulate`: a synthetic province that stands in for the outside world."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Annotated, TypeVar

import typer
import uvloop

from ioc_core.errors import InputError, IocError
from ioc_core.logs import configure_logging
from ioc_core.process import stop_event
from ioc_core.settings import Settings
from simulator.dossiers.day import layers_of
from simulator.dossiers.scenario import PRESENT
from simulator.replay import screen
from simulator.replay.plan import load_replay
from simulator.replay.report import REPORTS
from simulator.replay.run import Options as ReplayOptions
from simulator.replay.run import run_replay
from simulator.run import Options, simulate
from simulator.workclock import DAY, HOUR
from simulator.world import World, load_world

app = typer.Typer(help="A synthetic province that speaks the real protocols to ingest.")

LONGEST_PAST = 80 * DAY
"""Ingest keeps raw samples for 90 days by default, and refuses older ones."""
T = TypeVar("T")
_UNITS = {"d": DAY, "h": HOUR, "m": 60}


def parse_since(text: str) -> int:
    """Return the seconds that `30d`, `12h` or `90m` says.

    Raises:
        InputError: it is written otherwise, or is longer than 80 days.
    """
    found = re.fullmatch(r"(\d{1,6})([dhm])", text)
    if found is None:
        raise InputError("since", f"--since {text!r}: must be a number with d, h or m, such as 30d")
    seconds = int(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST_PAST:
        raise InputError("since", f"--since {text}: must be at most {LONGEST_PAST // DAY}d")
    return seconds


@app.command()
def run(
    since: Annotated[str, typer.Option(help="Fill the past first, from so long ago (30d, 12h).")] = "0d",
    rate: Annotated[float, typer.Option(help="Multiplies the traffic of dossiers, not the clock (0 to 100).")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same province.")] = 766,
    once: Annotated[bool, typer.Option("--once", help="Stop when the past is filled.")] = False,
    ingest_url: Annotated[
        str, typer.Option(envvar="IOC_INGEST_URL", help="Where ingest is, if not on this machine.")
    ] = "",
    scenario: Annotated[
        str, typer.Option(help=f"The province as it is now, or a report to replay ({', '.join(REPORTS)}).")
    ] = PRESENT.name,
    api_token: Annotated[
        str, typer.Option(envvar="IOC_API_TOKEN", help="Of a viewer: a replay asks the API for its figures.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what a replay would send, and send nothing.")
    ] = False,
) -> None:
    """Simulate a province: dossiers, portals, servers, systems and the on-call phone; or replay a field report."""
    settings = Settings()
    configure_logging(settings, "simulate")
    if scenario != PRESENT.name:
        report = REPORTS.get(scenario)
        if report is None:
            raise InputError("scenario", f"--scenario {scenario}: there are: {', '.join((PRESENT.name, *REPORTS))}")
        if (since, rate, once) != ("0d", 1.0, False):
            raise InputError("scenario", f"--since, --rate and --once are of the present, {scenario} has its own time")
        asked = ReplayOptions(ingest_url or settings.ingest_address, settings.api_address, api_token)
        replay = load_replay(settings, report, seed=seed)
        if dry_run:
            typer.echo(screen.plan(report, replay.cells))
        elif not _run(_until_stopped(run_replay(replay, settings, asked, typer.echo))):
            raise typer.Exit(1)
        return
    if dry_run:
        raise InputError("scenario", f"--dry-run is of a replay: --scenario {', '.join(REPORTS)}")
    layers_of(rate)
    options = Options(since=parse_since(since), once=once, ingest_url=ingest_url or settings.ingest_address)
    _run(_main(load_world(settings, seed=seed, rate=rate), settings, options))


async def _main(world: World, settings: Settings, options: Options) -> None:
    await simulate(world, settings, options, stop_event())


async def _until_stopped(work: Coroutine[None, None, bool]) -> bool:
    """Return what `work` returns; False when SIGTERM or SIGINT came before."""
    stop = stop_event()
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    await asyncio.wait({working})
    typer.echo("stopped; the same command goes on from here")
    return False


def _run(work: Coroutine[None, None, T]) -> T:
    try:
        return uvloop.run(work)
    except ExceptionGroup as errors:
        told = errors.subgroup(IocError)
        if told is None:
            raise
        raise _first(told) from None


def _first(errors: ExceptionGroup[IocError]) -> IocError:
    """The centre's commands tell one error in one line."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
