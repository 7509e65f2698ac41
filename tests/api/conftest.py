"""A whole API in this process, on real engines, with everybody who may knock at it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from websockets.asyncio.client import connect

from alerts.channels.outcome import Surroundings
from alerts.receivers import make_receivers
from alerts.route_file import load_routing
from alerts.routing_record import to_record
from ioc_api.accounts.passwords import Passwords
from ioc_api.accounts.register import Register
from ioc_api.accounts.roles import PEOPLE, Role
from ioc_api.instruments import Instruments
from ioc_api.notices import Notices
from ioc_api.service import Service, Tempo
from ioc_core.addresses import nats_url
from ioc_core.bus import Bus, connect_bus
from ioc_core.db import Connection
from ioc_core.db import connect as connect_database
from ioc_core.engine import EmbeddedNats, EmbeddedPostgres, free_port
from ioc_core.live import Facts
from ioc_core.routing import record
from ioc_core.settings import Settings
from tests.api.seed import seed_province
from tests.conftest import CONFIG, drop_database, new_database

PASSWORD = "một mật khẩu rất dài"
SCOPE = "22015"


@dataclass
class Centre:
    """A running API: where it listens, and the tokens of everybody."""

    settings: Settings
    dsn: str
    now: datetime
    bus: Bus
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.settings.api_port}"

    def client(self, who: str | None = "admin", **options: Any) -> httpx.AsyncClient:
        """Return an HTTP client that sends the token of `who`."""
        headers = {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=20, **options)

    def feed(self, who: str | None = "kiosk", *, query: str = "", **options: Any) -> connect:
        """Return a WebSocket to the feed, to be entered; `who` sends its token in the header."""
        headers = {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}
        url = f"ws://127.0.0.1:{self.settings.api_port}/ws/live{query}"
        return connect(url, additional_headers=headers, compression=None, open_timeout=10, **options)


@contextlib.asynccontextmanager
async def running(settings: Settings, tempo: Tempo | None = None) -> AsyncIterator[Instruments]:
    """Run the API in this process until the context ends."""
    stop = asyncio.Event()
    instruments = Instruments(CollectorRegistry())
    service = asyncio.create_task(Service(settings, instruments, tempo).run(stop))
    try:
        await until_ready(settings, service)
        yield instruments
    finally:
        stop.set()
        await service


async def until_ready(settings: Settings, service: "asyncio.Task[None] | None" = None) -> None:
    """Return once /readyz says so."""
    async with asyncio.timeout(20), httpx.AsyncClient() as http:
        while True:
            if service is not None and service.done():
                await service
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(f"http://127.0.0.1:{settings.api_port}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.02)


async def enrol(dsn: str, settings: Settings, now: datetime) -> dict[str, str]:
    """Create a user and a token of each role, and a viewer whose scope is one commune; return the tokens."""
    connection = await connect_database(dsn, application="test")
    try:
        register = Register(connection, Passwords(), actor="cli:test", data_dir=settings.data_dir)
        for role in Role:
            if role in PEOPLE:
                await register.create_user(
                    f"user-{role.value}", PASSWORD, role=role, scope=None, full_name="Người Dùng", now=now
                )
        tokens = {
            role.value: await register.create_token(role.value, role=role, scope=None, expires_at=None, now=now)
            for role in Role
        }
        for name, role in (("scoped", Role.OPERATOR), ("scoped-kiosk", Role.KIOSK)):
            tokens[name] = await register.create_token(name, role=role, scope=SCOPE, expires_at=None, now=now)
        tokens["expired"] = await register.create_token(
            "expired", role=Role.ADMIN, scope=None, expires_at=now - timedelta(seconds=1), now=now
        )
        return tokens
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def seeded_centre(postgres: EmbeddedPostgres, folder: Path) -> AsyncIterator[Centre]:
    """Run an API on a new database with a seeded province, and a bus of its own."""
    nats = EmbeddedNats(folder / "nats", port=free_port())
    dsn = await new_database(postgres)
    settings = Settings(
        data_dir=folder / "data",
        config_dir=CONFIG,
        events_max_bytes=64 << 20,
        api_port=free_port(),
        wall_port=free_port(),
        database_url=SecretStr(dsn),
        nats_url=SecretStr(await nats.start()),
    )
    now = datetime.now(UTC)
    connection = await connect_database(dsn, application="test")
    try:
        await seed_province(connection, now)
    finally:
        await connection.close()
    tokens = await enrol(dsn, settings, now)
    bus = await connect_bus(settings, url=nats_url(settings), name="test")
    try:
        async with running(settings):
            yield Centre(settings, dsn, now, bus, tokens)
    finally:
        await bus.close()
        await nats.stop()
        await drop_database(postgres, dsn)


@pytest.fixture(scope="session")
async def api(timescaledb_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    """A running API on TimescaleDB, shared: tests add to it but take nothing away that others need."""
    async with seeded_centre(timescaledb_server, tmp_path_factory.mktemp("api")) as centre:
        yield centre


@pytest.fixture(scope="session", params=["timescaledb", "plain"])
async def each_api(
    request: pytest.FixtureRequest,
    timescaledb_server: EmbeddedPostgres,
    plain_server: EmbeddedPostgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Centre]:
    """A running API on each engine, shared: tests only read."""
    server = timescaledb_server if request.param == "timescaledb" else plain_server
    async with seeded_centre(server, tmp_path_factory.mktemp(f"api-{request.param}")) as centre:
        yield centre


@pytest.fixture
async def each_scratch(each_api: Centre) -> AsyncIterator[Connection]:
    """A connection to the database of `each_api` whose changes are taken back at the end."""
    connection = await connect_database(each_api.dsn, application="test")
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.fixture
async def own_api(timescaledb_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Centre]:
    """A running API of the test's own, to break."""
    async with seeded_centre(timescaledb_server, tmp_path) as centre:
        yield centre


