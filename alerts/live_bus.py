"""The engine's end of LIVE: what changed comes in, that alerts changed goes out; without a bus both wait."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog
from msgspec import DecodeError

from alerts.runner import Runner
from ioc_core.bus import Bus, LiveReader, LiveReset, connect_bus
from ioc_core.errors import BusError
from ioc_core.live import SUBJECT_CHANGED, Changed, Facts, decode_changed, encode
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = 5.0


class LiveBus:
    """A connection that is there as soon as the bus is."""

    def __init__(self, settings: Settings, url: Callable[[], str]) -> None:
        self._settings = settings
        self._url = url
        self._bus: Bus | None = None
        self._connected = asyncio.Event()
        self._changed_at: datetime | None = None
        self._something = asyncio.Event()
        self.alerts_noticed = asyncio.Event()  # set when somebody, perhaps we, said that alerts changed
        self.external_noticed = asyncio.Event()  # set when other systems sent alerts

    async def check(self) -> str | None:
        """Return what is wrong with the bus, or None (for /readyz)."""
        return None if self._bus is not None and self._bus.connected else "not connected"

    def alerts_changed(self, at: datetime) -> None:
        """Have everybody told that alerts changed; many calls may become one notice."""
        self._changed_at = at
        self._something.set()

    async def connect(self) -> None:
        """Connect, however long it takes; the connection then mends itself."""
        pause = 0.2
        while self._bus is None:
            try:
                self._bus = await connect_bus(self._settings, url=self._url(), name="alerts", wait=2.0)
            except (BusError, OSError) as error:
                log.warning("bus_unavailable", error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        self._connected.set()

    async def publish(self) -> None:
        """Publish notices for ever, each until it is accepted."""
        bus = await self._ready()
        while True:
            await self._something.wait()
            self._something.clear()
            at = self._changed_at or datetime.now(UTC)
            try:
                await bus.publish_live(SUBJECT_CHANGED, encode(Changed(frozenset({Facts.ALERTS}), at)))
            except BusError as error:
                log.warning("notice_not_published", error=str(error))
                await asyncio.sleep(1.0)
                self._something.set()

    async def listen(self, runners: Iterable[Runner], now: Callable[[], datetime]) -> None:
        """Notify the runners of changed facts for ever; of all of them after a gap."""
        by_fact = {fact: [runner for runner in runners if fact in runner.rule.facts] for fact in Facts}
        reader = LiveReader(await self._ready(), SUBJECT_CHANGED)
        try:
            async for item in reader.read():
                if isinstance(item, LiveReset):
                    _notify(by_fact, frozenset(by_fact), now())
                    self.alerts_noticed.set()
                    self.external_noticed.set()
                    continue
                try:
                    changed = decode_changed(item.data)
                except DecodeError as error:
                    log.warning("notice_unreadable", error=str(error), seq=item.seq)
                    continue
                _notify(by_fact, changed.facts, changed.committed_at)
                if Facts.ALERTS in changed.facts:
                    self.alerts_noticed.set()
                if Facts.EXTERNAL in changed.facts:
                    self.external_noticed.set()
        finally:
            await reader.close()

    async def close(self) -> None:
        """Close the connection."""
        if self._bus is not None:
            await self._bus.close()

    async def _ready(self) -> Bus:
        await self._connected.wait()
        assert self._bus is not None
        return self._bus


def _notify(by_fact: dict[Facts, list[Runner]], facts: frozenset[Facts], committed_at: datetime) -> None:
    for fact in facts:
        for runner in by_fact[fact]:
            runner.notice(committed_at)
