"""How fast samples go from EVENTS into the database, beside raw asyncpg COPY into the same hypertable."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from bench.engines import Engines, command, engines
from bench.result import Result
from ioc_core.bus import connect_bus
from ioc_core.db import Pool, create_pool
from ioc_core.engine import free_port
from ioc_core.events import Sample, encode_batches
from ioc_core.settings import Settings

SOURCES = 10
SERIES = 250  # of each source
STEPS = 4  # samples of each series in one push: a minute of them
PUSHES = 2000
COPY_ROWS = 50_000
"""Rows of one COPY of the yardstick: what a transaction of the writer holds at most."""

_START = (datetime.now(UTC) - timedelta(days=10)).replace(hour=0, minute=0, second=0, microsecond=0)
_EVERY = timedelta(seconds=15)
_METRICS = [f"node_metric_{number}_total" for number in range(SERIES)]
_DEADLINE = 300.0


def push(number: int) -> list[Sample]:
    """Return the samples of push `number`: one source, all its series, `STEPS` instants."""
    source = f"host-{number % SOURCES}"
    first = _START + _EVERY * STEPS * (number // SOURCES)
    received = datetime.now(UTC)
    return [
        Sample(
            source, first + _EVERY * step, received, metric, float(number + step), {"unit": "66", "system": "igate"}
        )
        for step in range(STEPS)
        for metric in _METRICS
    ]


async def yardstick(pool: Pool, *, pushes: int, days_before: int) -> float:
    """Return rows a second of COPY alone: the same rows, in the same order, one transaction after the other."""
    earlier = timedelta(days=days_before)
    rows = [
        (1_000_000 + (number % SOURCES) * SERIES + index % SERIES, sample.observed_at - earlier, sample.value)
        for number in range(pushes)
        for index, sample in enumerate(push(number))
    ]
    async with pool.acquire() as connection:
        started = time.perf_counter()
        for start in range(0, len(rows), COPY_ROWS):
            await connection.copy_records_to_table(
                "samples", records=rows[start : start + COPY_ROWS], columns=("series_id", "time", "value")
            )
        return len(rows) / (time.perf_counter() - started)


async def drain(running: Engines, pool: Pool, *, pushes: int) -> float:
    """Return samples a second from EVENTS, filled beforehand, to committed."""
    settings = Settings(events_max_bytes=8 << 30)
    bus = await connect_bus(settings, url=running.nats_url, name="bench")
    for number in range(pushes):
        await bus.publish_events("bench", encode_batches(list(push(number))))
    await bus.close()
    with command("write", running.environment({"IOC_WRITE_PORT": str(free_port())})):
        return await _rate(pool, pushes * SERIES * STEPS)


async def _rate(pool: Pool, total: int) -> float:
    """Return how fast `total` is reached, from the first commit on."""
    first: tuple[float, int] | None = None
    async with asyncio.timeout(_DEADLINE):
        while True:
            done = await pool.fetchval("SELECT coalesce(sum(events_total), 0)::bigint FROM source_activity")
            now = time.perf_counter()
            if first is None and done:
                first = (now, done)
            if first is not None and done >= total:
                return float(done - first[1]) / (now - first[0])
            await asyncio.sleep(0.02)


async def measure() -> list[Result]:
    """Measure; the yardstick before and after, since a machine isn't the same all the time."""
    async with engines() as running, await create_pool(running.database_url, application="bench") as pool:
        before = await yardstick(pool, pushes=PUSHES // 2, days_before=10)
        drained = await drain(running, pool, pushes=PUSHES)
        after = await yardstick(pool, pushes=PUSHES // 2, days_before=20)
    copy = (before + after) / 2
    return [
        Result(
            "samples, EVENTS → committed",
            drained,
            "samples/s",
            "asyncpg COPY",
            copy,
            budget=0.7,
            note=f"COPY {before:,.0f} before, {after:,.0f} after; {running.edition}",
        )
    ]
