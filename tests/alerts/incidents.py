"""Many incidents with a rota, on a real database, under leaders that are killed at random statements: what must have
happened is worked out apart, by adding up waits."""

import heapq
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from alerts.applying import Applier, Evaluated
from alerts.escalation.calls import Reach, receiver_of
from alerts.escalation.escalator import Escalator
from alerts.escalation.outgoing import Outbound
from alerts.flushing import Flush
from alerts.matchers import parse_matcher
from alerts.mutes.muting import Muting
from alerts.placing import Placement
from alerts.plan import Batch, Change
from alerts.routes import Route, Waits
from alerts.rows import Finding
from alerts.rule import Annotations, Hold, Place, Rule
from alerts.state import Episode, State, Step
from alerts.store import Begin, LiveAlert, Move, live_alerts
from ioc_core import alert_actions, alert_lifecycle
from ioc_core.db import Pool
from ioc_core.db.pool import _prepare
from ioc_core.oncall import OnCall, Policy, Rotation, Target
from ioc_core.oncall import Step as Called

T0 = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RULE = "Simulated"
LATE = timedelta(seconds=2)
"""How far from its instant a step may be done."""
WAITS = (0, 30, 60)
REPEAT_AFTER = 60
OFFSETS = (0, 30, 90, 150, 180, 240)
"""When the steps of two rounds are due, in seconds from the start, worked out by hand from the two lines above."""
SAFE = (15, 60, 120, 165, 210, 255)
"""Seconds after its beginning, give or take five, at which people act: never within two seconds of a step."""


class Killed(Exception):
    """The process is dead: nothing it was about to do happens any more."""


class Fuse:
    """Kills after so many statements; before a statement is sent, or when it was done and nobody has heard of it."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.after = False
        self.blown = False

    def set(self, statements: int, *, after: bool) -> None:
        """Kill at the statement of that number, from 0."""
        self.left, self.after = statements, after

    def spark(self, *, after: bool) -> None:
        """A statement begins, or has ended."""
        if self.blown:
            raise Killed
        if self.left is None or after != self.after:
            return
        if self.left == 0:
            self.blown, self.left = True, None
            raise Killed
        self.left -= 1


def mortal(fuse: Fuse) -> type["asyncpg.Connection[asyncpg.Record]"]:
    """A connection whose process dies when `fuse` says so: BEGIN and COMMIT are statements like others."""

    class Mortal(asyncpg.Connection):
        async def _through(self, name: str, *args: Any, **named: Any) -> Any:
            try:
                fuse.spark(after=False)
                answer = await getattr(asyncpg.Connection, name)(self, *args, **named)
                fuse.spark(after=True)
            except Killed:
                self.terminate()
                raise
            return answer

        async def execute(self, *args: Any, **named: Any) -> Any:
            return await self._through("execute", *args, **named)

        async def executemany(self, *args: Any, **named: Any) -> Any:
            return await self._through("executemany", *args, **named)

        async def fetch(self, *args: Any, **named: Any) -> Any:
            return await self._through("fetch", *args, **named)

        async def fetchval(self, *args: Any, **named: Any) -> Any:
            return await self._through("fetchval", *args, **named)

        async def fetchrow(self, *args: Any, **named: Any) -> Any:
            return await self._through("fetchrow", *args, **named)

    return Mortal


@dataclass(frozen=True, slots=True)
class Incident:
    """One alert: when it begins (seconds), and what becomes of it: `acked` (`until`, or for good), `resolved`."""

    name: str
    begins: int
    acked: int | None = None
    until: int | None = None
    resolved: int | None = None

    def escalations(self) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """When each of its escalations starts, and the (round, step) that are then done."""
        end = self.acked if self.acked is not None else self.resolved
        yield self.begins, self._steps(self.begins, end)
        if self.until is not None:
            yield self.until, self._steps(self.until, None)

    def _steps(self, start: int, end: int | None) -> list[tuple[int, int]]:
        done = [index for index, offset in enumerate(OFFSETS) if end is None or start + offset < end]
        return [divmod(index, len(WAITS)) for index in done]


def incidents(count: int, seconds: int, seed: int, grid: int = 1) -> list[Incident]:
    """So many incidents that begin within so many seconds; all happens at whole multiples of `grid` (1 or 15)."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        begins = chance.randrange(0, seconds, grid)
        acts = begins + chance.choice(SAFE) + (chance.randint(-5, 5) if grid == 1 else 0)
        fate = chance.random()
        fields: dict[str, int] = {}
        if fate < 0.4:
            fields = {"acked": acts}
        elif fate < 0.5:
            fields = {"acked": acts, "until": acts + chance.randrange(30, 61, grid)}
        elif fate < 0.75:
            fields = {"resolved": acts}
        made.append(Incident(f"i{number:05}", begins, **fields))
    return made


