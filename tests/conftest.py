"""Fixtures that every area shares: real database engines and a real NATS server, in temporary folders."""

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr

from ioc_core import calendar_file, catalogue
from ioc_core.bus import Bus, connect_bus
from ioc_core.db import Pool, connect, create_pool, migrate
from ioc_core.db.catalogue_sync import sync_catalogue
from ioc_core.engine import EmbeddedNats, EmbeddedPostgres, PostgresServer, find_servers, free_port
from ioc_core.settings import Settings
from tests.server_folder import server_folder

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"


def pytest_configure() -> None:
    """No test reads the settings of the machine it runs on, nor is judged by how fast that is."""
    hypothesis_settings.register_profile("suite", deadline=None)
    hypothesis_settings.load_profile("suite")
    for name in [name for name in os.environ if name.startswith("IOC_")]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no process is left with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def _server(*, timescaledb: bool) -> PostgresServer:
    for server in find_servers():
        if (server.timescaledb is not None) == timescaledb:
            return server
    kind = "TimescaleDB (deploy/install-timescaledb installs it)" if timescaledb else "plain PostgreSQL"
    pytest.fail(f"no {kind} on this machine: `make test` sets up both engines")


_OVERRIDES = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
    "synchronous_commit": "off",
    "autovacuum": "off",  # plans are those of the statistics that a test makes
    "timescaledb.max_background_workers": "0",  # one would stay connected to the database that is copied
}


async def _running(server: PostgresServer) -> AsyncIterator[EmbeddedPostgres]:
    home = server_folder()
    try:
        postgres = EmbeddedPostgres(home, server, port=free_port(), memory=1 << 30, overrides=_OVERRIDES)
        await postgres.start()
        yield postgres
        await postgres.stop()
        postgres.remove()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
async def timescaledb_server() -> AsyncIterator[EmbeddedPostgres]:
    """A running PostgreSQL with TimescaleDB."""
    async for postgres in _running(_server(timescaledb=True)):
        yield postgres


@pytest.fixture(scope="session")
async def plain_server() -> AsyncIterator[EmbeddedPostgres]:
    """A running PostgreSQL without TimescaleDB."""
    async for postgres in _running(_server(timescaledb=False)):
        yield postgres


_templates: dict[str, str] = {}
"""Of each server (by URL) a migrated database that nobody may connect to: copying it takes a tenth of migrating."""


async def new_database(postgres: EmbeddedPostgres) -> str:
    """Return the DSN of a new database of `postgres`, migrated, with the shipped catalogue."""
    owner = await asyncpg.connect(postgres.url)
    try:
        template = _templates.get(postgres.url)
        if template is None:
            template = _templates[postgres.url] = await _new_template(owner, postgres)
        name = f"test_{uuid.uuid4().hex[:12]}"
        await owner.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    finally:
        await owner.close()
    return _dsn(postgres, name)


async def _new_template(owner: "asyncpg.Connection[asyncpg.Record]", postgres: EmbeddedPostgres) -> str:
    name = f"template_{uuid.uuid4().hex[:12]}"
    await owner.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    dsn = _dsn(postgres, name)
    await migrate(dsn)
    connection = await connect(dsn, application="test")
    try:
        await sync_catalogue(
            connection,
            catalogue.load(CONFIG),
            calendar_file.load(CONFIG),
            calendar_file.load_clock_rules(CONFIG),
        )
    finally:
        await connection.close()
    await owner.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    while await owner.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name):
        await asyncio.sleep(0.02)
    return name


def _dsn(postgres: EmbeddedPostgres, name: str) -> str:
    return postgres.url.rsplit("/", 1)[0] + f"/{name}"


async def drop_database(postgres: EmbeddedPostgres, dsn: str) -> None:
    """Drop a database of `new_database`, whoever is still connected."""
    owner = await asyncpg.connect(postgres.url)
    try:
        await owner.execute(f"DROP DATABASE {dsn.rsplit('/', 1)[1]} WITH (FORCE)")
    finally:
        await owner.close()


@pytest.fixture
async def database(timescaledb_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """The DSN of a fresh migrated database on TimescaleDB."""
    dsn = await new_database(timescaledb_server)
    yield dsn
    await drop_database(timescaledb_server, dsn)


@pytest.fixture(params=["timescaledb", "plain"])
async def each_database(
    request: pytest.FixtureRequest, timescaledb_server: EmbeddedPostgres, plain_server: EmbeddedPostgres
) -> AsyncIterator[str]:
    """The DSN of a fresh migrated database, once on TimescaleDB and once on plain PostgreSQL."""
    server = timescaledb_server if request.param == "timescaledb" else plain_server
    dsn = await new_database(server)
    yield dsn
    await drop_database(server, dsn)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool on `database`."""
    async with await create_pool(database, application="test") as opened:
        yield opened


@pytest.fixture
async def each_pool(each_database: str) -> AsyncIterator[Pool]:
    """A pool on `each_database`."""
    async with await create_pool(each_database, application="test") as opened:
        yield opened


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a fresh NATS server."""
    server = EmbeddedNats(tmp_path / "nats", port=free_port())
    yield await server.start()
    await server.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a centre in a temporary folder, with the shipped configuration and free ports."""
    return Settings(
        data_dir=tmp_path / "data",
        config_dir=CONFIG,
        events_max_bytes=256 << 20,
        ingest_port=free_port(),
        syslog_port=free_port(),
        write_port=free_port(),
        alerts_port=free_port(),
        api_port=free_port(),
        wall_port=free_port(),
        simulator_port=free_port(),
    )


@pytest.fixture
def centre(settings: Settings, database: str, nats: str) -> Settings:
    """Settings that point at a fresh database and a fresh bus."""
    return settings.model_copy(update={"database_url": SecretStr(database), "nats_url": SecretStr(nats)})


@pytest.fixture
async def bus(settings: Settings, nats: str) -> AsyncIterator[Bus]:
    """A connection to `nats` with the streams in place."""
    opened = await connect_bus(settings, url=nats, name="test")
    yield opened
    await opened.close()
