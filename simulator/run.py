"""The simulator as a process: its feeds, its HTTP edge, and how they start and stop together."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import structlog

from ioc_core.process import http_server
from ioc_core.settings import Settings
from simulator.credentials import Credential, wait_for_credential
from simulator.igate.client import FEED as IGATE
from simulator.igate.client import NationalClient
from simulator.igate.feed import DossierFeed
from simulator.position import PositionFile
from simulator.progress import Phase, Progress
from simulator.seeding import random_of
from simulator.servers.feed import ServerFeed
from simulator.servers.sender import FEED as SERVERS
from simulator.servers.sender import SyslogSender
from simulator.systems.client import FEED as SYSTEMS
from simulator.systems.client import EventsClient
from simulator.systems.feed import SystemsFeed
from simulator.web.app import OutsideWeb, outside_app
from simulator.world import World

log = structlog.get_logger()

DOSSIER_SOURCE = "igate-sim"
SYSTEMS_SOURCE = "systems-sim"


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked for. `since` is in seconds before the start; `once` ends the run with the past."""

    since: int
    once: bool
    ingest_url: str


class Simulation:
    """One run of a world."""

    def __init__(self, world: World, settings: Settings, options: Options, *, start: int) -> None:
        self.world = world
        self.progress = Progress()
        self._settings = settings
        self._options = options
        self._start = start
        self._since = world.clock.midnight(world.clock.day_of(start - options.since))
        self._positions = {
            feed: PositionFile(settings.data_dir, feed, world.name) for feed in (IGATE, SYSTEMS, SERVERS)
        }
        self._checked = asyncio.Event()
        for feed in self._positions:
            self.progress.feed(feed)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`, or until the past is sent when asked for no more."""
        web = OutsideWeb(
            catalogue=self.world.catalogue, seed=self.world.seed, zone=self.world.clock.zone, stopping=stop
        )
        about = {"world": self.world.name, "start": self._start}
        app = outside_app(web, self.progress, about)
        async with (
            http_server(app, host=self._settings.bind, port=self._settings.simulator_port) as port,
            httpx.AsyncClient(trust_env=False) as http,
        ):
            log.info("simulator_started", port=port, world=self.world.name, ingest=self._options.ingest_url)
            feeds = asyncio.create_task(self._feeds(http))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({feeds, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            await stopping
            feeds.cancel()
            await asyncio.wait({feeds})
            if not feeds.cancelled() and (error := feeds.exception()) is not None:
                raise error
        log.info("simulator_stopped")

    async def _feeds(self, http: httpx.AsyncClient) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._dossiers(http))
            group.create_task(self._systems(http))
            group.create_task(self._servers())

    async def _dossiers(self, http: httpx.AsyncClient) -> None:
        client = NationalClient(
            http,
            self._options.ingest_url,
            credential=self._credential_of(DOSSIER_SOURCE),
            agency=self.world.agency,
            rng=random_of(self.world.seed, "retry", IGATE),
        )
        held = self._positions[IGATE].read(since=self._since)
        if held is not None and held.last and not await client.knows(held.last):
            log.info("receiver_is_new", dossier=held.last)
            for position in self._positions.values():
                position.forget()
            held = None
        self._checked.set()
        since, after = (self._since, 0) if held is None else (held.since, held.until)
        feed = DossierFeed(
            self.world.timeline(first=self.world.clock.day_of(since), start=self._start),
            self.world.wire(),
            client,
            position=self._positions[IGATE],
            since=since,
            known="" if held is None else held.last,
            progress=self.progress.feed(IGATE),
        )
        await feed.backfill(after=after)
        await self._go_on(IGATE, feed.live)

    async def _systems(self, http: httpx.AsyncClient) -> None:
        client = EventsClient(
            http,
            self._options.ingest_url,
            credential=self._credential_of(SYSTEMS_SOURCE),
            rng=random_of(self.world.seed, "retry", SYSTEMS),
        )
        since, after = await self._stretch(SYSTEMS)
        progress = self.progress.feed(SYSTEMS)
        report = self.world.report(self._start)
        feed = SystemsFeed(report, client, position=self._positions[SYSTEMS], progress=progress)
        await feed.backfill(after=after, until=self._start, since=since)
        await self._go_on(SYSTEMS, lambda: feed.live(since=since, until=self._start))

    async def _servers(self) -> None:
        since, after = await self._stretch(SERVERS)
        host = urlsplit(self._options.ingest_url).hostname or "127.0.0.1"
        rng = random_of(self.world.seed, "retry", SERVERS)
        zone = self.world.clock.zone
        async with SyslogSender(host, self._settings.syslog_port, zone=zone, rng=rng) as sender:
            feed = ServerFeed(
                self.world.server_log(self._start),
                sender,
                position=self._positions[SERVERS],
                progress=self.progress.feed(SERVERS),
            )
            await feed.backfill(after=after, until=self._start, since=since)
            await self._go_on(SERVERS, lambda: feed.live(since=since))

    async def _stretch(self, feed: str) -> tuple[int, int]:
        """From when a feed's history counts, and from when it is still to be sent."""
        await self._checked.wait()
        held = self._positions[feed].read(since=self._since)
        return (self._since, self._since) if held is None else (held.since, min(held.until, self._start))

    async def _go_on(self, feed: str, live: Callable[[], Awaitable[None]]) -> None:
        if self._options.once:
            self.progress.feed(feed).phase = Phase.DONE
            return
        await live()

    def _credential_of(self, source: str) -> Callable[[], Awaitable[Credential]]:
        async def credential() -> Credential:
            return await wait_for_credential(self._settings.data_dir, source)

        return credential


async def simulate(world: World, settings: Settings, options: Options, stop: asyncio.Event) -> None:
    """Run a world from now on."""
    await Simulation(world, settings, options, start=int(time.time())).run(stop)
