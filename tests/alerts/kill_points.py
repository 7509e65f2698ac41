"""A sender that is killed at a chosen await: its connections break there, and not a line of it runs after.

One life after another over one outbox and two real receivers, one of which takes nothing; what they took is compared
with what the outbox was given.
"""

import asyncio
import random
import types
from collections import Counter
from collections.abc import Coroutine, Generator
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry

from alerts.channels.outcome import Channel
from alerts.channels.webhook import Webhook
from alerts.message import to_plain
from alerts.metrics import Metrics
from alerts.next_way import way_key
from alerts.outbox import Outbox, free_leases
from alerts.rates import Rate
from alerts.sender import AT_ONCE, Sender
from ioc_core.db import Pool, create_pool
from tests.alerts.messages import message
from tests.alerts.phone import Phone

T = TypeVar("T")
WAYS = {"person:an": ["phone/0", "mail/1"], "duty": ["webhook/0", "sms/1"]}
LIMITS = {"duty sms/1": Rate(2, timedelta(seconds=1))}
_BEGUN = datetime(2026, 11, 20, 20, tzinfo=UTC)
_BETWEEN = timedelta(minutes=10)
"""Longer than any pause after a failure: what was tried in one life is due in the next."""
_FOR_EVER = timedelta(days=3650)


class Killed(BaseException):
    """kill -9, as far as the outside can tell."""


class Fuse:
    """Burns down with every await of the sender's coroutines; then the pool's connections are gone."""

    def __init__(self, pool: Pool, at: int | None) -> None:
        self._pool = pool
        self._at = at
        self.steps = 0
        self.blown = False

    def step(self) -> None:
        """Raise Killed from the chosen step on."""
        self.steps += 1
        if self.steps == self._at:
            self.blown = True
            self._pool.terminate()
        if self.blown:
            raise Killed


@types.coroutine
def fused(coroutine: Coroutine[Any, Any, T], fuse: Fuse) -> Generator[Any, Any, T]:
    """Run `coroutine` until it ends or the fuse is blown: what it still does then can reach nothing any more."""
    error: BaseException | None = None
    while True:
        try:
            fuse.step()
        except Killed as killed:
            error = killed
        try:
            awaited = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        error = None
        try:
            yield awaited
        except BaseException as raised:  # noqa: BLE001  (it is the coroutine's to handle)
            error = raised


