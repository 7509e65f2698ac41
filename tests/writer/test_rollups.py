"""Rollups against an oracle that reads every sample, on both engines."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.rollups import Stretch, join, roll, whole_days, whole_hours
from ingest.writer.columns import Columns
from ingest.writer.marks import marks_of
from ioc_core.db import Pool
from ioc_core.events import Sample
from tests.writer.applying import Applier, message

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 20, 10, 0, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


@dataclass(frozen=True)
class Bucket:
    count: int
    sum: float
    min: float
    max: float
    first: float
    last: float


def told(at: datetime, value: float, metric: str = "load1") -> Sample:
    return Sample("host", at, at, metric, value)


async def stored(pool: Pool, table: str) -> dict[tuple[str, datetime], Bucket]:
    rows = await pool.fetch(f"SELECT s.metric, r.* FROM {table} r JOIN series s ON s.id = r.series_id")
    return {
        (r["metric"], r["bucket"]): Bucket(r["count"], r["sum"], r["min"], r["max"], r["first"], r["last"])
        for r in rows
    }


def oracle(samples: list[Sample], unit: str, zone: ZoneInfo = ZONE) -> dict[tuple[str, datetime], Bucket]:
    """Return the buckets of `samples`, made one by one."""
    values: dict[tuple[str, datetime], dict[datetime, float]] = defaultdict(dict)
    for sample in samples:
        local = sample.observed_at.astimezone(zone).replace(second=0, microsecond=0)
        if unit != "1m":
            local = local.replace(minute=0)
        if unit == "1d":
            local = local.replace(hour=0)
        held = values[sample.metric, local.astimezone(UTC)]
        held[sample.observed_at] = max(sample.value, held.get(sample.observed_at, sample.value))
    buckets = {}
    for key, points in values.items():
        ordered = [points[at] for at in sorted(points)]
        buckets[key] = Bucket(len(ordered), sum(ordered), min(ordered), max(ordered), ordered[0], ordered[-1])
    return buckets


async def roll_all(pool: Pool, now: datetime, zone: ZoneInfo = ZONE) -> int:
    """Roll until nothing is left to do; return how many rounds it took."""
    rounds = 0
    async with pool.acquire() as connection:
        while True:
            done = await roll(connection, zone=zone, now=now, marks=5)
            if done is not None and not done.more:
                return rounds
            rounds += 1


async def assert_exact(pool: Pool, samples: list[Sample], zone: ZoneInfo = ZONE) -> None:
    for unit in ("1m", "1h", "1d"):
        assert await stored(pool, f"rollup_{unit}") == oracle(samples, unit, zone), unit


async def write(pool: Pool, writer: Applier, seq: int, samples: list[Sample]) -> None:
    async with pool.acquire() as connection:
        await writer.apply(connection, [message(seq, samples)])


def history(seed: int, count: int, *, days: int = 3) -> list[Sample]:
    """Return samples of three series at random times before NOW; whole numbers, so that sums are exact."""
    made = random.Random(seed)
    return [
        told(
            NOW.replace(second=0) - timedelta(seconds=made.randrange(1, days * 86_400)),
            float(made.randrange(-1000, 1000)),
            made.choice(["a", "b", "c"]),
        )
        for _ in range(count)
    ]


async def test_rollups_are_what_the_samples_say(store: Pool) -> None:
    samples = history(1, 600)
    writer = Applier()
    for number in range(6):
        await write(store, writer, number + 1, samples[number * 100 : number * 100 + 100])
    await roll_all(store, LATER)
    await assert_exact(store, samples)
    assert await store.fetchval("SELECT count(*) FROM rollup_marks") == 0


async def test_late_samples_correct_minute_hour_and_day(store: Pool) -> None:
    writer = Applier()
    first = [told(NOW - timedelta(minutes=minute), float(minute)) for minute in range(1, 200)]
    await write(store, writer, 1, first)
    await roll_all(store, LATER)
    late = [told(NOW - timedelta(minutes=100, seconds=10), 5000.0), told(NOW - timedelta(days=40), -7.0)]
    await write(store, writer, 2, late)
    await roll_all(store, LATER)
    await assert_exact(store, first + late)


async def test_a_minute_is_rolled_up_when_it_is_over(store: Pool) -> None:
    writer = Applier()
    open_minute = NOW.replace(second=0)
    samples = [told(open_minute - timedelta(seconds=20), 1.0), told(open_minute + timedelta(seconds=20), 2.0)]
    await write(store, writer, 1, samples)
    await roll_all(store, NOW)
    await assert_exact(store, samples[:1])
    await roll_all(store, open_minute + timedelta(seconds=60))
    await assert_exact(store, samples)


async def test_a_clock_that_is_ahead_delays_nobody(store: Pool) -> None:
    now = NOW + timedelta(minutes=30)
    samples = [told(now - timedelta(minutes=2), 1.0, "a"), told(now + timedelta(minutes=20), 2.0, "b")]
    await write(store, Applier(), 1, samples)
    await roll_all(store, now)
    await assert_exact(store, samples[:1])
    await roll_all(store, LATER)
    await assert_exact(store, samples)


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "Asia/Kolkata", "America/New_York"])
async def test_days_and_hours_follow_the_provinces_clock(store: Pool, zone: str) -> None:
    samples = history(7, 150, days=30)
    await write(store, Applier(), 1, samples)
    await roll_all(store, LATER, ZoneInfo(zone))
    await assert_exact(store, samples, ZoneInfo(zone))


async def test_what_is_committed_during_a_round_is_rolled_up_by_the_next(store: Pool) -> None:
    """Three writers commit samples of the same minutes while two rollers take the marks."""
    samples = history(3, 1500, days=1)
    written = asyncio.Event()

    async def writer(number: int) -> None:
        memory = Applier()
        mine = samples[number::3]
        for start in range(0, len(mine), 10):
            await write(store, memory, 1 + start * 3 + number, mine[start : start + 10])

    async def roller() -> None:
        while not written.is_set():
            async with store.acquire() as connection:
                await roll(connection, zone=ZONE, now=LATER, marks=3)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        rollers = [tasks.create_task(roller()) for _ in range(2)]
        await asyncio.gather(*(writer(number) for number in range(3)))
        written.set()
        await asyncio.gather(*rollers)
    await roll_all(store, LATER)
    await assert_exact(store, samples)


async def test_one_rolls_and_the_others_stand_by(store: Pool) -> None:
    await write(store, Applier(), 1, history(2, 10))
    async with store.acquire() as first, store.acquire() as second:
        async with first.transaction():
            assert await roll(first, zone=ZONE, now=LATER) is not None
            assert await roll(second, zone=ZONE, now=LATER) is None
        done = await roll(second, zone=ZONE, now=LATER)
        assert done is not None
        assert not done.more


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(-(10**10), 10**10)), min_size=1, max_size=30))
def test_marks_cover_every_sample_in_whole_minutes_of_an_hour(points: list[tuple[int, int]]) -> None:
    series, times = np.array(points, dtype=np.int64).T
    marks = marks_of(Columns(series, times, np.zeros(len(points))))
    for since, upto, members in marks:
        assert since.second == upto.second == since.microsecond == upto.microsecond == 0
        assert (upto - timedelta(minutes=1)).replace(minute=0) == since.replace(minute=0)
        assert members == sorted(set(members))
    for number, at in points:
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
        assert any(since <= instant < upto and number in members for since, upto, members in marks)


def minutes(*spans: tuple[int, int, tuple[int, ...]]) -> list[Stretch]:
    return [
        Stretch(NOW.replace(second=0) + timedelta(minutes=a), NOW.replace(second=0) + timedelta(minutes=b), series)
        for a, b, series in spans
    ]


@pytest.mark.parametrize(
    ("given_", "joined"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(0, 60, (1,)), (60, 90, (1,))], [(0, 90, (1,))], id="one after the other"),
        pytest.param([(0, 60, (1,)), (61, 90, (1,))], [(0, 60, (1,)), (61, 90, (1,))], id="a gap between"),
        pytest.param([(0, 60, (1,)), (60, 90, (2,))], [(0, 60, (1,)), (60, 90, (2,))], id="of different series"),
        pytest.param([(0, 60, (1,)), (30, 50, (1,))], [(0, 60, (1,))], id="one inside the other"),
    ],
)
def test_stretches_that_follow_each_other_are_one(
    given_: list[tuple[int, int, tuple[int, ...]]], joined: list[tuple[int, int, tuple[int, ...]]]
) -> None:
    assert join(minutes(*given_)) == minutes(*joined)


@pytest.mark.parametrize(
    ("zone", "since", "upto", "hours", "days"),
    [
        pytest.param(
            "Asia/Ho_Chi_Minh",
            "2026-11-20T16:59",
            "2026-11-20T17:01",
            ("2026-11-20T16:00", "2026-11-20T18:00"),
            ("2026-11-19T17:00", "2026-11-21T17:00"),
            id="around midnight in Vietnam",
        ),
        pytest.param(
            "Asia/Ho_Chi_Minh",
            "2026-11-20T16:00",
            "2026-11-20T17:00",
            ("2026-11-20T16:00", "2026-11-20T17:00"),
            ("2026-11-19T17:00", "2026-11-20T17:00"),
            id="the last hour of a day",
        ),
        pytest.param(
            "Asia/Kolkata",
            "2026-11-20T16:00",
            "2026-11-20T16:10",
            ("2026-11-20T15:30", "2026-11-20T16:30"),
            ("2026-11-19T18:30", "2026-11-20T18:30"),
            id="hours that begin at half past",
        ),
        pytest.param(
            "America/New_York",
            "2026-11-01T12:00",
            "2026-11-01T12:01",
            ("2026-11-01T12:00", "2026-11-01T13:00"),
            ("2026-11-01T04:00", "2026-11-02T05:00"),
            id="a day of 25 hours",
        ),
    ],
)
def test_whole_hours_and_days(zone: str, since: str, upto: str, hours: tuple[str, str], days: tuple[str, str]) -> None:
    def stretch(first: str, end: str) -> Stretch:
        return Stretch(datetime.fromisoformat(first + "+00:00"), datetime.fromisoformat(end + "+00:00"), (1,))

    assert whole_hours(stretch(since, upto), ZoneInfo(zone)) == stretch(*hours)
    assert whole_days(stretch(since, upto), ZoneInfo(zone)) == stretch(*days)
