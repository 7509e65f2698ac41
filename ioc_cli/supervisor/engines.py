"""The embedded database and bus as children of the supervisor, where no others are configured."""

import asyncio
from dataclasses import dataclass

import structlog

from ioc_cli.supervisor.backoff import Restarts
from ioc_core.addresses import DATABASE_FILE, NATS_FILE, write_address
from ioc_core.engine import EmbeddedNats, EmbeddedPostgres, find_servers, free_port, is_listening, select_server
from ioc_core.engine.embedded import EmbeddedServer
from ioc_core.errors import EngineError
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_WATCH_EVERY = 0.5


@dataclass(slots=True)
class Engine:
    """An embedded server and what is known of it."""

    name: str
    title: str
    server: EmbeddedServer
    state: str = "starting"
    starts: int = 0

    async def start(self) -> None:
        """Start and wait until it takes requests. Raises: EngineError."""
        self.state = "starting"
        self.starts += 1
        await self.server.start()
        self.state = "running"

    async def keep_alive(self) -> None:
        """Start it again, with growing pauses, whenever it ends; until cancelled."""
        restarts = Restarts()
        clock = asyncio.get_running_loop().time
        started = clock()
        while True:
            await asyncio.sleep(_WATCH_EVERY)
            if self.server.running() is not None:
                continue
            restarts = restarts.died(after=clock() - started)
            self.state = f"restarting in {restarts.pause:g} s"
            log.warning("engine_died", name=self.name, restart_in=restarts.pause)
            await asyncio.sleep(restarts.pause)
            started = clock()
            try:
                await self.start()
            except EngineError as error:
                log.error("engine_did_not_start", name=self.name, error=str(error))


async def embedded_engines(settings: Settings) -> list[Engine]:
    """Return the servers that this centre must bring along itself; none where the settings name others.

    Raises:
        EngineError: no server program was found, or none can open the existing data.
    """
    engines: list[Engine] = []
    if settings.database_url is None:
        home = settings.data_dir / "postgres"
        server = select_server(home, await asyncio.to_thread(find_servers))
        postgres = EmbeddedPostgres(home, server, port=_port(settings.postgres_port))
        engines.append(Engine("postgres", str(server), postgres))
    if settings.nats_url is None:
        nats = EmbeddedNats(
            settings.data_dir / "nats", port=_port(settings.nats_port), max_file=settings.events_max_bytes + (1 << 30)
        )
        engines.append(Engine("nats", "NATS with JetStream", nats))
    return engines


def write_addresses(settings: Settings, engines: list[Engine]) -> dict[str, str]:
    """Write the engines' addresses down for other commands; return them as environment variables."""
    names = {"postgres": (DATABASE_FILE, "IOC_DATABASE_URL"), "nats": (NATS_FILE, "IOC_NATS_URL")}
    environment: dict[str, str] = {}
    for engine in engines:
        file, variable = names[engine.name]
        write_address(settings, file, engine.server.url)
        environment[variable] = engine.server.url
    return environment


def _port(wanted: int) -> int:
    """The wanted port, or a free one: nobody but us needs to know where an embedded server listens."""
    return free_port() if is_listening(wanted) else wanted