@dataclass(slots=True)
class World:
    """The centre, its people, and the clock (whole seconds)."""

    pool: Pool  # the leader's: it dies
    steady: Pool  # people's, and the judge's
    fuse: Fuse
    policies: int
    people: int
    chance: random.Random
    kills: int = 0
    ticks: int = 0
    applier: Applier = field(init=False)
    live: dict[str, LiveAlert] = field(default_factory=dict)

    async def lead(self, now: datetime) -> None:
        """A new process takes over."""
        self.fuse.blown, self.fuse.left = False, None
        policies = {f"p{number}": _policy(number, self.people) for number in range(self.policies)}
        people = [f"q{number}" for number in range(self.people)]
        rotations = {f"r{name}": _rotation(f"r{name}", name, people) for name in people}
        working = {receiver_of(name): ["phone/0", "mail/1"] for name in people}
        escalator = Escalator(
            {name: name for name in policies},
            Reach(OnCall(rotations=rotations, policies=policies), working),
            Outbound("http://127.0.0.1/console", None),
        )
        epoch = await self.steady.fetchval("UPDATE alert_leader SET epoch = epoch + 1 RETURNING epoch")
        self.applier = Applier(
            self.pool,
            epoch,
            placement=Placement(_routes(self.policies), policies),
            muting=Muting(ZoneInfo("Asia/Ho_Chi_Minh")),
            flush=Flush({}, "http://127.0.0.1/console", None, escalator),
            escalator=escalator,
            told=lambda: None,
            moved=lambda _: None,
        )
        await self.applier.take_over([_rule()], now)
        async with self.steady.acquire() as connection:
            self.live = (await live_alerts(connection, RULE)).get(RULE, {})

    async def run(self, all_of_them: Sequence[Incident], kill: float) -> None:
        """Let everything happen; in each second with something to do the leader is killed with this probability."""
        await self.lead(T0)
        acts: list[tuple[int, int, Incident]] = []
        waiting = sorted(all_of_them, key=lambda item: item.begins)
        wanted: dict[str, bool] = {}  # what the rule finds: fires, or not any more
        for number, item in enumerate(waiting):
            for at in (item.begins, item.acked, item.resolved):
                if at is not None:
                    heapq.heappush(acts, (at, number, item))
        clock, safe = 0, True
        while True:
            now = T0 + clock * SECOND
            while acts and acts[0][0] <= clock:
                await self._act(heapq.heappop(acts), wanted, now)
            self.ticks += 1
            try:
                if not safe and self.chance.random() < kill:
                    self.fuse.set(int(self.chance.expovariate(1 / 12)), after=self.chance.random() < 0.5)
                safe = False
                await self._work(wanted, now)
                self.fuse.left = None
            except (Killed, asyncpg.InterfaceError):
                assert self.fuse.blown
                self.kills += 1
                safe = True  # whoever takes over, a second later, gets that far
                clock += 1
                await self.lead(T0 + clock * SECOND)
                continue
            due = await self.steady.fetchval(_NEXT)
            instants = [acts[0][0]] if acts else []
            if due is not None:
                instants.append(-((T0 - due) // SECOND))
            if not instants:
                return
            clock = max(min(instants), clock + 1)

    async def _act(self, act: tuple[int, int, Incident], wanted: dict[str, bool], now: datetime) -> None:
        at, _, item = act
        if at == item.begins:
            wanted[item.name] = True
        elif at == item.resolved:
            wanted[item.name] = False
        else:
            until = None if item.until is None else T0 + item.until * SECOND
            decide = partial(alert_lifecycle.acknowledge, actor="a", now=now, until=until)
            async with self.steady.acquire() as connection:
                number = await connection.fetchval("SELECT id FROM alerts WHERE fingerprint = $1", item.name)
                await alert_actions.act(connection, number, decide, actor="a", now=now)

    async def _work(self, wanted: dict[str, bool], now: datetime) -> None:
        """What a leader does in one second: evaluate, follow people, tell, escalate."""
        changes = []
        for name, fires in wanted.items():
            known = self.live.get(name)
            if fires and known is None:
                episode = Episode(State.FIRING, now, now)
                changes.append(Change(name, begin=Begin(_finding(name, self.policies), Step.FIRING, episode)))
            elif not fires and known is not None:
                over = Episode(State.RESOLVED, now, known.episode.firing_at, now, now)
                changes.append(Change(name, move=Move(known.id, name, State.FIRING, Step.RESOLVED, over)))
        if changes:
            found = {change.fingerprint: _finding(change.fingerprint, self.policies) for change in changes}
            await self.applier.apply(Batch(RULE, changes, last=True), Evaluated(found, now, now))
        async with self.steady.acquire() as connection:
            self.live = (await live_alerts(connection, RULE)).get(RULE, {})
        for name in [name for name, fires in wanted.items() if fires == (name in self.live)]:
            if not wanted[name] or name in self.live:
                wanted.pop(name)
        await self.applier.follow_people(now)
        await self.applier.flush_due(now)
        await self.applier.escalate(now)


_NEXT = f"""
SELECT least((SELECT min(due_at) FROM notification_groups WHERE due_at < '{T0 + timedelta(hours=9)}'),
             (SELECT min(due_at) FROM escalations WHERE state = 'running'), ({alert_actions.NEXT_TIMER}),
             (SELECT min(called_at) + interval '1 minute' FROM person_messages
              WHERE told_at IS NULL AND dropped_at IS NULL))
"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found: `wrong` things in words; of steps how many there are and how late the latest was."""

    wrong: list[str]
    steps: int
    pages: int
    digests: int
    latest: timedelta


async def judge(steady: Pool, all_of_them: Sequence[Incident]) -> Judgement:
    """Compare what is in the database with what must have happened."""
    wrong: list[str] = []
    rows = await steady.fetch(
        "SELECT DISTINCT e.id, g.labels->>'incident' AS name, e.started_at FROM escalations e"
        " JOIN notification_groups g ON g.key = e.group_key ORDER BY e.id"
    )
    started: dict[str, list[asyncpg.Record]] = {}
    for row in rows:
        started.setdefault(row["name"], []).append(row)
    steps: dict[int, list[asyncpg.Record]] = {}
    for row in await steady.fetch("SELECT * FROM escalation_steps ORDER BY escalation_id, round, step"):
        steps.setdefault(row["escalation_id"], []).append(row)
    latest = timedelta()
    for item in all_of_them:
        expected, found = list(item.escalations()), started.get(item.name, [])
        if len(expected) != len(found):
            wrong.append(f"{item}: {len(found)} escalations instead of {len(expected)}")
            continue
        for (start, places), escalation in zip(expected, found, strict=True):
            if not timedelta() <= escalation["started_at"] - (T0 + start * SECOND) <= LATE:
                wrong.append(f"{item}: started at {escalation['started_at']}")
            done = steps.get(escalation["id"], [])
            if [(row["round"], row["step"]) for row in done] != places:
                wrong.append(f"{item}: did {[(row['round'], row['step']) for row in done]} instead of {places}")
            for row in done:
                due = escalation["started_at"] + OFFSETS[row["round"] * len(WAITS) + row["step"]] * SECOND
                late = row["done_at"] - due
                latest = max(latest, late)
                if row["due_at"] != due or not timedelta() <= late <= LATE:
                    wrong.append(f"{item}: step {row['round']}/{row['step']} was done {late} late")
    wrong += [f"step without its page: {dict(row)}" for row in await steady.fetch(_UNTOLD)]
    wrong += [f"page without its notifications: {dict(row)}" for row in await steady.fetch(_UNSENT)]
    kinds = Counter({row["kind"]: row["n"] for row in await steady.fetch(_COUNT)})
    return Judgement(wrong, sum(map(len, steps.values())), kinds["page"], kinds["digest"], latest)


_COUNT = "SELECT kind, count(*) AS n FROM person_messages WHERE told_at IS NOT NULL GROUP BY kind"
_UNTOLD = """
SELECT s.escalation_id, s.round, s.step, c.receiver FROM escalation_steps s, unnest(s.called) AS c (receiver)
LEFT JOIN LATERAL (SELECT count(*) AS n FROM person_messages m WHERE m.escalation_id = s.escalation_id
    AND m.round = s.round AND m.step = s.step AND m.kind = 'page' AND 'person:' || m.person = c.receiver
    AND (m.dropped_at IS NOT NULL OR m.told_at <= m.called_at + interval '62 seconds')) AS m ON true
WHERE m.n <> 1
UNION ALL SELECT s.escalation_id, s.round, s.step, '' FROM escalation_steps s WHERE cardinality(s.called) <> 1
"""
_UNSENT = """
SELECT m.id, m.person, m.kind, m.channels, count(n.id) AS written
FROM person_messages m LEFT JOIN notifications n ON n.receiver = 'person:' || m.person AND n.channel = ANY(m.channels)
    AND n.created_at = m.told_at AND m.alert_ids <@ n.alert_ids
    AND CASE m.kind WHEN 'page' THEN n.escalation_id = m.escalation_id AND n.step = m.step ELSE n.step IS NULL END
WHERE m.told_at IS NOT NULL AND m.digest IS NULL AND m.kind <> 'end'
GROUP BY m.id HAVING count(n.id) <> cardinality(m.channels)
"""


async def mortal_pool(dsn: str, fuse: Fuse) -> Pool:
    """A pool whose connections die with their process."""
    return await asyncpg.create_pool(dsn, min_size=1, max_size=2, init=_prepare, connection_class=mortal(fuse))


def _policy(number: int, people: int) -> Policy:
    """First whoever is on call, by his first way; then by all; then another person."""
    rotation = Target("rotation", f"rq{number % people}")
    other = Target("person", f"q{(number + 1) % people}")
    steps = (
        Called(WAITS[0] * SECOND, (rotation,), ()),
        Called(WAITS[1] * SECOND, (rotation,), None),
        Called(WAITS[2] * SECOND, (other,), ("mail",)),
    )
    return Policy(f"p{number}", f"p{number}", steps, 1, REPEAT_AFTER * SECOND)


def _rotation(name: str, first: str, people: Sequence[str]) -> Rotation:
    members = (first, *people)
    return Rotation(name, name, "daily", members, date(2026, 11, 20), None, (time(7),), ZoneInfo("Asia/Ho_Chi_Minh"))


def _routes(policies: int) -> Route:
    waits = Waits(timedelta(), timedelta(), timedelta(hours=9))
    children = tuple(
        Route(f"/{number}", f"p{number}", None, waits, (parse_matcher(f'policy="{number}"'),), False, ())
        for number in range(policies)
    )
    return Route("", "p0", None, waits, (), False, children)


def _rule() -> Rule:
    return Rule(
        alert=RULE, group="g", expr="", interval=SECOND, hold=Hold(timedelta(), timedelta()), severity=1, labels={},
        details=(), annotations=Annotations("", "", "", ""), facts=frozenset(), wake=None,
        place=Place("", 0), expr_place=Place("", 0), wake_place=None,
    )  # fmt: skip


def _finding(name: str, policies: int) -> Finding:
    labels = {"incident": name, "policy": str(random.Random(name).randrange(policies))}
    return Finding(name, 1, labels, {}, {"summary": name}, 1.0, "1")
