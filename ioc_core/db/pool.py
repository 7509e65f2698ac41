"""Connections to the database: JSON as Python values, UTC, deadlines."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import asyncpg

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Pool = asyncpg.Pool

CONNECT_TIMEOUT = 10.0
COMMAND_TIMEOUT = 60.0


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=_dump, decoder=json.loads, schema="pg_catalog")


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _server_settings(application: str, session: Mapping[str, str] | None = None) -> dict[str, str]:
    return {"application_name": f"ioc-{application}", "timezone": "UTC", "jit": "off", **(session or {})}


async def _as_it_is(connection: Connection) -> None:
    pass


async def create_pool(
    dsn: str, *, application: str, size: int = 8, session: Mapping[str, str] | None = None, reset: bool = True
) -> Pool:
    """Return a pool of at most `size` connections named `ioc-<application>`; `session` are server settings of each.

    `reset`: a connection that is given back forgets what its user set; without it, that costs no round trip.

    Raises:
        OSError, asyncpg.PostgresError, TimeoutError: the database can't be reached within 10 s.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        init=_prepare,
        reset=None if reset else _as_it_is,
        timeout=CONNECT_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        max_inactive_connection_lifetime=60.0,
        server_settings=_server_settings(application, session),
    )


async def connect(dsn: str, *, application: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Return one connection, for locks that must live as long as their holder."""
    connection = await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        server_settings=_server_settings(application),
    )
    await _prepare(connection)
    return connection


def is_transient(error: BaseException) -> bool:
    """Whether the same statement may succeed later: the server is away, restarting, full or busy."""
    if isinstance(error, (OSError, TimeoutError, asyncio.TimeoutError, asyncpg.InterfaceError)):
        return True
    if not isinstance(error, asyncpg.PostgresError):
        return False
    # 08 connection, 40 rollback (deadlock, serialization), 53 resources, 55 in use, 57 operator, 58 system
    return (error.sqlstate or "")[:2] in {"08", "40", "53", "55", "57", "58"}
