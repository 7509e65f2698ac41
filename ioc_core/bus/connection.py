"""One connection to NATS: the streams, publishing with an acknowledgement, and what is in the streams."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import nats.errors
import structlog
from msgspec import Struct
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError
from nats.js.errors import Error as JetStreamError

from ioc_core.errors import BusError, BusFullError, BusUnavailableError
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

EVENTS = "EVENTS"
LIVE = "LIVE"
WRITER = "writer"
PUBLISH_TIMEOUT = 10.0
_CONCURRENT_PUBLISHES = 16
_FULL = frozenset({10077, 10122, 10047, 10023})  # maximum bytes/messages exceeded, insufficient storage/resources
_LIVE_BYTES = 128 << 20
_ADJUSTABLE = ("subjects", "retention", "discard", "max_bytes", "storage", "num_replicas")


class StreamState(Struct, frozen=True):
    """What a stream holds now. `identity` changes when the stream is made anew; `oldest_at`: of its first message."""

    identity: str
    messages: int
    bytes: int
    first_seq: int
    last_seq: int
    oldest_at: datetime | None


class Bus:
    """A connection with its streams; made by `connect_bus`, closed by `close`."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self.client = client
        self._settings = settings
        self._js = client.jetstream(timeout=PUBLISH_TIMEOUT)
        self._publishing = asyncio.Semaphore(_CONCURRENT_PUBLISHES)
        self._on_reconnect: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        """Whether the server answers at this moment."""
        return self.client.is_connected

    def on_reconnect(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called after each reconnection; return what takes that back."""
        self._on_reconnect.append(callback)
        return lambda: self._on_reconnect.remove(callback)

    async def reconnected(self) -> None:
        """Tell the readers that the server was away (called by the client library)."""
        log.info("bus_reconnected")
        for callback in list(self._on_reconnect):
            callback()

    async def ensure_streams(self) -> None:
        """Create the streams and the writer's consumer where they are missing.

        Raises:
            BusError: JetStream is off, or a stream exists with another purpose.
        """
        settings = self._settings
        configs = (
            StreamConfig(
                name=EVENTS,
                subjects=["events.>"],
                retention=RetentionPolicy.WORK_QUEUE,
                discard=DiscardPolicy.NEW,
                max_bytes=settings.events_max_bytes,
                storage=StorageType.FILE,
                num_replicas=settings.nats_replicas,
            ),
            StreamConfig(
                name=LIVE,
                subjects=["live.>"],
                retention=RetentionPolicy.LIMITS,
                discard=DiscardPolicy.OLD,
                max_age=settings.live_max_age,
                max_bytes=_LIVE_BYTES,
                storage=StorageType.MEMORY,
                num_replicas=settings.nats_replicas,
            ),
        )
        for config in configs:
            await self._ensure_stream(config)
        await self._ensure_writer()

    async def _ensure_stream(self, config: StreamConfig) -> None:
        name = config.name or ""
        try:
            held = await self._held_config(name)
            if held is None:
                try:
                    await self._js.add_stream(config)
                except APIError:
                    held = await self._held_config(name)  # another process may have been faster
                    if held is None:
                        raise
            if held is not None and any(getattr(held, key) != getattr(config, key) for key in _ADJUSTABLE):
                await self._js.update_stream(config)
        except APIError as error:
            raise BusError(f"stream {name} can't be made as configured: {error.description}") from error
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnavailableError(f"stream {name} can't be made: {error}") from error

    async def _held_config(self, name: str) -> StreamConfig | None:
        """The configuration of an existing stream. Making it again, even the same, would reserve its room twice."""
        try:
            return (await self._js.stream_info(name)).config
        except NotFoundError:
            return None

    async def _ensure_writer(self) -> None:
        request = {
            "durable_name": WRITER,
            "ack_policy": "explicit",
            "ack_wait": 10_000_000_000,
            "max_ack_pending": 4096,
            "max_waiting": 64,
            "deliver_policy": "all",
        }
        await self.api(f"CONSUMER.DURABLE.CREATE.{EVENTS}.{WRITER}", {"stream_name": EVENTS, "config": request})

    async def api(self, subject: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer of one JetStream API call.

        Raises:
            BusUnavailableError: no answer in time.
            BusError: the answer is an error.
        """
        try:
            answer = await self.client.request(
                f"$JS.API.{subject}", json.dumps(request or {}).encode(), timeout=PUBLISH_TIMEOUT
            )
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnavailableError(f"{subject}: {error}") from error
        body: dict[str, Any] = json.loads(answer.data)
        if "error" in body:
            raise BusError(f"{subject}: {body['error'].get('description')}")
        return body

    async def stream_state(self, name: str) -> StreamState:
        """Return what stream `name` holds.

        Raises:
            BusError: it doesn't exist; BusUnavailableError: no answer.
        """
        body = await self.api(f"STREAM.INFO.{name}")
        state = body["state"]
        return StreamState(
            identity=f"{name}@{body['created']}",
            messages=state["messages"],
            bytes=state["bytes"],
            first_seq=state["first_seq"],
            last_seq=state["last_seq"],
            oldest_at=datetime.fromisoformat(state["first_ts"]) if state["messages"] else None,
        )

    async def publish_events(self, source: str, messages: Sequence[bytes]) -> None:
        """Return once EVENTS has every message on disk.

        Raises:
            BusFullError: EVENTS has no room. BusUnavailableError: not acknowledged in time. In both cases some of
                the messages may be stored; sending all of them again is safe.
        """
        subject = f"events.{source}"
        if len(messages) == 1:
            await self._publish(subject, messages[0])
            return
        results = await asyncio.gather(
            *(self._publish(subject, message) for message in messages), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def publish_live(self, subject: str, message: bytes) -> int:
        """Publish on LIVE; return the message's sequence.

        Raises:
            BusUnavailableError, BusFullError: as for events.
        """
        return await self._publish(subject, message)

    async def _publish(self, subject: str, message: bytes) -> int:
        async with self._publishing:
            if not self.client.is_connected:
                raise BusUnavailableError("the bus is not connected")
            try:
                ack = await self._js.publish(subject, message, timeout=PUBLISH_TIMEOUT)
            except NotFoundError as error:
                raise BusUnavailableError(f"{subject}: {error}") from error
            except APIError as error:
                if error.err_code in _FULL:
                    raise BusFullError(f"{subject}: {error.description}") from error
                raise BusUnavailableError(f"{subject}: {error.description}") from error
            except (nats.errors.Error, JetStreamError, TimeoutError) as error:
                raise BusUnavailableError(f"{subject}: {error or 'no acknowledgement in time'}") from error
        return int(ack.seq)

    async def close(self) -> None:
        """Flush and close; never raises for a server that is away."""
        try:
            async with asyncio.timeout(3.0):
                await self.client.drain()
        except (nats.errors.Error, TimeoutError, OSError):
            await self.client.close()


async def connect_bus(settings: Settings, *, url: str, name: str, wait: float = 30.0) -> Bus:
    """Return a connection that reconnects for ever, with its streams in place.

    Raises:
        BusUnavailableError: no server within `wait` seconds.
    """
    holder: list[Bus] = []

    async def on_reconnected() -> None:
        if holder:
            await holder[0].reconnected()

    async def on_error(error: Exception) -> None:
        log.debug("bus_error", error=str(error))

    async def on_disconnected() -> None:
        log.warning("bus_disconnected", name=name)

    client = Client()
    deadline = asyncio.get_running_loop().time() + wait
    while True:
        try:
            async with asyncio.timeout_at(deadline):  # the client itself would go on for ever
                await client.connect(
                    url,
                    name=f"ioc-{name}",
                    connect_timeout=2,
                    reconnect_time_wait=0.2,  # type: ignore[arg-type]  # seconds; annotated as int, slept as it is
                    max_reconnect_attempts=-1,
                    ping_interval=5,
                    max_outstanding_pings=2,
                    pending_size=32 << 20,
                    reconnected_cb=on_reconnected,
                    disconnected_cb=on_disconnected,
                    error_cb=on_error,
                    allow_reconnect=True,
                    dont_randomize=True,
                )
            break
        except (OSError, TimeoutError, nats.errors.Error) as error:
            if asyncio.get_running_loop().time() >= deadline:
                await client.close()
                why = str(client.last_error or error) or "no answer in time"
                raise BusUnavailableError(f"no NATS server answers: {why}") from error
            await asyncio.sleep(0.2)
    bus = Bus(client, settings)
    holder.append(bus)
    try:
        await bus.ensure_streams()
    except BaseException:
        await client.close()
        raise
    return bus
