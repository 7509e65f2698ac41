"""One term of a leader: take the lock, take over what is there, and run every part until one of them fails."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from alerts.applying import Applier
from alerts.escalation.calls import Reach
from alerts.escalation.escalator import Escalator
from alerts.escalation.gap_watch import keep_gaps
from alerts.escalation.outgoing import Outbound
from alerts.evaluations import Evaluations
from alerts.external import External
from alerts.files_in_use import write_files
from alerts.flushing import Flush
from alerts.forwarding import Forwarding
from alerts.leadership import Leadership, TermEndedError, acquire, assert_leading
from alerts.live_bus import LiveBus
from alerts.metrics import Metrics
from alerts.mutes.muting import Muting
from alerts.outbox import Outbox, free_leases, purge
from alerts.placing import Placement
from alerts.query import Sessions, open_sessions
from alerts.receivers import Receivers
from alerts.route_file import Routing
from alerts.routing_record import to_record
from alerts.rule import Rule
from alerts.runner import Engine, Runner
from alerts.sender import Sender
from alerts.store import live_alerts
from alerts.templates import Templates
from alerts.waiting import wait
from ioc_core.alert_links import Signer, signing_key
from ioc_core.db import Pool, create_pool
from ioc_core.errors import IocError
from ioc_core.oncall import OnCall
from ioc_core.routing import record

log = structlog.get_logger(__name__)

_EVALUATIONS_AT_ONCE = 3
_PURGE_EVERY = 3600.0
_COUNT_EVERY = 5.0
_LONGEST_SLEEP = 60.0
_WATCH_GAPS_EVERY = 30.0
_LONGEST_PEOPLE_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Centre:
    """What a term needs: configuration, channels, the bus."""

    rules: Sequence[Rule]
    routing: Routing
    oncall: OnCall
    receivers: Receivers
    templates: Templates
    live_bus: LiveBus
    metrics: Metrics
    console_url: str
    public_url: str  # where links in messages lead
    pool_size: int
    clock: Callable[[], datetime]
    zone: ZoneInfo  # the province's: silences recur by its clock


class Files(Protocol):
    """The configuration that holds; `moved` is set when it, or what is said of it, changes."""

    centre: Centre
    loaded_at: datetime
    renamed: dict[str, str]
    moved: asyncio.Event

    @property
    def refused(self) -> tuple[datetime, Sequence[str]] | None:
        """Since when newer files are refused, and every problem in them; None: these are the newest."""


class ReconfiguredError(IocError):
    """The configuration is another one now: the same leader goes on with it."""


async def lead(files: Files, dsn: str, stop: asyncio.Event) -> None:
    """Stand by until this process leads, then lead until `stop`: deliveries under way are finished first.

    When the configuration changes, every part ends as for `stop` and begins anew; the lock and the epoch are kept.

    Raises (alone or in an ExceptionGroup):
        TermEndedError: `stop` was set. OSError, TimeoutError, LeadershipLostError, asyncpg errors: call again.
    """
    name, centre = f"{socket.gethostname()}/{os.getpid()}", files.centre
    leadership = await acquire(dsn, name=name, now=centre.clock, stop=stop)
    try:
        async with (
            await create_pool(dsn, application="alerts", size=centre.pool_size) as pool,
            open_sessions(dsn, _EVALUATIONS_AT_ONCE) as sessions,
        ):
            centre.metrics.leader.set(1)
            async with pool.acquire() as connection:
                signer = Signer(await signing_key(connection), centre.public_url)
            while True:
                term = _Term(files, pool, sessions, leadership, signer)
                try:
                    await term.run(stop)
                except* ReconfiguredError:
                    log.info("going_on_with_new_configuration", epoch=leadership.epoch)
    finally:
        centre.metrics.leader.set(0)
        await leadership.release()


class _Term:
    def __init__(self, files: Files, pool: Pool, sessions: Sessions, leadership: Leadership, signer: Signer) -> None:
        self._files = files
        self._centre = centre = files.centre
        self._pool = pool
        self._sessions = sessions
        self._leadership = leadership
        self._sender = Sender(
            pool,
            Outbox(
                f"{socket.gethostname()}/{os.getpid()}/{leadership.epoch}",
                centre.receivers.limits,
                centre.receivers.names(),
            ),
            centre.receivers.channels,
            metrics=centre.metrics,
            clock=centre.clock,
            moved=centre.live_bus.alerts_changed,
        )
        names = centre.receivers.names()
        escalator = Escalator(
            {receiver: item.policy for receiver, item in centre.routing.escalations.items()},
            Reach(centre.oncall, names),
            Outbound(centre.console_url, signer),
        )
        self._applier = Applier(
            pool,
            leadership.epoch,
            placement=Placement(centre.routing.root, {*names, *centre.routing.escalations}),
            muting=Muting(centre.zone, centre.routing.causes, centre.routing.maintenance),
            flush=Flush(names, centre.console_url, signer, escalator),
            escalator=escalator,
            told=self._sender.wake,
            moved=centre.live_bus.alerts_changed,
        )

    async def run(self, stop: asyncio.Event) -> None:
        centre, rules = self._centre, self._centre.rules
        async with self._pool.acquire() as connection:
            await free_leases(connection)
        await self._applier.take_over(rules, centre.clock(), self._files.renamed)
        await self._record_routing()
        async with self._pool.acquire() as connection:
            live = await live_alerts(connection)
        evaluations = Evaluations(self._pool)
        await evaluations.begin(rules)
        engine = Engine(
            pool=self._pool,
            applier=self._applier,
            evaluations=evaluations,
            templates=centre.templates,
            metrics=centre.metrics,
            clock=centre.clock,
            sessions=self._sessions,
        )
        external = External(self._pool, self._applier, metrics=centre.metrics, clock=centre.clock)
        forwarding = Forwarding(self._pool, centre.receivers.channels, console_url=centre.console_url)
        runners = [Runner(rule, engine, live.get(rule.alert, {})) for rule in rules]
        log.info("leading", rules=len(rules), live_alerts=sum(map(len, live.values())), epoch=self._leadership.epoch)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._leadership.watch())
            for runner in runners:
                tasks.create_task(runner.run())
            tasks.create_task(self._flush_groups())
            tasks.create_task(self._follow_people())
            tasks.create_task(self._escalate())
            tasks.create_task(self._watch_gaps())
            tasks.create_task(external.run(centre.live_bus.external_noticed))
            tasks.create_task(self._sender.run())
            tasks.create_task(forwarding.run())
            tasks.create_task(evaluations.run())
            tasks.create_task(centre.live_bus.listen(runners, centre.clock))
            tasks.create_task(centre.live_bus.publish())
            tasks.create_task(self._count())
            tasks.create_task(self._purge())
            tasks.create_task(self._follow_files())
            tasks.create_task(self._end(stop))

    async def _record_routing(self) -> None:
        """Others (explanations, the API of Alertmanager) read the tree that this leader goes by."""
        routing = to_record(self._centre.routing, self._centre.receivers)
        async with self._pool.acquire() as connection, connection.transaction():
            await assert_leading(connection, self._leadership.epoch)
            await record(connection, routing, self._centre.clock())

    async def _end(self, stop: asyncio.Event) -> None:
        await stop.wait()
        await self._sender.drain()
        raise TermEndedError("asked to stop")

    async def _follow_files(self) -> None:
        """Write down which configuration is in use and why a newer one isn't; end the term when there is one."""
        files = self._files
        while True:
            files.moved.clear()
            if files.centre is not self._centre:
                await self._sender.drain()
                raise ReconfiguredError("the configuration was edited")
            await write_files(self._pool, files.loaded_at, files.refused)
            await files.moved.wait()

    async def _flush_groups(self) -> None:
        touched = self._applier.groups_touched
        while True:
            touched.clear()
            now = self._centre.clock()
            due = await self._applier.flush_due(now)
            pause = _LONGEST_SLEEP if due is None else (due - now).total_seconds()
            await wait(touched, min(max(pause, 0.01), _LONGEST_SLEEP))

    async def _follow_people(self) -> None:
        """What people do to alerts and silences is noticed at once; a lost notice, or a time that they set, within a
        second."""
        acted = self._centre.live_bus.alerts_noticed
        while True:
            acted.clear()
            now = self._centre.clock()
            dues = (await self._applier.follow_people(now), await self._applier.follow_mutes(now))
            pauses = [(due - now).total_seconds() for due in dues if due is not None]
            await wait(acted, min(max(min(pauses, default=_LONGEST_PEOPLE_WAIT), 0.01), _LONGEST_PEOPLE_WAIT))

    async def _escalate(self) -> None:
        """Steps are done when they are due; that somebody has the alerts is seen within a second."""
        while True:
            now = self._centre.clock()
            due = await self._applier.escalate(now)
            pause = _LONGEST_PEOPLE_WAIT if due is None else (due - self._centre.clock()).total_seconds()
            await asyncio.sleep(min(max(pause, 0.01), _LONGEST_PEOPLE_WAIT))

    async def _watch_gaps(self) -> None:
        while True:
            async with self._pool.acquire() as connection, connection.transaction():
                await assert_leading(connection, self._leadership.epoch)
                await keep_gaps(connection, self._centre.oncall, self._centre.clock())
            await asyncio.sleep(_WATCH_GAPS_EVERY)

    async def _count(self) -> None:
        metrics = self._centre.metrics
        while True:
            rows = await self._pool.fetch(
                "SELECT severity, count(*) AS n FROM alerts WHERE state = 'firing' GROUP BY severity"
            )
            firing = {row["severity"]: row["n"] for row in rows}
            for severity in range(1, 5):
                metrics.firing.labels(str(severity)).set(firing.get(severity, 0))
            metrics.outbox.set(await self._pool.fetchval("SELECT count(*) FROM notifications WHERE state = 'queued'"))
            await asyncio.sleep(_COUNT_EVERY)

    async def _purge(self) -> None:
        while True:
            async with self._pool.acquire() as connection:
                deleted = await purge(connection, self._centre.clock())
            await asyncio.sleep(1.0 if deleted else _PURGE_EVERY)
