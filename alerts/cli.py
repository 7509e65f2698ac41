"""`ioc alerts`: evaluates the rules and tells people; one process leads, others stand by."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

import asyncpg
import structlog
import typer
import uvloop

from alerts.channel_test import Tried, try_channels
from alerts.channels.outcome import Surroundings
from alerts.escalation.ways import with_people
from alerts.leader import Centre, lead
from alerts.leadership import LeadershipLostError, TermEndedError
from alerts.live_bus import LiveBus
from alerts.metrics import Metrics
from alerts.receivers import Receivers, make_receivers
from alerts.reloading import Files, Reloader, announce, in_use, read_again
from alerts.route_file import Routing, load_routing
from alerts.rule import Rule
from alerts.rule_file import load_rules
from alerts.sql_check import check_rules
from alerts.templates import Templates
from alerts.waiting import wait
from ioc_core.addresses import database_url, nats_url
from ioc_core.db import connect
from ioc_core.errors import ConfigError, EngineError, StorageError
from ioc_core.logs import configure_logging
from ioc_core.oncall import OnCall, load_oncall
from ioc_core.process import health_app, http_server, stop_event
from ioc_core.settings import Settings

app = typer.Typer(help="Evaluate rules, keep alerts' state, notify.")
log = structlog.get_logger(__name__)

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_DRAIN = 2.5
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, EngineError)


@app.callback(invoke_without_command=True)
def alerts(context: typer.Context) -> None:
    """Evaluate the rules of config/rules and notify as config/routes.yaml says, until SIGTERM."""
    if context.invoked_subcommand is not None:
        return
    settings = Settings()
    configure_logging(settings, "alerts")
    uvloop.run(serve(settings, make_centre(settings)))


def make_centre(settings: Settings) -> Centre:
    """Return what a leader needs, from config/ and the environment.

    Raises:
        ConfigErrors: a file is wrong; each place is named.
    """
    timezone = ZoneInfo(settings.timezone)
    templates = Templates(timezone)
    routing = load_routing(settings.config_dir)
    oncall = load_oncall(settings.config_dir, timezone)
    receivers = receivers_of(settings, routing, oncall)
    return Centre(
        rules=load_rules(settings.config_dir, templates),
        routing=routing,
        oncall=oncall,
        receivers=receivers,
        templates=templates,
        live_bus=LiveBus(settings, lambda: nats_url(settings)),
        metrics=Metrics(),
        console_url=f"{settings.wall_address}/console",
        public_url=settings.public_address,
        pool_size=settings.database_pool_size,
        clock=lambda: datetime.now(UTC),
        zone=timezone,
    )


def surroundings(settings: Settings) -> Surroundings:
    """Return what channels are made from: the environment, the texts, and the database for tokens."""
    return Surroundings(
        os.environ,
        ZoneInfo(settings.timezone),
        settings.config_dir,
        lambda: connect(database_url(settings), application="alerts-channel"),
    )


def receivers_of(settings: Settings, routing: Routing, oncall: OnCall) -> Receivers:
    """Return the channels of all receivers and people. Raises: ConfigErrors."""
    around = surroundings(settings)
    return with_people(make_receivers(routing, around), settings.config_dir, routing, oncall, around)


@app.command("test-channel")
def send_test(
    receiver: Annotated[str, typer.Argument(help="A receiver of routes.yaml, or person:NAME of oncall.yaml.")],
    channel: Annotated[str | None, typer.Option(help="Only this channel, e.g. telegram/1.")] = None,
) -> None:
    """Send a test message now and print what the other side answered; exit with 1 unless every channel accepted it."""
    settings = Settings()
    tried = asyncio.run(_tried(settings, receiver, channel))
    for one in tried:
        typer.echo(f"{one.channel}: {'accepted' if one.accepted else 'NOT accepted'}: {one.said}")
    if not all(one.accepted for one in tried):
        raise typer.Exit(1)


async def _tried(settings: Settings, receiver: str, channel: str | None) -> list[Tried]:
    routing, oncall = load_routing(settings.config_dir), load_oncall(settings.config_dir, ZoneInfo(settings.timezone))
    receivers = receivers_of(settings, routing, oncall)
    try:
        now, console_url = datetime.now(UTC), f"{settings.wall_address}/console"
        return await try_channels(receivers, receiver, channel, now=now, console_url=console_url)
    finally:
        await receivers.close()


async def serve(settings: Settings, centre: Centre) -> None:
    """Lead or stand by until SIGTERM, answering /healthz, /readyz and /metrics."""
    stop = stop_event()
    files = Files(centre, centre.clock())
    in_use(centre.metrics, files.loaded_at)
    reloader = Reloader(
        files,
        settings.config_dir,
        read=lambda present: read_again(settings.config_dir, present, partial(receivers_of, settings)),
        check_sql=lambda rules: _check_sql(settings, rules, centre.templates),
    )
    checks = {"database": lambda: _check_database(settings), "bus": centre.live_bus.check}
    async with (
        http_server(health_app(checks, {"rules": files.note}), host=settings.bind, port=settings.alerts_port),
        asyncio.TaskGroup() as tasks,
    ):
        side = [tasks.create_task(work) for work in (centre.live_bus.connect(), reloader.run(), announce(files))]
        leading = tasks.create_task(_lead_until(stop, settings, files))
        await stop.wait()
        for task in side:
            task.cancel()
        await asyncio.wait({leading}, timeout=_DRAIN)
        leading.cancel()
    await files.centre.receivers.close()
    await centre.live_bus.close()


async def _check_sql(settings: Settings, rules: Sequence[Rule], templates: Templates) -> list[ConfigError]:
    if not rules:
        return []
    connection = await connect(database_url(settings), application="alerts-rules-check")
    try:
        return await check_rules(connection, rules, templates)
    finally:
        await connection.close()


async def _check_database(settings: Settings) -> str | None:
    try:
        connection = await connect(database_url(settings), application="alerts-ready")
    except _AWAY as error:
        return str(error) or type(error).__name__
    try:
        await connection.fetchval("SELECT epoch FROM alert_leader")
    except asyncpg.PostgresError as error:
        return str(error)
    finally:
        await connection.close()
    return None


async def _lead_until(stop: asyncio.Event, settings: Settings, files: Files) -> None:
    pause = _FIRST_PAUSE
    while not stop.is_set():
        started = asyncio.get_running_loop().time()
        try:
            await lead(files, database_url(settings), stop)
        except* TermEndedError:
            log.info("term_ended_on_request")
        except* (*_AWAY, LeadershipLostError, StorageError) as group:
            log.warning("term_ended", errors=[str(error) or type(error).__name__ for error in _flat(group)])
        if asyncio.get_running_loop().time() - started > 10 * _LONGEST_PAUSE:
            pause = _FIRST_PAUSE
        await wait(stop, pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _flat(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _flat(error)
        else:
            yield error
