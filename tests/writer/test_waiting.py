"""Delays between attempts, and how far behind the database is."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from ingest.writer.backoff import Backoff
from ingest.writer.database import Database
from ingest.writer.lag import LagMonitor, oldest_seconds
from ioc_core.bus import Bus
from ioc_core.engine import EmbeddedPostgres
from ioc_core.events import encode_batch
from ioc_core.settings import Settings
from tests.writer.events import sample


def test_delays_double_up_to_the_longest_and_are_not_in_step() -> None:
    backoff = Backoff(first=0.1, longest=1.0)
    delays = [backoff.delay() for _ in range(8)]
    for delay, most in zip(delays, (0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0), strict=True):
        assert most / 2 <= delay <= most
    assert len(set(delays)) == 8
    backoff.reset()
    assert backoff.delay() <= 0.1


async def test_waiting_ends_at_once_when_told_to_stop() -> None:
    stop = asyncio.Event()
    assert await Backoff(first=0.01).wait(stop)
    stop.set()
    began = time.monotonic()
    assert not await Backoff(first=10.0).wait(stop)
    assert time.monotonic() - began < 1


async def test_the_lag_is_the_age_of_what_events_holds(bus: Bus) -> None:
    assert oldest_seconds(await bus.stream_state("EVENTS"), now=datetime.now(UTC)) == 0.0
    for _ in range(3):
        await bus.publish_events("host", [encode_batch([sample(1, 1.0)])])
    state = await bus.stream_state("EVENTS")
    assert state.messages == 3
    assert 60 <= oldest_seconds(state, now=datetime.now(UTC) + timedelta(seconds=60)) < 65


async def test_a_database_without_migrations_is_not_ready(plain_server: EmbeddedPostgres, tmp_path: Path) -> None:
    database = Database(Settings(data_dir=tmp_path, database_url=SecretStr(plain_server.url)))
    said = await database.check()
    assert said is not None
    assert "run `ioc db migrate`" in said
    await database.close()


async def test_a_database_without_an_address_is_not_ready(tmp_path: Path) -> None:
    said = await Database(Settings(data_dir=tmp_path)).check()
    assert said is not None
    assert "IOC_DATABASE_URL isn't set" in said


async def test_what_the_stream_no_longer_holds_is_known_for_that_stream_alone(bus: Bus) -> None:
    await bus.publish_events("host", [encode_batch([sample(1, 1.0)])])
    monitor = LagMonitor(bus)
    running = asyncio.create_task(monitor.run())
    identity = (await bus.stream_state("EVENTS")).identity
    async with asyncio.timeout(5):
        while not monitor.first_seq(identity):
            await asyncio.sleep(0.01)
    running.cancel()
    assert (monitor.first_seq(identity), monitor.first_seq("EVENTS@another")) == (1, 0)
