"""A night of an on-call person: the real engine on a real database, with a clock that the test turns."""

import asyncio
import inspect
import re
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from alerts.applying import Applier
from alerts.channels.outcome import Channel, Ok, Outcome
from alerts.escalation.calls import Reach
from alerts.escalation.escalator import Escalator
from alerts.escalation.outgoing import Outbound
from alerts.evaluations import Evaluations
from alerts.flushing import Flush
from alerts.message import Message
from alerts.metrics import Metrics
from alerts.mutes.muting import Muting
from alerts.outbox import Outbox, free_leases
from alerts.placing import Placement
from alerts.query import Sessions
from alerts.route_file import load_routing
from alerts.rule_file import load_rules
from alerts.runner import Engine, Runner
from alerts.sender import Sender
from alerts.store import live_alerts
from alerts.templates import Templates
from ioc_core import alert_actions, silences
from ioc_core import alert_lifecycle as lifecycle
from ioc_core.alert_lifecycle import Change
from ioc_core.alert_links import Signer
from ioc_core.db import Pool
from ioc_core.label_matchers import LabelMatcher
from ioc_core.oncall import load_oncall
from ioc_core.silences import Silence, Wanted
from tests.alerts.facts import set_gauge

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2026, 11, 20, 12, tzinfo=UTC)

RULES = """
groups:
  - name: test
    rules:
      - alert: GaugeHigh
        expr: |
          SELECT labels->>'host' AS host, value, (labels->>'grade')::int AS grade
          FROM v_series WHERE metric = 'test_gauge' AND value > 10
        for: 2m
        keep_firing_for: 1m
        severity: grade
        annotations: {summary: "{{ host }} nóng"}
"""
ROUTES = """
route:
  receiver: duty
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 1h
  routes:
    - {matchers: [severity="4"], receiver: screens}
    - {matchers: [severity=~"1|2"], group_by: ['...'], group_wait: 0s, group_interval: 0s, repeat_interval: 15m}
receivers:
  - {name: duty, channels: [{type: webhook, url: "http://127.0.0.1/"}]}
  - {name: screens}
"""


class Pager(Channel):
    """A channel that keeps what it is given; `plan` holds the outcomes of the next attempts, then it is Ok."""

    def __init__(self) -> None:
        self.plan: deque[Outcome] = deque()
        self.tried: list[Message] = []
        self.pages: list[Message] = []

    async def send(self, message: Message) -> Outcome:
        """Take a message."""
        self.tried.append(message)
        outcome = self.plan.popleft() if self.plan else Ok()
        if outcome == Ok():
            self.pages.append(message)
        return outcome

    async def close(self) -> None:
        """Nothing to give back."""


