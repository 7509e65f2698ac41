"""Migrations and the catalogue mirror, on both engines."""

import asyncio
from datetime import datetime, timedelta

import pytest

from ioc_core import calendar_file, catalogue
from ioc_core.db import Pool, applied_versions, connect, migrate
from ioc_core.db.catalogue_sync import sync_catalogue
from ioc_core.db.migrate import migrations
from ioc_core.errors import StorageError
from tests.conftest import CONFIG


async def test_a_second_run_applies_nothing(each_database: str) -> None:
    assert await migrate(each_database) == []
    assert list(await applied_versions(each_database)) == [migration.version for migration in migrations()]


async def test_two_processes_at_once_apply_each_migration_once(each_database: str) -> None:
    connection = await connect(each_database, application="test")
    await connection.execute(
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP EXTENSION IF EXISTS timescaledb CASCADE"
    )
    await connection.close()
    done = await asyncio.gather(migrate(each_database), migrate(each_database), migrate(each_database))
    assert sorted(len(names) for names in done) == [0, 0, len(migrations())]


async def test_an_edited_migration_is_refused(each_database: str) -> None:
    connection = await connect(each_database, application="test")
    await connection.execute("UPDATE schema_migrations SET checksum = 'x' WHERE version = 1")
    await connection.close()
    with pytest.raises(StorageError, match="0001_engine was edited"):
        await migrate(each_database)


async def test_a_database_of_a_newer_version_is_refused(each_database: str) -> None:
    connection = await connect(each_database, application="test")
    await connection.execute("INSERT INTO schema_migrations VALUES (9999, 'future', '')")
    await connection.close()
    with pytest.raises(StorageError, match="9999"):
        await migrate(each_database)


async def test_units_are_mirrored_with_predecessors_and_places(each_pool: Pool) -> None:
    loaded = catalogue.load(CONFIG)
    rows = await each_pool.fetch("SELECT code, name, predecessors, latitude, national_id FROM units")
    assert {row["code"] for row in rows} == set(loaded.units)
    for row in rows:
        unit = loaded.units[row["code"]]
        assert (row["name"], tuple(row["predecessors"]), row["latitude"], row["national_id"]) == (
            unit.name,
            unit.predecessors,
            unit.latitude,
            unit.national_id,
        )


async def test_sync_twice_changes_nothing(each_pool: Pool) -> None:
    async with each_pool.acquire() as connection:
        before = await connection.fetch("SELECT * FROM units ORDER BY code")
        await sync_catalogue(
            connection,
            catalogue.load(CONFIG),
            calendar_file.load(CONFIG),
            calendar_file.load_clock_rules(CONFIG),
        )
        assert await connection.fetch("SELECT * FROM units ORDER BY code") == before


async def test_sql_and_python_agree_on_working_time(each_pool: Pool) -> None:
    calendar = calendar_file.load(CONFIG)
    start = datetime.fromisoformat("2026-02-10T03:17:05+00:00")
    instants = [start + timedelta(seconds=index * 97_711) for index in range(60)]
    for since, upto in zip(instants, reversed(instants), strict=True):
        said = await each_pool.fetchval("SELECT working_seconds($1, $2)", since, upto)
        assert said == calendar.working_seconds(since, upto)
    for since in instants:
        for seconds in (1, 3600, 28_800, 100_000):
            said = await each_pool.fetchval("SELECT add_working_seconds($1, $2)", since, float(seconds))
            assert said == calendar.add_working(since, seconds), (since, seconds)
