"""`ioc oncall`: checks config/oncall.yaml, and says who is on call."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import typer

from alerts.channels.outcome import Surroundings
from alerts.escalation.ways import with_people
from alerts.receivers import make_receivers
from alerts.route_file import load_routing
from ioc_core.addresses import database_url
from ioc_core.db import connect
from ioc_core.errors import ConfigErrors, EngineError
from ioc_core.oncall import OnCall, Override, load_oncall, shifts
from ioc_core.oncall.ahead import HORIZON, gaps_ahead, watched
from ioc_core.oncall.overrides import between
from ioc_core.settings import Settings

app = typer.Typer(help="The rota: who is on call.", no_args_is_help=True)

_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, EngineError)
_AHEAD = timedelta(days=28)
_WRITTEN = "%Y-%m-%d %H:%M"


@app.callback()
def group() -> None:
    """The rota: who is on call."""


@app.command("check")
def check() -> None:
    """Check config/oncall.yaml with config/routes.yaml; print each wrong place as `file:line: …` and exit with 1.

    Ways that are off, and gaps that the turns alone leave within four weeks, are notes.
    """
    settings = Settings()
    around = Surroundings(os.environ, ZoneInfo(settings.timezone))
    try:
        oncall = load_oncall(settings.config_dir, around.timezone)
        routing = load_routing(settings.config_dir)
        receivers = with_people(make_receivers(routing, around), settings.config_dir, routing, oncall, around)
    except ConfigErrors as error:
        for problem in error.errors:
            typer.echo(str(problem), err=True)
        raise typer.Exit(1) from error
    for note in (*receivers.notices, *_gaps(oncall, datetime.now(UTC), (), _AHEAD)):
        typer.echo(f"note: {note}")
    typer.echo("ok")


@app.command("now")
def now() -> None:
    """Say of each rotation who is on call, until when, and who is next; with overrides, if the database is there."""
    settings = Settings()
    oncall = load_oncall(settings.config_dir, ZoneInfo(settings.timezone))
    at = datetime.now(UTC)
    overrides: list[Override] = []
    try:
        overrides = asyncio.run(_overrides(settings, at))
    except _AWAY as error:
        typer.echo(f"note: without overrides: {error or type(error).__name__}", err=True)
    for line in (*_who(oncall, at, overrides), *_gaps(oncall, at, overrides, HORIZON)):
        typer.echo(line)


async def _overrides(settings: Settings, at: datetime) -> list[Override]:
    connection = await connect(database_url(settings), application="oncall")
    try:
        return [entry.override for entry in await between(connection, at - HORIZON, at + HORIZON)]
    finally:
        await connection.close()


def _who(oncall: OnCall, at: datetime, overrides: Sequence[Override]) -> Iterator[str]:
    for rotation in oncall.rotations.values():
        around = shifts(rotation, at - HORIZON, at + HORIZON, overrides)
        current = next(shift for shift in around if shift.ends_at > at)
        later = (shift for shift in around if shift.starts_at > at and shift.person not in {None, current.person})
        following = next(later, None)
        line = f"{rotation.name}: {current.person or 'nobody'} until {_local(current.ends_at, rotation.timezone)}"
        if following is not None:
            line += f", then {following.person} from {_local(following.starts_at, rotation.timezone)}"
        yield line


def _gaps(oncall: OnCall, at: datetime, overrides: Sequence[Override], within: timedelta) -> Iterator[str]:
    for rotation in watched(oncall):
        for gap in gaps_ahead(rotation, at, overrides, within):
            stretch = " to ".join(_local(end, rotation.timezone) for end in (gap.starts_at, gap.ends_at))
            yield f"{rotation.name}: nobody is on call from {stretch}"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime(_WRITTEN)
