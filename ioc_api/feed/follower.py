"""Keeps the hub in step with LIVE: its state is what the database said at a position, and every delta since."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from ioc_api.feed.history import History
from ioc_api.feed.hub import Hub
from ioc_api.instruments import Instruments
from ioc_api.projector.state import State
from ioc_core.bus import Bus, LiveMessage, LiveReader, LiveReset
from ioc_core.bus.connection import LIVE
from ioc_core.errors import BusError
from ioc_core.live import SUBJECT_STATE

SUBJECT_RESYNC = "live.resync"
"""A hub has read the state from the database and asks the projector to publish all of it; the body is JSON:
topic → keys that the hub holds, so that the projector can take back those that are gone."""

_RETRY = 1.0
log = structlog.get_logger(__name__)


class Follower:
    """Reads LIVE into a hub, for ever."""

    def __init__(
        self, bus: Bus, hub: Hub, read_state: Callable[[], Awaitable[State]], instruments: Instruments
    ) -> None:
        self._bus = bus
        self._hub = hub
        self._read_state = read_state
        self._instruments = instruments
        self._past: History | None = None
        self._until = 0

    async def run(self) -> None:
        """Follow LIVE until cancelled.

        Raises:
            BusError: LIVE can't be asked (the caller starts anew). Errors of the database: see `read_state`.
        """
        stream = await self._bus.stream_state(LIVE)
        after = max(stream.first_seq - 1, 0)
        self._until = max(await self._newest(), after)
        self._past = self._hub.new_history(after)
        await self._load(stream.identity, self._until)
        self._hub.settled = self._until == after  # else once the past was read
        reader = LiveReader(self._bus, SUBJECT_STATE, after=(stream.identity, after))
        try:
            async for item in reader.read():
                await self._take(item)
        finally:
            await reader.close()

    async def _take(self, item: LiveMessage | LiveReset) -> None:
        if isinstance(item, LiveReset):
            self._past = None
            await self._load(item.stream, item.seq)
            self._hub.settled = True
            return
        if self._past is not None and item.seq <= self._until:
            self._past.add(item.seq, item.data, at=item.published_at)
        if self._past is not None and item.seq >= self._until:  # the past is complete: clients can come back to it
            self._hub.history, self._past = self._past, None
            self._hub.settled = True
        if item.seq <= self._hub.seq:
            return
        try:
            self._hub.publish(item.seq, item.data, published_at=item.published_at)
        except msgspec.DecodeError as error:
            log.error("delta_undecodable", seq=item.seq, error=str(error))
            self._instruments.failures.labels("follower").inc()

    async def _load(self, stream: str, seq: int) -> None:
        state = await self._read_state()
        plain: State = {topic: msgspec.to_builtins(items) for topic, items in state.items()}
        self._hub.load(plain, stream=stream, seq=seq)
        self._instruments.feed_resets.inc()
        log.info("feed_loaded", stream=stream, seq=seq)
        keys = {topic: sorted(items) for topic, items in plain.items()}
        try:
            await self._bus.publish_live(SUBJECT_RESYNC, msgspec.json.encode(keys))
        except BusError as error:
            log.warning("resync_not_asked", error=str(error))

    async def _newest(self) -> int:
        try:
            body = await self._bus.api(f"STREAM.MSG.GET.{LIVE}", {"last_by_subj": SUBJECT_STATE})
        except BusError as error:
            log.debug("live_has_no_state", error=str(error))
            return 0
        return int(body["message"]["seq"])


async def until_read(read_state: Callable[[], Awaitable[State]], transient: tuple[type[Exception], ...]) -> State:
    """Return the state as soon as it can be read; what is `transient` is tried again every second."""
    while True:
        try:
            return await read_state()
        except transient as error:
            log.warning("state_unreadable", error=str(error), retry_seconds=_RETRY)
            await asyncio.sleep(_RETRY)
