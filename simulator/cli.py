"""`ioc simulate`: a synthetic province that stands in for the outside world."""

import re
from typing import Annotated

import typer
import uvloop

from ioc_core.errors import InputError, IocError
from ioc_core.logs import configure_logging
from ioc_core.process import stop_event
from ioc_core.settings import Settings
from simulator.dossiers.day import layers_of
from simulator.run import Options, simulate
from simulator.workclock import DAY, HOUR
from simulator.world import World, load_world

app = typer.Typer(help="A synthetic province that speaks the real protocols to ingest.")

LONGEST_PAST = 80 * DAY
"""Ingest keeps raw samples for 90 days by default, and refuses older ones."""
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
) -> None:
    """Simulate a province: dossiers, portals, servers, systems and the on-call phone."""
    settings = Settings()
    configure_logging(settings, "simulate")
    layers_of(rate)
    options = Options(since=parse_since(since), once=once, ingest_url=ingest_url or settings.ingest_address)
    world = load_world(settings, seed=seed, rate=rate)
    try:
        uvloop.run(_main(world, settings, options))
    except ExceptionGroup as errors:
        told = errors.subgroup(IocError)
        if told is None:
            raise
        raise _first(told) from None


async def _main(world: World, settings: Settings, options: Options) -> None:
    await simulate(world, settings, options, stop_event())


def _first(errors: ExceptionGroup[IocError]) -> IocError:
    """The centre's commands tell one error in one line."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
