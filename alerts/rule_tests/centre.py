"""A simulated centre: the real engine over a scratch database, a clock that is turned, channels that record."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import asyncpg
from prometheus_client import CollectorRegistry

from alerts.applying import Applier
from alerts.channels.outcome import Channel, Ok, Outcome, Permanent, Temporary
from alerts.escalation.calls import Reach
from alerts.escalation.escalator import Escalator
from alerts.escalation.outgoing import Outbound
from alerts.evaluations import Evaluations
from alerts.flushing import Flush
from alerts.message import Message
from alerts.metrics import Metrics
from alerts.mutes.muting import Muting
from alerts.outbox import Outbox
from alerts.placing import Placement
from alerts.query import STATEMENT_TIMEOUT, Sessions
from alerts.route_file import Routing
from alerts.rule import Rule
from alerts.rule_tests.comparing import Found, FoundAlert, FoundNotification
from alerts.rule_tests.model import SourceModel
from alerts.runner import Engine, Runner
from alerts.sender import Sender
from alerts.simulated_time import SimulatedSession, simulate
from alerts.templates import Templates
from ioc_core.alert_links import Signer
from ioc_core.db import Connection, Pool, connect, create_pool
from ioc_core.events import Event
from ioc_core.live import Facts
from ioc_core.oncall import OnCall

_KEEP = frozenset(
    {"schema_migrations", "units", "procedures", "systems", "working_periods", "clock_rules", "alert_leader",
     "rule_files", "signing_keys"}
)  # fmt: skip
# What refuses to be emptied (audit, closed months) is no input of rules.
_TABLES = """
SELECT tablename FROM pg_tables p WHERE schemaname = 'public' AND NOT EXISTS (
    SELECT FROM pg_trigger t WHERE t.tgrelid = format('public.%I', p.tablename)::regclass
       AND NOT t.tgisinternal AND t.tgtype & 32 <> 0)
"""
_SOURCE = """
INSERT INTO sources (name, title, unit, system, expected_within_seconds, working_time_only)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO UPDATE SET title = excluded.title, unit = excluded.unit, system = excluded.system,
    expected_within_seconds = excluded.expected_within_seconds, working_time_only = excluded.working_time_only
"""
_ALERTS = """
SELECT id, rule, state, severity, labels, value, annotations ->> 'summary' AS summary FROM alerts
WHERE state <> 'resolved' OR resolved_at > $1 ORDER BY rule, pending_at, id
"""
_NEXT_ATTEMPT = "SELECT min(next_attempt_at) FROM notifications WHERE state = 'queued' AND next_attempt_at > $1"
_KEY = bytes(32)  # signs links that lead nowhere
_OUTCOMES: dict[str, Outcome] = {"ok": Ok(), "temporary": Temporary("HTTP 503"), "permanent": Permanent("HTTP 404")}


class FactStore(Protocol):
    """What stores events: the writer's, found by the entry point `ioc.facts`."""

    def forget(self) -> None:
        """The tables were emptied."""

    async def store(self, connection: Connection, events: Sequence[Event], now: datetime) -> frozenset[Facts]:
        """Store events that arrive at `now`; return the kinds of fact that changed."""


class _Recorder:
    """A channel that keeps what it is given, of one receiver."""

    def __init__(self, sent: list[Message]) -> None:
        self.outcome: Outcome = _OUTCOMES["ok"]
        self._sent = sent
        self.tried = 0

    async def send(self, message: Message) -> Outcome:
        self.tried += 1
        if isinstance(self.outcome, Ok):
            self._sent.append(message)
        return self.outcome

    async def close(self) -> None:
        pass


