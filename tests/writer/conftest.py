"""One migrated database for each engine, emptied before each test: migrating takes longer than most tests here."""

from collections.abc import AsyncIterator

import pytest

from ioc_core.db import Pool, create_pool
from ioc_core.engine import EmbeddedPostgres
from tests.conftest import drop_database, new_database

EMPTY = """
TRUNCATE stream_positions, sources, source_activity, series, samples, series_current, dossier_events, dossiers,
    probe_results, probe_current, security_events, rejected, rollup_marks, rollup_1m, rollup_1h, rollup_1d,
    retention_floors RESTART IDENTITY
"""


@pytest.fixture(scope="package", params=["timescaledb", "plain"])
async def shared_dsn(
    request: pytest.FixtureRequest, timescaledb_server: EmbeddedPostgres, plain_server: EmbeddedPostgres
) -> AsyncIterator[str]:
    """The DSN of a migrated database that the tests of the writer share, once on each engine."""
    server = timescaledb_server if request.param == "timescaledb" else plain_server
    dsn = await new_database(server)
    yield dsn
    await drop_database(server, dsn)


@pytest.fixture
async def store(shared_dsn: str) -> AsyncIterator[Pool]:
    """A pool on the shared database, with nothing in its tables of facts."""
    async with await create_pool(shared_dsn, application="test") as pool:
        await pool.execute(EMPTY)
        yield pool
