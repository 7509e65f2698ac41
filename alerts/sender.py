"""Delivers the outbox: bounded tasks that try, record how it went, and come back later for what failed."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from alerts.channels.outcome import Channel, Ok, Outcome, Permanent, Temporary
from alerts.metrics import Metrics
from alerts.outbox import Leased, Outbox
from alerts.retry import RetryPolicy
from alerts.waiting import wait
from ioc_core.db import Pool

log = structlog.get_logger(__name__)

AT_ONCE = 8
"""Deliveries under way at the same time."""
_LOOK_EVERY = 5.0
_DRAIN = 2.0
_LONGEST_ERROR = 500


class Sender:
    """Sends what is in the outbox while it runs. `moved` is called when the history of alerts grew."""

    def __init__(
        self,
        pool: Pool,
        outbox: Outbox,
        channels: Mapping[tuple[str, str], Channel],
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
        moved: Callable[[datetime], None],
        policy: RetryPolicy | None = None,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._channels = channels
        self._metrics = metrics
        self._clock = clock
        self._moved = moved
        self._policy = policy or RetryPolicy()
        self._wake = asyncio.Event()
        self._free = AT_ONCE
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()

    def wake(self) -> None:
        """Look at once: the outbox has something new, or a delivery ended."""
        self._wake.set()

    async def drain(self) -> None:
        """Begin no delivery any more, and return when those under way have ended, or after two seconds."""
        self._draining = True
        await wait(self._idle, _DRAIN)

    async def run(self) -> None:
        """Deliver for ever. Raises: what the database raises when it is away; leases then run out by themselves."""
        async with asyncio.TaskGroup() as deliveries:
            while True:
                self._wake.clear()
                await self.start(deliveries)
                await wait(self._wake, await self._pause())

    async def start(self, deliveries: asyncio.TaskGroup) -> None:
        """Begin to deliver what is due now, as tasks of the group."""
        if not self._free or self._draining:
            return
        async with self._pool.acquire() as connection:
            leased = await self._outbox.lease(connection, self._clock(), self._free)
        for item in leased:
            self._free -= 1
            self._idle.clear()
            deliveries.create_task(self._deliver(item))

    async def _pause(self) -> float:
        """Seconds until there may be something to do with no wake-up."""
        if not self._free:
            return _LOOK_EVERY
        async with self._pool.acquire() as connection:
            due = await self._outbox.next_due(connection, self._clock())
        if due is None:
            return _LOOK_EVERY
        return min(max((due - self._clock()).total_seconds(), 0.01), _LOOK_EVERY)

    async def _deliver(self, item: Leased) -> None:
        try:
            outcome = await self._try(item)
            await self._record(item, outcome)
        finally:
            self._free += 1
            if self._free == AT_ONCE:
                self._idle.set()
            self.wake()

    async def _try(self, item: Leased) -> Outcome:
        channel = self._channels.get((item.receiver, item.channel))
        if channel is None:
            return Permanent("the channel is no longer configured, or disabled")
        try:
            return await channel.send(item.message)
        except Exception as error:  # a fault in one channel must not stop the others; it is tried again
            log.exception("channel_crashed", channel=item.channel, notification=item.message.id)
            return Temporary(f"{type(error).__name__}: {error}")

    async def _record(self, item: Leased, outcome: Outcome) -> None:
        now = self._clock()
        kind = item.channel.partition("/")[0]
        async with self._pool.acquire() as connection:
            match outcome:
                case Ok():
                    result = "ok"
                    await self._outbox.sent(connection, item, now)
                    self._metrics.notification_latency.labels(kind).observe((now - item.observed_at).total_seconds())
                case Permanent(reason):
                    result = "permanent"
                    await self._outbox.failed(connection, item, now, reason[:_LONGEST_ERROR])
                case Temporary(reason, retry_after):
                    at = self._policy.next_attempt(
                        now,
                        attempts=item.attempts,
                        retry_after=retry_after,
                        chance=random.random(),  # noqa: S311  (spreads retries, guards nothing)
                    )
                    result = "temporary" if at < item.expires_at else "expired"
                    if at < item.expires_at:
                        await self._outbox.again(connection, item, at, reason[:_LONGEST_ERROR])
                    else:
                        await self._outbox.expired(connection, item, now, f"gave up: {reason}"[:_LONGEST_ERROR])
        self._metrics.notifications.labels(kind, result).inc()
        log.info(
            "notification_tried", notification=item.message.id, receiver=item.receiver, channel=item.channel,
            outcome=result, attempt=item.attempts, reason=getattr(outcome, "reason", ""),
        )  # fmt: skip
        if result != "temporary":
            self._moved(now)
