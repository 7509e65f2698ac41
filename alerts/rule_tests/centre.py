"""A simulated centre: the real engine over a scratch database, a clock that is turned, channels that record."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from alerts.applying import Applier
from alerts.channels.outcome import Channel, Ok, Outcome, Permanent, Temporary
from alerts.escalation.calls import Reach
from alerts.escalation.escalator import Escalator
from alerts.escalation.gap_watch import keep_gaps
from alerts.escalation.outgoing import Outbound
from alerts.evaluations import Evaluations
from alerts.files_in_use import write_files
from alerts.flushing import Flush
from alerts.message import Message
from alerts.metrics import Metrics
from alerts.mutes.muting import Muting
from alerts.outbox import Outbox
from alerts.placing import Placement
from alerts.query import Sessions
from alerts.route_file import Routing
from alerts.rule import Rule
from alerts.rule_tests.acts import FaultySession, make_override, make_silence, refuse_files
from alerts.rule_tests.comparing import Found, FoundAlert, FoundNotification
from alerts.rule_tests.model import (
    Act,
    ChannelModel,
    EvaluationModel,
    OverrideModel,
    RuleFilesModel,
    SilenceModel,
    SourceModel,
)
from alerts.rule_tests.world import World
from alerts.runner import Engine, Runner
from alerts.sender import Sender
from alerts.templates import Templates
from alerts.views import ROLLED_UP, read_by
from ioc_core.alert_links import Signer
from ioc_core.errors import InputError
from ioc_core.events import Event
from ioc_core.oncall import OnCall

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
_GAPS, _EVALUATIONS = "v_oncall_gaps", "v_rule_evaluations"
_KEY = bytes(32)  # signs links that lead nowhere
_OUTCOMES: dict[str, Outcome] = {"ok": Ok(), "temporary": Temporary("HTTP 503"), "permanent": Permanent("HTTP 404")}


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
        self._stirred = True
        self._views = frozenset(view for rule in rules for view in read_by(rule))

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
            told=self._have_delivered,
            moved=lambda _: None,
        )
        await write_files(world.pool, now, None)
        await self._evaluations.begin(self._rules)
        self._session = FaultySession(world.asking, self._clock)
        engine = Engine(
            pool=world.pool,
            applier=self._applier,
            evaluations=self._evaluations,
            templates=self._setting.templates,
            metrics=self._metrics,
            clock=self._clock,
            sessions=Sessions([self._session]),
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

    async def act(self, what: Act) -> None:
        """Have something happen now that no source tells of. Raises: InputError: it can't."""
        self._stirred = True
        match what:
            case ChannelModel():
                self._set_channel(what.receiver, what.outcome)
            case SilenceModel():
                await make_silence(self._world.pool, what, self.now, self._setting.zone)
            case OverrideModel():
                await make_override(self._world.pool, what, self.now, self._setting.oncall)
            case RuleFilesModel():
                await refuse_files(self._world.pool, what, self.now)
            case EvaluationModel(error=None):
                self._session.faults.pop(what.rule, None)
            case EvaluationModel():
                self._session.faults[what.rule] = what.error or ""

    def _set_channel(self, receiver: str, outcome: str) -> None:
        found = [channel for (name, _), channel in self._channels.items() if name == receiver]
        if not found:
            raise InputError("receiver", f"receiver {receiver!r} has no channel")
        for channel in found:
            channel.outcome = _OUTCOMES[outcome]

    async def work(self) -> list[str]:
        """Do everything that is due now; return what failed, a line each."""
        failed = await self._evaluate()
        if self._stirred or self._applier.groups_touched.is_set() or any(map(self._is_due, self._due)):
            await self._follow()
        return failed

    async def _follow(self) -> None:
        """Do what follows from what evaluations, people and the clock changed; it says itself when it is due again."""
        applier, self._stirred = self._applier, False
        self._due["people"] = await applier.follow_people(self.now)
        self._due["mutes"] = await applier.follow_mutes(self.now)
        if applier.groups_touched.is_set() or self._is_due("groups"):
            applier.groups_touched.clear()
            self._due["groups"] = await applier.flush_due(self.now)
        self._due["escalations"] = await applier.escalate(self.now)
        if self._is_due("outbox"):
            await self._deliver()
            self._stirred = True  # what was delivered, or wasn't, may call for more

    async def _evaluate(self) -> list[str]:
        failed = []
        runners = [item for item in self._runners if item.noticed or item.due is None or item.due <= self.now]
        if runners and self._views & (ROLLED_UP | {_GAPS}):
            await self._prepare()
        for runner in runners:
            await runner.evaluate(self.now)
            if runner.error and runner.rule.alert not in self._session.faults:
                failed.append(f"{runner.rule.alert} can't be evaluated: {runner.error}")
        if _EVALUATIONS in self._views:
            await self._evaluations.write()
        return failed

    async def _prepare(self) -> None:
        """Do what the centre does every few seconds, where one of the rules can see it."""
        async with self._world.pool.acquire() as connection:
            if self._views & ROLLED_UP:
                await self._world.facts.roll_up(connection, self.now)
            if _GAPS in self._views:
                async with connection.transaction():
                    await keep_gaps(connection, self._setting.oncall, self.now)

    def _is_due(self, what: str) -> bool:
        due = self._due.get(what)
        return due is not None and due <= self.now

    def _have_delivered(self) -> None:
        self._due["outbox"] = self.now

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
