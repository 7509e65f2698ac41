"""One process leads: an advisory lock on a connection of its own, and an epoch that fences every write."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import asyncpg
import structlog

from alerts.waiting import wait
from ioc_core.db import Connection, connect
from ioc_core.errors import IocError

log = structlog.get_logger(__name__)

_LOCK = 0x10C_0010
_TRY_EVERY = 1.0
_CHECK_EVERY = 1.0
_CHECK_TIMEOUT = 5.0
# A leader whose machine is gone must lose its lock within seconds, not after the kernel's two hours.
_NOTICE_DEAD_PEER = """
SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 2;
SET tcp_user_timeout = 3000
"""


class LeadershipLostError(IocError):
    """Another process leads now, or the lock's connection is gone: nothing may be written any more."""


class TermEndedError(IocError):
    """The process was asked to stop."""


class Leadership:
    """What the leader holds; `epoch` is larger than that of every leader before."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", epoch: int) -> None:
        self._connection = connection
        self.epoch = epoch

    async def watch(self) -> None:
        """Return never; check the lock's connection each second.

        Raises:
            LeadershipLostError: it is gone.
        """
        while True:
            await asyncio.sleep(_CHECK_EVERY)
            try:
                await self._connection.fetchval("SELECT 1", timeout=_CHECK_TIMEOUT)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise LeadershipLostError(f"the connection of the lock is gone: {error}") from error

    async def release(self) -> None:
        """Let another process lead at once."""
        self._connection.terminate()


async def acquire(dsn: str, *, name: str, now: Callable[[], datetime], stop: asyncio.Event) -> Leadership:
    """Return once this process leads; until then it stands by, looking every second.

    Raises:
        TermEndedError: `stop` was set first.
        OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away.
    """
    connection = await connect(dsn, application="alerts-leader")
    try:
        await connection.execute(_NOTICE_DEAD_PEER)
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            if await wait(stop, _TRY_EVERY):
                raise TermEndedError("asked to stop while standing by")
        epoch = await connection.fetchval(
            "UPDATE alert_leader SET epoch = epoch + 1, leader = $1, since = $2 RETURNING epoch", name, now()
        )
    except BaseException:
        connection.terminate()
        raise
    log.info("leadership_taken", epoch=epoch)
    return Leadership(connection, epoch)


async def assert_leading(connection: Connection, epoch: int) -> None:
    """Make the open transaction one of the leader's: a newer leader waits for its end.

    Raises:
        LeadershipLostError: a newer leader took over.
    """
    if await connection.fetchval("SELECT epoch FROM alert_leader FOR SHARE") != epoch:
        raise LeadershipLostError("another process leads now")
