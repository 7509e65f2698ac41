"""What the account commands share: an open register on the centre's database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from ioc_api.accounts.passwords import Passwords
from ioc_api.accounts.register import Register, operator
from ioc_core.addresses import database_url
from ioc_core.db import connect
from ioc_core.logs import configure_logging
from ioc_core.settings import Settings

ResultT = TypeVar("ResultT")


@contextlib.asynccontextmanager
async def open_register(settings: Settings) -> AsyncIterator[Register]:
    """Yield a register whose changes are recorded as the operating system's account.

    Raises:
        EngineError: the database's address isn't known. OSError: it doesn't answer.
    """
    connection = await connect(database_url(settings), application="accounts")
    try:
        yield Register(connection, Passwords(), actor=operator(), data_dir=settings.data_dir)
    finally:
        await connection.close()


def with_register(work: Callable[[Register], Awaitable[ResultT]]) -> ResultT:
    """Run `work` on the register of this machine's settings and return its result."""

    async def run() -> ResultT:
        async with open_register(settings) as register:
            return await work(register)

    settings = Settings()
    configure_logging(settings, "accounts")
    return asyncio.run(run())
