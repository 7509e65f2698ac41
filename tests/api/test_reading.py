"""Facts of the live state as they are read, against naive counts, on each engine."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ioc_api import wall_file
from ioc_api.projector.facts import Facts
from ioc_api.projector.reading import EVERYTHING, Part, Reader
from ioc_api.queries import live_dossiers
from ioc_core import calendar_file
from ioc_core.db import Pool
from tests.api.seed import seed_province
from tests.conftest import CONFIG

AFTERNOON = datetime(2026, 7, 15, 7, 0, tzinfo=UTC)  # two o'clock in the province, a Wednesday
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TODAY = datetime(2026, 7, 14, 17, 0, tzinfo=UTC)
MONTH = datetime(2026, 6, 30, 17, 0, tzinfo=UTC)
MONDAY = datetime(2026, 7, 20, 7, 0, tzinfo=UTC)


@pytest.fixture
def reader() -> Reader:
    return Reader(wall_file.load(CONFIG), ZONE)


async def test_everything_at_once(each_pool: Pool, reader: Reader) -> None:
    async with each_pool.acquire() as connection:
        await seed_province(connection, AFTERNOON, dossiers=2000, alerts=20)
        facts = await reader.everything(connection, AFTERNOON)
        rows = await connection.fetch("SELECT * FROM dossiers")
        firing = await connection.fetch("SELECT * FROM alerts WHERE state = 'firing'")
    work = {unit.unit: unit for unit in facts.work}
    # Four, eight and twenty-four working hours: three of them are left today.
    limits = (datetime(2026, 7, 16, 1, 0, tzinfo=UTC), datetime(2026, 7, 16, 7, 0, tzinfo=UTC), MONDAY)
    for unit in (None, "22015", "SNV"):
        of_unit = [row for row in rows if row["work_unit"] == unit]
        running = [row for row in of_unit if row["is_open"]]
        ended = [row for row in of_unit if not row["is_open"] and MONTH <= row["ended_at"] <= AFTERNOON]
        found = work.get(unit)
        if found is None:
            assert not of_unit
            continue
        assert found.open == len(running)
        assert found.overdue == sum(row["late_at"] is not None and row["late_at"] < AFTERNOON for row in running)
        terms = [row["late_at"] for row in running if row["late_at"] is not None and not row["waiting_for_citizen"]]
        within = [sum(AFTERNOON <= late_at <= limit for late_at in terms) for limit in limits]
        assert [found.due_soon_1, found.due_soon_1 + found.due_soon_2] == within[:2]
        assert found.due_soon_1 + found.due_soon_2 + found.due_soon_3 == within[2]
        assert found.waiting == sum(row["waiting_for_citizen"] for row in running), "none of them is overdue"
        assert found.unaccepted == sum(
            row["accept_by"] is not None and row["accept_by"] < AFTERNOON for row in running
        )
        assert found.received_today == sum(TODAY <= row["filed_at"] < TODAY + timedelta(days=1) for row in of_unit)
        assert found.ended_today == sum(row["ended_at"] >= TODAY for row in ended)
        assert found.measured_month == sum(row["on_time"] is not None for row in ended)
        assert found.on_time_month == sum(row["on_time"] is True for row in ended)
        if unit is not None:
            assert found.last_event_at == max((row["told_at"] for row in of_unit), default=None)
    assert sum(unit.open for unit in facts.work) == sum(row["is_open"] for row in rows)
    for counter in ("overdue", "due_soon_1", "due_soon_2", "due_soon_3", "waiting", "unaccepted", "ended_today"):
        assert sum(getattr(unit, counter) for unit in facts.work) > 0, counter
    assert {(group.rule, group.unit) for group in facts.alarms.groups} == {
        (row["rule"], row["unit"]) for row in firing
    }
    assert sum(group.count for group in facts.alarms.groups) == 20
    assert facts.alarms.new_10min == 7, "one began to fire each minute; of nine, two are P4"
    assert len(facts.recent) == 8
    assert facts.security.counts
    assert sum(count.events for count in facts.security.counts) == 29
    assert len(facts.trends.values["overdue"]) == 24
    assert facts.trends.rejected_24h == 120
    assert sum(unit.current for unit in facts.units if unit.kind == "commune") == 102


async def test_the_tiers_of_due_soon_are_those_of_the_calendar(pool: Pool, reader: Reader) -> None:
    async with pool.acquire() as connection:
        at = await reader.instants(connection, AFTERNOON)
        await connection.execute("UPDATE clock_rules SET due_soon = '{7200,3600,60}'")
        changed = await reader.instants(connection, AFTERNOON)
    clock = calendar_file.load(CONFIG).clock(AFTERNOON)
    assert at.moment.tiers == (clock + 24 * 3600, clock + 8 * 3600, clock + 4 * 3600)
    assert changed.moment.tiers == (clock + 7200, clock + 3600, clock + 60)
    assert (at.today_start, at.month_start) == (TODAY, MONTH)


async def test_a_trend_tells_what_a_reading_in_that_hour_would_have_told(each_pool: Pool, reader: Reader) -> None:
    async with each_pool.acquire() as connection:
        await seed_province(connection, AFTERNOON, dossiers=3000, alerts=1)
        values = (await reader.everything(connection, AFTERNOON)).trends.values
        for back in (1, 5, 23):
            then = AFTERNOON.replace(minute=0) - timedelta(hours=back - 1)
            row = await connection.fetchrow(
                "SELECT count(*) AS open, count(*) FILTER (WHERE late_at < $1) AS overdue"
                " FROM dossiers WHERE filed_at < $1 AND (is_open OR ended_at >= $1)",
                then,
            )
            assert row is not None
            assert values["processing"][23 - back] == row["open"], back
            assert values["overdue"][23 - back] == row["overdue"], back
        up = values["systems_up"]
        total = await connection.fetchval("SELECT count(*) FROM probe_current")
    assert up[23] == total - 1
    assert up[20] == total, "the one that is down was up three hours ago"


async def test_only_the_parts_asked_for_are_read_anew(pool: Pool, reader: Reader) -> None:
    async with pool.acquire() as connection:
        await seed_province(connection, AFTERNOON, dossiers=100, alerts=3)
        before = await reader.everything(connection, AFTERNOON)
        await connection.execute("DELETE FROM alerts")
        await connection.execute("DELETE FROM dossiers")
        at = await reader.instants(connection, AFTERNOON)
        after = await reader.parts(connection, before, {Part.ALARMS}, at)
        assert after.alarms.groups == ()
        assert after.work == before.work
        assert (await reader.parts(connection, before, EVERYTHING, at)).work != before.work


CROSSINGS = {
    "due between the readings": ("late_at", timedelta(seconds=0.5), True),
    "due before both": ("late_at", timedelta(seconds=-5), False),
    "due after both": ("late_at", timedelta(seconds=5), False),
    "four working hours left": ("late_at", timedelta(hours=18, seconds=1), True),
    "eight left": ("late_at", timedelta(hours=24, seconds=1), True),
    "twenty-four left": ("late_at", timedelta(days=5, seconds=1), True),
    "a second more than twenty-four": ("late_at", timedelta(days=5, seconds=2), False),
    "to be accepted between the readings": ("accept_by", timedelta(seconds=0.5), True),
    "to be accepted later": ("accept_by", timedelta(seconds=5), False),
}


async def test_time_alone_makes_a_dossier_more_urgent(pool: Pool, reader: Reader) -> None:
    async with pool.acquire() as connection:
        await seed_province(connection, AFTERNOON, dossiers=1, alerts=1)
        before = await reader.instants(connection, AFTERNOON)
        after = await reader.instants(connection, AFTERNOON + timedelta(seconds=1))
        for case, (column, due, crossed) in CROSSINGS.items():
            await connection.execute("UPDATE dossiers SET is_open = true, late_at = NULL, accept_by = NULL")
            await connection.execute(f"UPDATE dossiers SET {column} = $1", AFTERNOON + due)
            await connection.execute("UPDATE dossiers SET late_clock = working_clock(late_at)")
            assert await live_dossiers.crossed(connection, before, after) is crossed, case
            work = [await live_dossiers.work(connection, at) for at in (before, after)]
            assert (work[0] != work[1]) is crossed, f"the numbers change when that says so: {case}"


async def test_offices_that_are_shut_do_not_make_a_number_stale(pool: Pool, reader: Reader) -> None:
    evening = datetime(2026, 7, 17, 9, 50, tzinfo=UTC)  # Friday, ten to five
    async with pool.acquire() as connection:
        await seed_province(connection, evening, dossiers=10, alerts=1)
        facts: Facts = await reader.everything(connection, evening)
    assert facts.freshness.observed_at == evening
    monday = datetime(2026, 7, 20, 0, 50, tzinfo=UTC)  # ten minutes on Friday, fifty on Monday: an hour of work
    assert facts.freshness.stale_after["overdue"] == (monday - evening).total_seconds()
    assert facts.freshness.stale_after["systems_up"] == 120.0


async def test_an_empty_centre_can_be_read(each_pool: Pool, reader: Reader) -> None:
    async with each_pool.acquire() as connection:
        facts = await reader.everything(connection, AFTERNOON)
    assert facts.freshness.observed_at is None
    assert facts.recent == ()
    assert facts.alarms.groups == ()
