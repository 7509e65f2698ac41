"""Reads facts from the database: all of them, or only the parts that may have changed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from ioc_api.projector.facts import Facts
from ioc_api.projector.instants import Instants, instants
from ioc_api.projector.trends import trends
from ioc_api.queries import live_dossiers, live_state, live_trends
from ioc_api.queries.moment import moment
from ioc_api.wall_file import WallConfig
from ioc_core.db import Connection
from ioc_core.live import Facts as Kind


class Part(StrEnum):
    """What can be read apart."""

    UNITS = "units"
    WORK = "work"
    RECENT = "recent"
    PROBES = "probes"
    SECURITY = "security"
    ALARMS = "alarms"
    SOURCES = "sources"
    TRENDS = "trends"


PARTS_OF: dict[Kind, frozenset[Part]] = {
    Kind.DOSSIERS: frozenset({Part.WORK, Part.RECENT}),
    Kind.SAMPLES: frozenset(),
    Kind.PROBES: frozenset({Part.PROBES}),
    Kind.SECURITY: frozenset({Part.SECURITY}),
    Kind.SOURCES: frozenset({Part.SOURCES}),
    Kind.ALERTS: frozenset({Part.ALARMS}),
    Kind.EXTERNAL: frozenset(),
}
"""Which parts a committed change can touch. The counters of sources are read once a second anyway."""

EVERYTHING = frozenset(Part)


class Reader:
    """Reads facts for one configuration and time zone."""

    def __init__(self, config: WallConfig, zone: ZoneInfo) -> None:
        self._config = config
        self._zone = zone
        self._stale_after: dict[str, tuple[float, bool]] = {
            tile.id: (tile.stale_after, tile.working_time_only) for tile in config.tiles
        }

    async def instants(self, connection: Connection, now: datetime) -> Instants:
        """Return the instants to read for."""
        return instants(await moment(connection, now), self._zone)

    async def everything(self, connection: Connection, now: datetime) -> Facts:
        """Return all facts, read in one snapshot of the database."""
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            at = await self.instants(connection, now)
            return await self.parts(connection, Facts(read_at=now, today=at.today), EVERYTHING, at)

    async def parts(self, connection: Connection, facts: Facts, parts: Iterable[Part], at: Instants) -> Facts:
        """Return `facts` with some parts read anew."""
        wanted = frozenset(parts)
        facts = replace(facts, read_at=at.now, today=at.today)
        severity = self._config.serious_security_severity
        if Part.UNITS in wanted:
            facts = replace(facts, units=await live_state.units(connection, at.today))
        if Part.WORK in wanted:
            facts = replace(
                facts,
                work=await live_dossiers.work(connection, at),
                freshness=await live_dossiers.freshness(connection, self._stale_after),
            )
        if Part.RECENT in wanted:
            facts = replace(facts, recent=await live_dossiers.recent(connection))
        if Part.PROBES in wanted:
            facts = replace(facts, probes=await live_state.probes(connection))
        if Part.SECURITY in wanted:
            facts = replace(facts, security=await live_state.security(connection, at.now, severity))
        if Part.ALARMS in wanted:
            facts = replace(facts, alarms=await live_state.alarms(connection, at.now))
        if Part.SOURCES in wanted:
            facts = replace(facts, sources=await live_state.sources(connection))
        if Part.TRENDS in wanted:
            facts = replace(facts, trends=trends(await live_trends.hourly(connection, at, severity), facts.work))
        return facts
