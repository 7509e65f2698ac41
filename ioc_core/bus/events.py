"""Pulling EVENTS in batches: what is there at once, without waiting for a batch to fill."""

import asyncio
import json
from collections import deque
from collections.abc import Sequence

import structlog
from msgspec import Struct
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import Header

from ioc_core.bus.connection import EVENTS, WRITER, Bus
from ioc_core.errors import BusError

log = structlog.get_logger(__name__)

_EXPIRES = 10.0
_NEXT = f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.{WRITER}"
_GONE = frozenset({"404", "409", "503"})
_ENDED = frozenset({"message size exceeds maxbytes", "batch completed", "exceeded maxwaiting"})
"""Descriptions of 409 that end one request and say nothing of the stream."""


class PulledMessage(Struct, frozen=True):
    """One message of EVENTS: `data` is a batch of events, (`stream`, `seq`) its position, `source` its subject's."""

    stream: str
    seq: int
    data: bytes
    reply: str
    source: str = ""


class EventsPuller:
    """The writer's end of EVENTS. Messages come again until `ack`ed, after a crash within ten seconds.

    One request is outstanding at a time, for at most `messages` and `size` bytes, so what is buffered is bounded.
    """

    def __init__(self, bus: Bus, *, messages: int = 256, size: int = 8 << 20) -> None:
        self._bus = bus
        self._messages = messages
        self._size = size
        self._inbox = bus.client.new_inbox()
        self._buffer: deque[PulledMessage] = deque()
        self._arrived = asyncio.Event()
        self._credit = 0
        self._requested_at = 0.0
        self._identity = ""
        self._forget = bus.on_reconnect(self._reset)

    async def start(self) -> None:
        """Subscribe; call once.

        Raises:
            BusError: the stream isn't there.
        """
        await self._bus.client.subscribe(self._inbox, cb=self._receive)
        await self._identify()

    async def _identify(self) -> None:
        self._identity = (await self._bus.stream_state(EVENTS)).identity

    def _reset(self) -> None:
        self._credit = 0
        self._identity = ""
        self._arrived.set()

    async def _receive(self, message: Msg) -> None:
        headers = message.headers or {}
        status = headers.get("Status")
        if status is not None:
            if status != "100":
                self._credit = 0
            if status in _GONE and headers.get(Header.DESCRIPTION, "").lower() not in _ENDED:
                self._identity = ""
            self._arrived.set()
            return
        self._credit -= 1
        if not self._identity:  # of a request that a reconnection has cut off: it comes again
            return
        seq = _stream_seq(message.reply)
        source = message.subject.partition(".")[2]
        self._buffer.append(PulledMessage(self._identity, seq, message.data, message.reply, source))
        self._arrived.set()

    async def batch(self, *, wait: float) -> list[PulledMessage]:
        """Return all messages that have arrived, at the earliest moment there is one; [] after `wait` seconds.

        Raises:
            BusError: the bus can't be used at this moment.
        """
        deadline = asyncio.get_running_loop().time() + wait
        while not self._buffer:
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                return []
            self._arrived.clear()
            await self._request()
            try:
                async with asyncio.timeout(min(remaining, 1.0)):  # wait_for can lose a cancellation
                    await self._arrived.wait()
            except TimeoutError:
                continue
        taken: list[PulledMessage] = []
        size = 0
        while self._buffer and size < self._size:
            message = self._buffer.popleft()
            size += len(message.data)
            taken.append(message)
        await self._request()
        return taken

    async def _request(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._credit > 0 and now - self._requested_at < _EXPIRES + 2:
            return
        if sum(len(message.data) for message in self._buffer) > self._size:
            return
        try:
            if not self._identity:
                await self._bus.ensure_streams()
                await self._identify()
            body = {"batch": self._messages, "max_bytes": self._size, "expires": int(_EXPIRES * 1e9)}
            await self._bus.client.publish(_NEXT, json.dumps(body).encode(), reply=self._inbox)
        except (NatsError, OSError) as error:
            raise BusError(f"EVENTS can't be pulled: {error}") from error
        self._credit = self._messages
        self._requested_at = now

    async def ack(self, messages: list[PulledMessage]) -> None:
        """Have EVENTS forget `messages`; call after their commit. A lost acknowledgement only brings them again.

        Messages of a stream that has been made anew since are left alone: their numbers are others' now.
        """
        try:
            for message in messages:
                if message.stream != self._identity:
                    continue
                await self._bus.client.publish(message.reply, b"+ACK")
        except (NatsError, OSError) as error:
            log.warning("ack_failed", error=str(error), messages=len(messages))

    async def release(self, messages: Sequence[PulledMessage]) -> None:
        """Have EVENTS hand `messages` to another writer now, instead of after ten seconds without an answer."""
        try:
            for message in messages:
                if message.stream == self._identity:
                    await self._bus.client.publish(message.reply, b"-NAK")
        except (NatsError, OSError) as error:
            log.warning("release_failed", error=str(error), messages=len(messages))

    async def close(self) -> None:
        """Stop, and give back what `batch` has not returned."""
        self._forget()
        unread = list(self._buffer)
        self._buffer.clear()
        await self.release(unread)


def _stream_seq(reply: str) -> int:
    """Return the stream's sequence in an acknowledgement subject, with or without a JetStream domain in it.

    `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.…` has 9 tokens;
    `$JS.ACK.<domain>.<account>.<stream>.<consumer>.<delivered>.<stream seq>.…` has 11 or more.
    """
    tokens = reply.split(".")
    return int(tokens[5] if len(tokens) == 9 else tokens[7])
