"""`ioc alerts`: evaluates the rules and tells people; one process leads, others stand by."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import asyncpg
import structlog
import typer
import uvloop

from alerts.channel_commands import preview_template, receivers_of, send_test
from alerts.leader import Centre, lead
from alerts.leadership import LeadershipLostError, TermEndedError
from alerts.live_bus import LiveBus
from alerts.metrics import Metrics
from alerts.route_file import load_routing
from alerts.rule_file import load_rules
from alerts.templates import Templates
from alerts.waiting import wait
from ioc_core.addresses import database_url, nats_url
from ioc_core.db import connect
from ioc_core.errors import EngineError, StorageError
from ioc_core.logs import configure_logging
from ioc_core.oncall import load_oncall
from ioc_core.process import health_app, http_server, stop_event
from ioc_core.settings import Settings

app = typer.Typer(help="Evaluate rules, keep alerts' state, notify.")
app.command("test-channel")(send_test)
app.command("preview-template")(preview_template)
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


async def serve(settings: Settings, centre: Centre) -> None:
    """Lead or stand by until SIGTERM, answering /healthz, /readyz and /metrics."""
    stop = stop_event()
    _announce(centre)
    checks = {"database": lambda: _check_database(settings), "bus": centre.live_bus.check}
    async with (
        http_server(health_app(checks), host=settings.bind, port=settings.alerts_port),
        asyncio.TaskGroup() as tasks,
    ):
        connecting = tasks.create_task(centre.live_bus.connect())
        leading = tasks.create_task(_lead_until(stop, settings, centre))
        await stop.wait()
        connecting.cancel()
        await asyncio.wait({leading}, timeout=_DRAIN)
        leading.cancel()
    await centre.receivers.close()
    await centre.live_bus.close()


def _announce(centre: Centre) -> None:
    for receiver, channel in centre.receivers.channels:
        centre.metrics.channel_enabled.labels(receiver, channel).set(1)
    for (receiver, channel), reason in centre.receivers.disabled.items():
        centre.metrics.channel_enabled.labels(receiver, channel).set(0)
        log.warning("channel_disabled", receiver=receiver, channel=channel, reason=reason)
    for notice in centre.receivers.notices:
        log.info("channel_notice", notice=notice)


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


async def _lead_until(stop: asyncio.Event, settings: Settings, centre: Centre) -> None:
    pause = _FIRST_PAUSE
    while not stop.is_set():
        started = asyncio.get_running_loop().time()
        try:
            await lead(centre, database_url(settings), stop)
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
