"""Reading LIVE in order from any point of the last ten minutes, across reconnections."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from msgspec import Struct
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from ioc_core.bus.connection import LIVE, Bus
from ioc_core.errors import BusError

log = structlog.get_logger(__name__)

_HEARTBEAT = 1.0
_SILENT = 3.5
_QUEUE = 10_000


class LiveMessage(Struct, frozen=True):
    """One message of LIVE. `seq` only grows within one `stream`; `published_at` is the server's clock, UTC."""

    stream: str
    seq: int
    subject: str
    data: bytes
    published_at: datetime


class LiveReset(Struct, frozen=True):
    """What was read before doesn't join what comes next: read the state anew. `seq` is the last one skipped."""

    stream: str
    seq: int


class LiveReader:
    """An ordered reader of some subjects of LIVE; from now on, or `after` a position (stream, sequence) held by it."""

    def __init__(self, bus: Bus, subject: str, *, after: tuple[str, int] | None = None) -> None:
        self._bus = bus
        self._subject = subject
        self._queue: asyncio.Queue[Msg | None] = asyncio.Queue(_QUEUE)
        self._subscription: Subscription | None = None
        self._stream, self._last = after or ("", 0)
        self._expected = 1
        self._forget = bus.on_reconnect(self._wake)

    def _wake(self) -> None:
        if not self._queue.full():
            self._queue.put_nowait(None)

    async def read(self) -> AsyncIterator[LiveMessage | LiveReset]:
        """Yield each message from now (or `after`) on, for ever; a `LiveReset` at every gap that LIVE can't fill.

        Without a position to go on from, the first item is a `LiveReset`.
        """
        pause = 0.1
        while True:
            try:
                async for item in self._session():
                    pause = 0.1
                    yield item
            except (BusError, NatsError, OSError) as error:
                log.warning("live_reader_retries", error=str(error), subject=self._subject)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)

    async def close(self) -> None:
        """Stop; the server forgets the reader by itself."""
        self._forget()
        await self._unsubscribe()

    async def _unsubscribe(self) -> None:
        if self._subscription is None:
            return
        subscription, self._subscription = self._subscription, None
        try:
            await subscription.unsubscribe()
        except NatsError as error:
            log.debug("unsubscribe_failed", error=str(error))

    async def _session(self) -> AsyncIterator[LiveMessage | LiveReset]:
        reset = await self._subscribe()
        if reset is not None:
            yield reset
        while True:
            try:
                async with asyncio.timeout(_SILENT):  # wait_for can lose a cancellation (until Python 3.12)
                    message = await self._queue.get()
            except TimeoutError:
                return
            if message is None:
                return
            status = (message.headers or {}).get("Status")
            if status is not None:
                if message.reply:  # flow control wants an answer
                    await self._bus.client.publish(message.reply, b"")
                continue
            live, consumer_seq = _parse(message, self._stream)
            if consumer_seq != self._expected:
                log.info("live_gap", expected=self._expected, got=consumer_seq)
                return
            self._expected += 1
            self._last = live.seq
            yield live

    async def _subscribe(self) -> LiveReset | None:
        await self._unsubscribe()
        while not self._queue.empty():
            self._queue.get_nowait()
        inbox = self._bus.client.new_inbox()
        self._subscription = await self._bus.client.subscribe(inbox, cb=self._receive)
        try:
            state = await self._bus.stream_state(LIVE)
        except BusError:
            await self._bus.ensure_streams()
            state = await self._bus.stream_state(LIVE)
        continues = (
            state.identity == self._stream and state.first_seq <= self._last + 1 and self._last <= state.last_seq
        )
        reset = None if continues else LiveReset(state.identity, state.last_seq)
        if reset is not None:
            self._stream, self._last = reset.stream, reset.seq
        self._expected = 1
        config: dict[str, Any] = {
            "deliver_subject": inbox,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._last + 1,
            "ack_policy": "none",
            "filter_subject": self._subject,
            "idle_heartbeat": int(_HEARTBEAT * 1e9),
            "flow_control": True,
            "inactive_threshold": 10_000_000_000,
            "mem_storage": True,
            "num_replicas": 1,
        }
        await self._bus.api(f"CONSUMER.CREATE.{LIVE}", {"stream_name": LIVE, "config": config})
        return reset

    async def _receive(self, message: Msg) -> None:
        if self._queue.full():  # a gap follows, which `_session` sees and fills from the stream
            self._queue.get_nowait()
        self._queue.put_nowait(message)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _parse(message: Msg, stream: str) -> tuple[LiveMessage, int]:
    tokens = message.reply.split(".")
    seq, consumer_seq, nanoseconds = int(tokens[-4]), int(tokens[-3]), int(tokens[-2])
    published_at = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return LiveMessage(stream, seq, message.subject, message.data, published_at), consumer_seq
