"""A database on each engine, shared: each test's changes are taken back."""

from collections.abc import AsyncIterator

import pytest

from ioc_api.scoreboard import file
from ioc_api.scoreboard.definition import Scoreboard
from ioc_core import calendar_file
from ioc_core.calendar import WorkingCalendar
from ioc_core.db import Connection, connect
from ioc_core.engine import EmbeddedPostgres
from tests.conftest import CONFIG, drop_database, new_database

SHIPPED = file.load(CONFIG)
CALENDAR = calendar_file.load(CONFIG)


@pytest.fixture(scope="session")
def shipped() -> Scoreboard:
    """The definition that is shipped."""
    return SHIPPED


@pytest.fixture(scope="session")
def calendar() -> WorkingCalendar:
    """The working calendar that is shipped."""
    return CALENDAR


@pytest.fixture(scope="session", params=["timescaledb", "plain"])
async def each_board_database(
    request: pytest.FixtureRequest, timescaledb_server: EmbeddedPostgres, plain_server: EmbeddedPostgres
) -> AsyncIterator[str]:
    """The DSN of a migrated database on each engine."""
    server = timescaledb_server if request.param == "timescaledb" else plain_server
    dsn = await new_database(server)
    yield dsn
    await drop_database(server, dsn)


@pytest.fixture
async def each_board(each_board_database: str) -> AsyncIterator[Connection]:
    """A connection whose changes are taken back."""
    connection = await connect(each_board_database, application="test")
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()