class World:
    """What all simulations of one run share: the database, and who stores events in it."""

    def __init__(self, pool: Pool, asking: "asyncpg.Connection[asyncpg.Record]", facts: FactStore) -> None:
        self.pool = pool
        self.asking = asking
        self.facts = facts

    async def empty(self) -> None:
        """Forget everything but the catalogues."""
        tables = sorted({row["tablename"] for row in await self.pool.fetch(_TABLES)} - _KEEP)
        look = " UNION ALL ".join(f"SELECT '{name}' AS name WHERE EXISTS (SELECT FROM {name})" for name in tables)
        filled = [row["name"] for row in await self.pool.fetch(look)]
        if filled:
            await self.pool.execute(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")
        self.facts.forget()


@contextlib.asynccontextmanager
async def open_world(dsn: str, facts: FactStore) -> AsyncIterator[World]:
    """Connect to a scratch database. Raises: OSError, TimeoutError, asyncpg errors: it is away."""
    async with await create_pool(dsn, application="rules-test", size=4) as pool:
        asking = await connect(dsn, application="rules-test")
        try:
            await simulate(asking)
            yield World(pool, asking, facts)
        finally:
            await asking.close()


@dataclass(frozen=True, slots=True)
class Setting:
    """What config/ says beside the rules."""

    routing: Routing
    oncall: OnCall
    zone: ZoneInfo
    templates: Templates


class SimulatedCentre:
    """One leader, from `begin` on; the clock is what `now` says."""

    def __init__(self, world: World, rules: Sequence[Rule], setting: Setting) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self._world = world
        self._rules = rules
        self._setting = setting
        self._metrics = Metrics(CollectorRegistry())
        self._evaluations = Evaluations(world.pool)
        self._runners: list[Runner] = []
        self._sent: list[Message] = []
        self._channels: dict[tuple[str, str], _Recorder] = {
            (receiver, config.name): _Recorder(self._sent)
            for receiver, configs in setting.routing.receivers.items()
            for config in configs
        } | {
            (f"person:{person.name}", f"{way.kind}/{place}"): _Recorder(self._sent)
            for person in setting.oncall.people.values()
            for place, way in enumerate(person.ways)
        }
        self._due: dict[str, datetime | None] = {}

    async def begin(self, now: datetime) -> None:
        """Begin in an empty database, at `now`."""
        self.now = now
        world = self._world
        await world.empty()
        epoch = await world.pool.fetchval("UPDATE alert_leader SET epoch = epoch + 1 RETURNING epoch")
        names: dict[str, list[str]] = {}
        for receiver, channel in self._channels:
            names.setdefault(receiver, []).append(channel)
        self._sender = Sender(
            world.pool,
            Outbox(f"simulated/{epoch}"),
            dict[tuple[str, str], Channel](self._channels),
            metrics=self._metrics,
            clock=self._clock,
            moved=lambda _: None,
        )
        routing = self._setting.routing
        escalator = Escalator(
            {receiver: item.policy for receiver, item in routing.escalations.items()},
            Reach(self._setting.oncall, names),
            Outbound("", Signer(_KEY, "")),
        )
        self._applier = Applier(
            world.pool,
            epoch,
            placement=Placement(routing.root, {*names, *routing.escalations}),
            muting=Muting(self._setting.zone, routing.causes),
            flush=Flush(names, "", None, escalator),
            escalator=escalator,
            told=self._sender.wake,
            moved=lambda _: None,
        )
        await self._evaluations.begin(self._rules)
        session = SimulatedSession(world.asking, self._clock, STATEMENT_TIMEOUT)
        engine = Engine(
            pool=world.pool,
            applier=self._applier,
            evaluations=self._evaluations,
            templates=self._setting.templates,
            metrics=self._metrics,
            clock=self._clock,
            sessions=Sessions([session]),
        )
        self._runners = [Runner(rule, engine, {}) for rule in self._rules]

    def due(self) -> datetime | None:
        """Return the next instant at which something happens with no event; None: nothing ever does."""
        dues = [runner.due for runner in self._runners]
        others = [due for due in self._due.values() if due is not None]
        return min([*(due or self.now for due in dues), *others], default=None)

    async def store(self, events: Sequence[Event], sources: Sequence[SourceModel]) -> None:
        """Have events arrive now; rules that read such facts are due at once.

        Raises:
            StorageError: the writer would refuse one.
        """
        async with self._world.pool.acquire() as connection:
            for source in sources:
                within = source.expected_within
                seconds = None if within is None else within.total_seconds()
                row = (source.name, source.title, source.unit, source.system, seconds, source.working_time_only)
                await connection.execute(_SOURCE, *row)
            changed = await self._world.facts.store(connection, events, self.now) if events else frozenset()
        for runner in self._runners:
            if runner.rule.facts & changed:
                runner.notice(self.now)

    def set_channel(self, receiver: str, outcome: str) -> bool:
        """Let deliveries to `receiver` go so from now on; return whether there is such a receiver with a channel."""
        found = [channel for (name, _), channel in self._channels.items() if name == receiver]
        for channel in found:
            channel.outcome = _OUTCOMES[outcome]
        return bool(found)

    async def work(self) -> list[str]:
        """Do everything that is due now; return what failed, a line each."""
        failed = []
        for runner in self._runners:
            if runner.noticed or runner.due is None or runner.due <= self.now:
                await runner.evaluate(self.now)
                if runner.error:
                    failed.append(f"{runner.rule.alert} can't be evaluated: {runner.error}")
        await self._evaluations.write()
        self._due["people"] = await self._applier.follow_people(self.now)
        self._due["mutes"] = await self._applier.follow_mutes(self.now)
        self._due["groups"] = await self._applier.flush_due(self.now)
        self._due["escalations"] = await self._applier.escalate(self.now)
        await self._deliver()
        return failed

    async def look(self, since: datetime) -> Found:
        """Return the live alerts, those that ended after `since`, and what was sent since the last look."""
        rows = await self._world.pool.fetch(_ALERTS, since)
        alerts = [
            FoundAlert(row["rule"], row["state"], row["severity"], row["labels"], row["summary"] or "", row["value"])
            for row in rows
        ]
        sent = {(message.receiver, message.group_key, message.created_at): message for message in self._sent}
        self._sent.clear()
        notifications = [
            FoundNotification(m.receiver, m.reason, m.severity, m.title, m.firing + m.resolved) for m in sent.values()
        ]
        return Found(alerts, notifications)

    def _clock(self) -> datetime:
        return self.now

    async def _deliver(self) -> None:
        """Try all that is due in the outbox, until there is no more."""
        tried = -1
        while tried != self._tried():
            tried = self._tried()
            async with asyncio.TaskGroup() as deliveries:
                await self._sender.start(deliveries)
        self._due["outbox"] = await self._world.pool.fetchval(_NEXT_ATTEMPT, self.now)

    def _tried(self) -> int:
        return sum(channel.tried for channel in self._channels.values())


def eager(rule: Rule) -> Rule:
    """Return `rule` as it would be if it didn't know patience or thresholds: each row is an alert, at once."""
    return replace(rule, hold=replace(rule.hold, firing_after=timedelta()), when=None)