@pytest.fixture(scope="session")
async def told(api: Centre) -> AsyncIterator[Connection]:
    """A connection to the database of `api`, in which a leader has recorded the shipped routes; two known alerts."""
    connection = await connect_database(api.dsn, application="test")
    routing = load_routing(CONFIG)
    await record(connection, to_record(routing, make_receivers(routing, Surroundings({}, ZoneInfo("UTC")))), api.now)
    for index, (unit, severity) in enumerate(((SCOPE, 1), ("24133", 3))):
        await connection.execute(
            "INSERT INTO alerts (fingerprint, rule, severity, labels, annotations, unit, state, pending_at, firing_at,"
            " updated_at) VALUES ($1, 'ShownDown', $2, $3, $4, $5, 'firing', $6, $6, $6)",
            f"shown-{index}", severity, {"unit": unit, "site": f"s{index}"}, {"summary": f"đứt {index}"}, unit,
            api.now,
        )  # fmt: skip
    yield connection
    await connection.close()


@contextlib.asynccontextmanager
async def register(centre: Centre) -> AsyncIterator[Register]:
    """Open the register of accounts, as `ioc user` and `ioc token` do."""
    connection = await connect_database(centre.dsn, application="test")
    try:
        yield Register(connection, Passwords(), actor="cli:test", data_dir=centre.settings.data_dir)
    finally:
        await connection.close()


async def change(centre: Centre, sql: str, *arguments: object, facts: Facts) -> None:
    """Change something in the database and tell the projector, as the writer does."""
    connection = await connect_database(centre.dsn, application="test")
    try:
        await connection.execute(sql, *arguments)
    finally:
        await connection.close()
    await notify(centre, facts)


async def notify(centre: Centre, facts: Facts) -> None:
    """Publish a change notice."""
    notices = Notices()
    notices.bus = centre.bus
    await notices.changed(facts, committed_at=datetime.now(UTC))
