"""Publishes what changes in the live state; of all API processes one leads, by a lock in the database."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import asyncpg
import msgspec
import structlog

from ioc_api.feed.follower import SUBJECT_RESYNC
from ioc_api.instruments import Instruments
from ioc_api.projector.agenda import Agenda
from ioc_api.projector.difference import differences
from ioc_api.projector.facts import Facts
from ioc_api.projector.instants import Instants
from ioc_api.projector.rate import Rate
from ioc_api.projector.reading import Part, Reader
from ioc_api.projector.state import State, project
from ioc_api.queries import live_dossiers
from ioc_api.together import together
from ioc_api.wall_file import WallConfig
from ioc_core.bus import Bus, LiveReader, LiveReset
from ioc_core.db import Connection, connect
from ioc_core.errors import BusError
from ioc_core.live import SUBJECT_CHANGED, SUBJECT_STATE, Delta, Topic, decode_changed, encode

LEADER_LOCK = 0x10C_0020_0001
_ASK_AGAIN = 1.0
_NAMED_PARTS = 2
log = structlog.get_logger(__name__)


class Projector:
    """Reads the database after each notice and each second, and publishes the differences as deltas."""

    def __init__(
        self,
        dsn: str,
        bus: Bus,
        *,
        config: WallConfig,
        reader: Reader,
        instruments: Instruments,
        now: Callable[[], datetime],
        held: Callable[[], State],
    ) -> None:
        """`held` returns what clients of this process hold: a new leader takes back what is gone."""
        self._held = held
        self._dsn = dsn
        self._bus = bus
        self._config = config
        self._reader = reader
        self._instruments = instruments
        self._now = now
        self._agenda = Agenda()
        self._wake = asyncio.Event()
        self._published: State = {}
        self._resync: dict[Topic, set[str]] = {}

    async def run(self) -> None:
        """Stand for leader, lead while the lock holds; ends with an error when the database or the bus fails.

        Raises:
            OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, BusError
        """
        connection = await connect(self._dsn, application="projector")
        try:
            await _become_leader(connection)
            log.info("projector_leads")
            self._instruments.leading.set(1)
            await together(self._listen(SUBJECT_CHANGED), self._listen(SUBJECT_RESYNC), self._lead(connection))
        finally:
            self._instruments.leading.set(0)
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=1.0)

    async def _listen(self, subject: str) -> None:
        reader = LiveReader(self._bus, subject)
        try:
            async for item in reader.read():
                if isinstance(item, LiveReset):
                    self._agenda.note_everything()
                else:
                    self._hear(subject, item.data)
                self._wake.set()
        finally:
            await reader.close()

    def _hear(self, subject: str, data: bytes) -> None:
        try:
            if subject == SUBJECT_CHANGED:
                self._agenda.note(decode_changed(data))
                return
            for topic, keys in msgspec.json.decode(data, type=dict[Topic, list[str]]).items():
                self._resync.setdefault(topic, set()).update(keys)
        except msgspec.DecodeError as error:  # of another version, perhaps: reading everything is right anyway
            log.error("notice_undecodable", subject=subject, error=str(error))
            self._instruments.failures.labels("projector").inc()
        self._agenda.note_everything()

    async def _lead(self, connection: Connection) -> None:
        self._agenda = Agenda()
        self._resync = {topic: set(items) for topic, items in self._held().items()}
        rate = Rate()
        facts = await self._reader.everything(connection, self._now())
        looked_at = await self._reader.instants(connection, facts.read_at)
        while True:
            self._wake.clear()
            wait = self._agenda.wait(self._now())
            if wait > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                continue
            started = self._now()
            parts, committed_at, second = self._agenda.take(started)
            at = await self._reader.instants(connection, started)
            if second and await _time_tells(connection, looked_at, at):
                parts |= {Part.WORK, Part.UNITS}
            if second or Part.WORK in parts:
                looked_at = at
            facts = await self._reader.parts(connection, facts, parts, at)
            if Part.SOURCES in parts:
                total = sum(source.events_total for source in facts.sources)
                facts = replace(facts, events_per_second=rate.update(started, total))
            self._took(parts, started)
            await self._publish(facts, committed_at)

    def _took(self, parts: frozenset[Part], started: datetime) -> None:
        ended = self._now()
        self._agenda.took(started, ended)
        name = "+".join(sorted(parts)) if len(parts) <= _NAMED_PARTS else "many"
        self._instruments.projection.labels(name).observe((ended - started).total_seconds())

    async def _publish(self, facts: Facts, committed_at: datetime) -> None:
        state = project(facts, self._config)
        if self._resync:
            self._published = {
                topic: dict.fromkeys({*self._published.get(topic, ()), *self._resync.get(topic, ())}, _ELSEWHERE)
                for topic in Topic
            }
            self._resync = {}
        for topic, items in differences(self._published, state).items():
            try:
                await self._bus.publish_live(SUBJECT_STATE, encode(Delta(topic, items, committed_at)))
            except BusError as error:  # what isn't recorded as published is found again by the next reading
                log.warning("delta_not_published", topic=topic.value, error=str(error))
                return
            self._published[topic] = dict(state[topic])
            self._instruments.deltas.labels(topic.value).inc()


async def _time_tells(connection: Connection, before: Instants, now: Instants) -> bool:
    """Whether the passing of time alone changed what is shown of dossiers: a new day, or something became due."""
    return before.today != now.today or await live_dossiers.crossed(connection, before, now)


async def _become_leader(connection: Connection) -> None:
    while True:
        if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
            return
        await asyncio.sleep(_ASK_AGAIN)


_ELSEWHERE = object()
"""Differs from every value: stands for what another process holds of a key."""