class FusedGroup(asyncio.TaskGroup):
    """A task group whose tasks burn the fuse."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[T]:
        """Begin a task."""
        return super().create_task(_awaited(coro, self._fuse), name=name, context=context)


async def _awaited(coroutine: Coroutine[Any, Any, T], fuse: Fuse) -> T:
    return await fused(coroutine, fuse)


@dataclass
class Story:
    """Lives of senders, and what was asked of them."""

    dsn: str
    pool: Pool
    phone: Phone  # takes everything, sometimes at the second time
    refusing: Phone  # takes nothing, for good
    dice: random.Random
    alert_id: int = 0
    now: datetime = _BEGUN
    kills: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)  # (key, receiver)
    unsure: Counter[str] = field(default_factory=Counter)  # key → kills while it was under way
    _longest: int = 60

    async def begin(self) -> None:
        """Make the alert that all messages tell of."""
        self.refusing.always = 410
        self.alert_id = await self.pool.fetchval(
            "INSERT INTO alerts (fingerprint, rule, severity, labels, state, pending_at, firing_at, updated_at)"
            " VALUES ('f', 'R', 1, '{}', 'firing', $1, $1, $1) RETURNING id",
            self.now,
        )

    async def live(self, *, killed: bool) -> None:
        """One process: takes over, delivers what is due, and dies at a random await, or not at all."""
        self.now += _BETWEEN
        pool = await create_pool(self.dsn, application="kill-point", size=2)
        channels = self._channels()
        fuse = Fuse(pool, self.dice.randint(1, self._longest) if killed else None)
        try:
            async with pool.acquire() as connection:
                await free_leases(connection)
            sender = Sender(
                pool,
                Outbox(f"life {self.now}", LIMITS, WAYS),
                channels,
                metrics=Metrics(CollectorRegistry()),
                clock=lambda: self.now,
                moved=lambda _: None,
            )
            async with FusedGroup(fuse) as deliveries:
                await fused(sender.start(deliveries), fuse)
        except BaseException:  # Killed, or what its cleaning up met
            if not fuse.blown:
                raise
            self.kills += 1
            for row in await self.pool.fetch("SELECT idempotency_key FROM notifications WHERE leased_by IS NOT NULL"):
                self.unsure[row["idempotency_key"]] += 1
        finally:
            pool.terminate()
            await asyncio.gather(*(channel.close() for channel in set(channels.values())))
        if not fuse.blown:
            self._longest = max(self._longest, fuse.steps)

    async def fill(self) -> None:
        """Put so much into the outbox that every life has its hands full."""
        queued = await self.pool.fetchval("SELECT count(*) FROM notifications WHERE state = 'queued'")
        for _ in range(AT_ONCE - queued):
            receiver, channel = self.dice.choice(
                [("duty", "webhook/0"), ("duty", "sms/1"), ("person:an", "phone/0"), ("person:an", "mail/1")]
            )
            key = f"{self.dice.getrandbits(128):032x}"
            self.asked.append((key, channel))
            await self.pool.execute(
                "INSERT INTO notifications (idempotency_key, group_key, receiver, channel, severity, message,"
                " alert_ids, observed_at, created_at, expires_at, next_attempt_at)"
                " VALUES ($1, $1, $2, $3, 1, $4, $5, $6, $6, $7, $6)",
                *(key, receiver, channel, to_plain(message()), [self.alert_id], self.now, self.now + _FOR_EVER),
            )
            self.phone.plan.append((self.dice.choice([200, 200, 200, 500]), {}, 0.0))

    async def finish(self) -> None:
        """Live on until nothing is queued."""
        self.phone.plan.clear()
        while await self.pool.fetchval("SELECT count(*) FROM notifications WHERE state = 'queued'"):
            await self.live(killed=False)

    def missed(self) -> list[str]:
        """The messages that no receiver took: by their own way, or by the next one after one that refused."""
        taken = {call.key for call in self.phone.accepted}
        return [key for key, channel in self.asked if self._final(key, channel) not in taken]

    def unexplained(self) -> list[str]:
        """Keys that were taken again although no death lay between the yes and its record."""
        taken = Counter(call.key for call in self.phone.accepted)
        return [key for key, times in taken.items() if times > 1 + self.unsure[key]]

    @property
    def repeats(self) -> int:
        """How many messages were taken once more."""
        keys = [call.key for call in self.phone.accepted]
        return len(keys) - len(set(keys))

    async def history(self) -> Counter[str]:
        """How often the alert's history says what."""
        rows = await self.pool.fetch("SELECT kind FROM alert_history WHERE kind <> 'firing'")
        return Counter(row["kind"] for row in rows)

    def expected_history(self) -> Counter[str]:
        """One `notified` for each message; one `way_failed` for each that the refusing one got."""
        refused = sum(channel == "phone/0" for _, channel in self.asked)
        return +Counter({"notified": len(self.asked), "way_failed": refused})

    @staticmethod
    def _final(key: str, channel: str) -> str:
        return way_key(key, "mail/1") if channel == "phone/0" else key

    def _channels(self) -> dict[tuple[str, str], Channel]:
        good, bad = Webhook(self.phone.url, key=None, timeout=5), Webhook(self.refusing.url, key=None, timeout=5)
        return {
            ("duty", "webhook/0"): good, ("duty", "sms/1"): good, ("person:an", "mail/1"): good,
            ("person:an", "phone/0"): bad,
        }  # fmt: skip


async def killed_at(story: Story, points: int) -> None:
    """Let `points` senders be killed one after another, and one bring it to its end."""
    await story.begin()
    await story.fill()
    await story.live(killed=False)
    while story.kills < points:
        await story.fill()
        await story.live(killed=True)
    await story.finish()
