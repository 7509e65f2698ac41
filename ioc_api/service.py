"""One API process: REST, the feed, the projector, and what keeps each of them going."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from fastapi import FastAPI
from msgspec import Struct

from ioc_api import wall_file
from ioc_api.accounts import principals
from ioc_api.accounts.passwords import Passwords
from ioc_api.accounts.sessions import Sessions, sweep
from ioc_api.alertmanager import external_file
from ioc_api.app import create_app
from ioc_api.authenticator import Authenticator
from ioc_api.connection import LimitedProtocol
from ioc_api.context import Api
from ioc_api.database import Database, with_statement_timeout
from ioc_api.export import Exports
from ioc_api.feed.endpoint import MAX_CLIENTS
from ioc_api.feed.follower import Follower, until_read
from ioc_api.feed.hub import Hub
from ioc_api.feed.protocol import FeedProtocol
from ioc_api.hooks import hook_file
from ioc_api.instruments import Instruments
from ioc_api.notices import Notices
from ioc_api.projector.projector import Projector
from ioc_api.projector.reading import Reader
from ioc_api.projector.state import State, project
from ioc_api.request_rates import RequestRates
from ioc_api.scoreboard import file as scoreboard_file
from ioc_api.scoreboard.board import Boards
from ioc_api.scoreboard.keeping import keep
from ioc_api.state_cache import FactsCache
from ioc_api.together import together
from ioc_core import calendar_file
from ioc_core.addresses import database_url, nats_url
from ioc_core.bus import Bus, connect_bus
from ioc_core.errors import BusError
from ioc_core.oncall import load_oncall
from ioc_core.process import http_server
from ioc_core.settings import Settings

MAX_CONNECTIONS = 2 * MAX_CLIENTS
"""Beyond this, requests are answered 503 at once."""
_EXPORT_SHARE = 4
"""At most one in so many connections makes a file."""
_PAUSE = (0.1, 5.0)
_STEADY = 10.0
_PROJECTOR_STATEMENT_TIMEOUT = 30.0
_UNAVAILABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, BusError)
log = structlog.get_logger(__name__)


class Tempo(Struct, frozen=True, kw_only=True):
    """How often background work is done, in seconds."""

    beat: float = 1.0  # promised to clients, which call the feed stale after three
    revalidate: float = 20.0  # whoever was let in by what has ended is cut within this
    sweep: float = 600.0
    keep: float = 60.0  # the scoreboard's days and months


def utc_now() -> datetime:
    """Return the time; the only clock of the API."""
    return datetime.now(UTC)


class Service:
    """The parts of one process, and their background work."""

    def __init__(self, settings: Settings, instruments: Instruments, tempo: Tempo | None = None) -> None:
        """Read what of config/ is the API's (wall, scoreboard, calendar, oncall, external, hooks), and the addresses.

        Raises:
            ConfigErrors, EngineError: what is missing or wrong.
        """
        self._settings = settings
        self._tempo = tempo or Tempo()
        self._instruments = instruments
        self._wall = wall_file.load(settings.config_dir)
        self._calendar = calendar_file.load(settings.config_dir)
        self._oncall = load_oncall(settings.config_dir, ZoneInfo(settings.timezone))
        self._external = external_file.load(settings.config_dir)
        self._hooks = hook_file.load(settings.config_dir)
        self._dsn = database_url(settings)
        self._nats_url = nats_url(settings)
        self._database = Database(self._dsn, size=settings.database_pool_size)
        zone = ZoneInfo(settings.timezone)
        at_once = max(1, settings.database_pool_size // _EXPORT_SHARE)
        self._exports = Exports(self._database, zone, at_once=at_once)
        self._reader = Reader(self._wall, zone)
        self._facts = FactsCache(self._database, self._reader, utc_now)
        self._boards = Boards(self._database, scoreboard_file.load(settings.config_dir), self._calendar, utc_now)
        self._notices = Notices()
        self._hub = Hub(instruments, utc_now, keep=timedelta(seconds=settings.live_max_age))
        self._bus: Bus | None = None

    def api(self) -> Api:
        """Return what routes stand on."""
        settings = self._settings
        return Api(
            settings=settings,
            database=self._database,
            authenticator=Authenticator(settings, self._database, utc_now),
            sessions=Sessions(
                self._database,
                Passwords(),
                lifetime=timedelta(hours=settings.session_hours),
                data_dir=settings.data_dir,
            ),
            hub=self._hub,
            facts=self._facts,
            notices=self._notices,
            exports=self._exports,
            wall=self._wall,
            boards=self._boards,
            calendar=self._calendar,
            oncall=self._oncall,
            external=self._external,
            hooks=self._hooks,
            instruments=self._instruments,
            rates=RequestRates(),
            link_rates=RequestRates(burst=30, per_second=1.0),
            now=utc_now,
        )

    def application(self) -> FastAPI:
        """Return the ASGI application.

        Raises:
            IocError: a route declares no permission.
        """
        checks = {"database": self._database.check, "bus": self._check_bus, "feed": self._check_feed}
        return create_app(self.api(), checks)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set."""
        async with http_server(
            self.application(),
            host=self._settings.bind,
            port=self._settings.api_port,
            http=LimitedProtocol,
            limit_concurrency=MAX_CONNECTIONS,
            ws=FeedProtocol,
            ws_max_size=1024,
            ws_per_message_deflate=False,
        ) as port:
            log.info("api_listens", host=self._settings.bind, port=port)
            await together(self._background(), self._until(stop))
        await self._database.close()
        if self._bus is not None:
            await self._bus.close()

    async def _until(self, stop: asyncio.Event) -> None:
        await stop.wait()

    async def _background(self) -> None:
        """Do everything beside answering requests; without it the process must not look alive, so it ends with it."""
        await together(
            self._pool_for_ever(),
            self._beat(),
            self._kept("revalidation", self._revalidate, every=self._tempo.revalidate),
            self._kept("sweep", self._sweep, every=self._tempo.sweep),
            self._kept("scoreboard", self._keep_scoreboard, every=self._tempo.keep),
            self._with_bus(),
        )

    async def _pool_for_ever(self) -> None:
        await self._database.open()
        await asyncio.Event().wait()

    async def _with_bus(self) -> None:
        bus = await self._connect_bus()
        follower = Follower(bus, self._hub, self._read_state, self._instruments)
        projector = Projector(
            with_statement_timeout(self._dsn, _PROJECTOR_STATEMENT_TIMEOUT),
            bus,
            config=self._wall,
            reader=self._reader,
            instruments=self._instruments,
            now=utc_now,
            held=lambda: self._hub.state,
        )
        await together(self._kept("follower", follower.run), self._kept("projector", projector.run))

    async def _connect_bus(self) -> Bus:
        while True:
            try:
                self._bus = await connect_bus(self._settings, url=self._nats_url, name="api")
            except BusError as error:
                log.warning("bus_unavailable", error=str(error))
                await asyncio.sleep(_PAUSE[1])
            else:
                self._notices.bus = self._bus
                return self._bus

    async def _kept(self, name: str, work: Callable[[], Awaitable[None]], *, every: float | None = None) -> None:
        """Do `work` for ever: each `every` seconds, or again when it ends; failures are logged and counted."""
        first, longest = _PAUSE
        pause = first
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        while True:
            if every is not None:
                await asyncio.sleep(every)
            started = loop.time()
            try:
                await work()
            except _UNAVAILABLE as error:
                log.warning("background_unavailable", task=name, error=str(error))
                self._instruments.failures.labels(name).inc()
            except Exception as error:
                log.error("background_failed", task=name, exc_info=error)
                self._instruments.failures.labels(name).inc()
            if task is not None and task.cancelling():  # an error on the way out must not hide that it is over
                raise asyncio.CancelledError
            pause = first if loop.time() - started > _STEADY else min(pause * 2, longest)
            if every is None:
                await asyncio.sleep(pause)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._hub.beat()
            due = max(due + self._tempo.beat, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _revalidate(self) -> None:
        clients = self._hub.clients
        if not clients:
            return
        hashes = list({client.principal.credential.hash for client in clients})
        async with self._database.connection() as connection:
            valid = await principals.still_valid(connection, hashes, now=utc_now())
        for client in clients:
            if client.principal.credential.hash not in valid:
                self._hub.cut(client, 4401, "the session or token has ended", why="credential")

    async def _sweep(self) -> None:
        async with self._database.connection() as connection:
            await sweep(connection, now=utc_now())

    async def _keep_scoreboard(self) -> None:
        await keep(self._database, self._boards, utc_now())

    async def _read_state(self) -> State:
        async def read() -> State:
            async with self._database.connection() as connection:
                return project(await self._reader.everything(connection, utc_now()), self._wall)

        return await until_read(read, _UNAVAILABLE)

    async def _check_bus(self) -> str | None:
        return None if self._bus is not None and self._bus.connected else "NATS isn't connected"

    async def _check_feed(self) -> str | None:
        return None if self._hub.loaded and self._hub.settled else "the state of the province isn't loaded"
