"""A database for tests of rules: made for them, and dropped after them; nothing that is stored is touched."""

import contextlib
import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg

from ioc_core import calendar_file, catalogue
from ioc_core.addresses import database_url
from ioc_core.db import connect, migrate
from ioc_core.db.catalogue_sync import sync_catalogue
from ioc_core.engine import EmbeddedPostgres, find_servers, free_port
from ioc_core.errors import EngineError
from ioc_core.settings import Settings

_MEMORY = 512 << 20
_OVERRIDES = {"fsync": "off", "synchronous_commit": "off", "timescaledb.max_background_workers": "0"}
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, EngineError)


@contextlib.asynccontextmanager
async def scratch_database(settings: Settings) -> AsyncIterator[str]:
    """Yield the DSN of a new, migrated database with the catalogue of config/, dropped with the context.

    It stands on the configured server; when none can be reached, on one that is started for it in a temporary folder.

    Raises:
        EngineError: the server is there, but this role may not make databases; or no server can be started.
        ConfigErrors: a catalogue of config/ is wrong.
    """
    async with contextlib.AsyncExitStack() as opened:
        url = await _reachable(settings)
        if url is None:
            url = await opened.enter_async_context(_own_server())
        dsn = await opened.enter_async_context(_database(url))
        await migrate(dsn)
        connection = await connect(dsn, application="rules-test")
        try:
            folder = settings.config_dir
            clock_rules = calendar_file.load_clock_rules(folder)
            await sync_catalogue(connection, catalogue.load(folder), calendar_file.load(folder), clock_rules)
        finally:
            await connection.close()
        yield dsn


async def _reachable(settings: Settings) -> str | None:
    try:
        url = database_url(settings)
        await (await connect(url, application="rules-test")).close()
    except _AWAY:
        return None
    return url


@contextlib.asynccontextmanager
async def _own_server() -> AsyncIterator[str]:
    servers = find_servers()
    if not servers:
        raise EngineError("no database can be reached, and there is no PostgreSQL to start: install one, or set a URL")
    with tempfile.TemporaryDirectory(prefix="ioc-rules-") as folder:
        server = EmbeddedPostgres(
            Path(folder) / "postgres", servers[0], port=free_port(), memory=_MEMORY, overrides=_OVERRIDES
        )
        await server.start()
        try:
            yield server.url
        finally:
            await server.stop()
            server.remove()


@contextlib.asynccontextmanager
async def _database(url: str) -> AsyncIterator[str]:
    name = f"ioc_rules_{uuid.uuid4().hex[:12]}"
    owner = await connect(url, application="rules-test")
    try:
        try:
            await owner.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        except asyncpg.InsufficientPrivilegeError as error:
            reason = "tests of rules need a database of their own: let this role make one (ALTER ROLE … CREATEDB)"
            raise EngineError(f"{reason}, or unset IOC_DATABASE_URL: {error}") from error
        try:
            yield _with_database(url, name)
        finally:
            await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await owner.close()


def _with_database(url: str, name: str) -> str:
    base, mark, options = url.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}{mark}{options}"
