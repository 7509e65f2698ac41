"""`ioc alerts`: evaluates the rules and tells people; one process leads, others stand by."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import asyncpg
import structlog
import typer
import uvloop

from alerts.channel_commands import preview_template, receivers_of, send_test
from alerts.last_good import keep, last_good
from alerts.leader import Centre, lead
from alerts.leadership import LeadershipLostError, TermEndedError
from alerts.live_bus import LiveBus
from alerts.metrics import Metrics
from alerts.reloading import Files, Reloader, announce, in_use, read_again
from alerts.route_file import load_routing
from alerts.rule import Rule
from alerts.rule_file import load_rules
from alerts.sql_check import check_rules
from alerts.templates import Templates
from alerts.waiting import wait
from ioc_core.addresses import database_url, nats_url
from ioc_core.db import connect
from ioc_core.errors import ConfigError, ConfigErrors, EngineError, StorageError
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
    uvloop.run(serve(settings, start_files(settings)))


def start_files(settings: Settings) -> Files:
    """Return what config/ says; where that is broken, what was in use last, and why config/ is refused.

    Raises:
        ConfigErrors: a file is wrong, and nothing that can be read was in use before; each place in config/ is named.
    """
    try:
        files = _files(settings)
    except ConfigErrors as refused:
        kept = last_good(settings.data_dir)
        try:
            files = _files(settings.model_copy(update={"config_dir": kept}))
        except ConfigErrors:  # none, or of another version: what is wrong in config/ is what people can mend
            raise refused from None
        files.refuse(refused.errors)
        return files
    keep(settings.config_dir, settings.data_dir)
    return files


def _files(settings: Settings) -> Files:
    centre = make_centre(settings)
    files = Files(centre, centre.clock())
    in_use(centre.metrics, files.loaded_at)
    return files


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


async def serve(settings: Settings, files: Files) -> None:
    """Lead or stand by until SIGTERM, answering /healthz, /readyz and /metrics."""
    stop, centre = stop_event(), files.centre
    reloader = Reloader(
        files,
        settings.config_dir,
        read=lambda present: read_again(settings.config_dir, present, partial(receivers_of, settings)),
        check_sql=lambda rules: _check_sql(settings, rules, centre.templates),
        keep=lambda: keep(settings.config_dir, settings.data_dir),
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