class Night:
    """One leader after another over one database, with rules, routes and a pager."""

    def __init__(self, pool: Pool, sessions: Sessions, folder: Path) -> None:
        self.pool = pool
        self.sessions = sessions
        self.pager = Pager()
        self.now = START
        self._folder = folder / "night"
        (self._folder / "rules").mkdir(parents=True, exist_ok=True)
        self._read = 0
        self.registry = CollectorRegistry()
        self._metrics = Metrics(self.registry)

    async def lead(self, rules: str = RULES, routes: str = ROUTES, oncall: str = "") -> None:
        """A leader takes over, with this configuration."""
        (self._folder / "rules" / "test.yaml").write_text(dedent(rules), encoding="utf-8")
        (self._folder / "routes.yaml").write_text(dedent(routes), encoding="utf-8")
        (self._folder / "oncall.yaml").write_text(dedent(oncall) or "{}", encoding="utf-8")
        templates = Templates(ZONE)
        loaded, routing = load_rules(self._folder, templates), load_routing(self._folder)
        channels: dict[tuple[str, str], Channel] = {
            (receiver, config.name): self.pager
            for receiver, configs in routing.receivers.items()
            for config in configs
        }
        on_call = load_oncall(self._folder, ZONE)
        for person in on_call.people.values():
            for place, way in enumerate(person.ways):
                channels[f"person:{person.name}", f"{way.kind}/{place}"] = self.pager
        names: dict[str, list[str]] = {}
        for receiver, name in channels:
            names.setdefault(receiver, []).append(name)
        epoch = await self.pool.fetchval("UPDATE alert_leader SET epoch = epoch + 1 RETURNING epoch")
        escalator = Escalator(
            {receiver: item.policy for receiver, item in routing.escalations.items()},
            Reach(on_call, names),
            Outbound("http://127.0.0.1:8501/console", Signer(b"k" * 32, "https://ioc.example.vn")),
        )
        self.applier = Applier(
            self.pool,
            epoch,
            placement=Placement(routing.root, {*names, *routing.escalations}),
            muting=Muting(ZONE, routing.causes),
            flush=Flush(names, "http://127.0.0.1:8501/console", None, escalator),
            escalator=escalator,
            told=lambda: None,
            moved=lambda _: None,
        )
        self.evaluations = Evaluations(self.pool)
        await self.evaluations.begin(loaded)
        async with self.pool.acquire() as connection:
            await free_leases(connection)
        await self.applier.take_over(loaded, self.now)
        async with self.pool.acquire() as connection:
            live = await live_alerts(connection)
        engine = Engine(
            pool=self.pool,
            applier=self.applier,
            evaluations=self.evaluations,
            templates=templates,
            metrics=self._metrics,
            clock=lambda: self.now,
            sessions=self.sessions,
        )
        self.runners = [Runner(rule, engine, live.get(rule.alert, {})) for rule in loaded]
        self.sender = Sender(
            self.pool,
            Outbox(f"night/{epoch}", ways=names),
            channels,
            metrics=self._metrics,
            clock=lambda: self.now,
            moved=lambda _: None,
        )

    async def heat(self, host: str, value: float | None, grade: int = 1) -> None:
        """Set how hot a host is (over 10 is an alert of that severity); None: the host is gone."""
        await self.pool.execute("DELETE FROM series WHERE labels->>'host' = $1", host)
        await self.pool.execute("DELETE FROM series_current WHERE series_id NOT IN (SELECT id FROM series)")
        if value is not None:
            await set_gauge(self.pool, value, host=host, grade=str(grade))

    async def take(self, host: str) -> None:
        """The on-call person acknowledges the alert about `host`."""
        await self.do(lifecycle.acknowledge, host, actor="lan", note="đang xử lý")

    async def do(self, decide: Callable[..., Change | None], host: str, *, actor: str = "lan", **said: object) -> bool:
        """Somebody does something to the alert about `host` (a function of ioc_core.alert_lifecycle)."""
        named = {"actor": actor} if "actor" in inspect.signature(decide).parameters else {}
        async with self.pool.acquire() as connection:
            alert_id = await connection.fetchval(
                "SELECT id FROM alerts WHERE labels->>'host' = $1 AND state <> 'resolved'", host
            )
            done = partial(decide, now=self.now, **named, **said)
            return await alert_actions.act(connection, alert_id, done, actor=actor, now=self.now)

    async def silence(self, length: timedelta, *, starts_in: timedelta = timedelta(), **said: Any) -> Silence:
        """Somebody silences the host `a`, or what `said` says otherwise (fields of `Wanted`), for `length`."""
        starts_at = self.now + starts_in
        wanted = {"matchers": (LabelMatcher("host", "a"),), "comment": "đã biết", **said}
        async with self.pool.acquire() as connection:
            silence = Wanted(starts_at=starts_at, ends_at=starts_at + length, **wanted)
            return await silences.create(connection, silence, actor="lan", now=self.now, zone=ZONE)

    async def expire(self, silence: Silence) -> None:
        """Somebody ends a silence."""
        async with self.pool.acquire() as connection:
            await silences.expire(connection, silence.id, now=self.now, zone=ZONE)

    async def at(self, clock: str, *, evaluate: bool = True) -> list[str]:
        """Turn the clock (`h:mm` or `h:mm:ss` since the start), do what is due; return the new pages' titles."""
        hours, minutes, *seconds = map(int, clock.split(":"))
        self.now = START + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
        if evaluate:
            for runner in self.runners:
                await runner.evaluate(self.now)
        await self.evaluations.write()
        await self.applier.follow_people(self.now)
        await self.applier.follow_mutes(self.now)
        await self.applier.flush_due(self.now)
        await self.applier.escalate(self.now)
        await self.deliver()
        return self.new_pages()

    async def deliver(self) -> None:
        """Try everything in the outbox that is due."""
        tried = -1
        while tried != len(self.pager.tried):
            tried = len(self.pager.tried)
            async with asyncio.TaskGroup() as deliveries:
                await self.sender.start(deliveries)

    def new_pages(self) -> list[str]:
        """The titles of the pages since the last call."""
        titles = [page.title for page in self.pager.pages[self._read :]]
        self._read = len(self.pager.pages)
        return titles

    async def history(self, *kinds: str) -> Sequence[str]:
        """The history of all alerts as `host kind`, of these kinds or of all."""
        rows = await self.pool.fetch(
            "SELECT a.labels->>'host' AS host, h.kind FROM alert_history h JOIN alerts a ON a.id = h.alert_id"
            " WHERE cardinality($1::text[]) = 0 OR h.kind = ANY($1) ORDER BY h.id",
            list(kinds),
        )
        return [f"{row['host']} {row['kind']}" for row in rows]

    def sample(self, name: str, **labels: str) -> float:
        """The value of a metric; 0 when there is none."""
        assert re.match(r"ioc_", name)
        return self.registry.get_sample_value(name, labels) or 0.0
