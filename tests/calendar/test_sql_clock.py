"""SQL's clock, `CalendarArrays` and `WorkingCalendar` give the same to the second, on both engines."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from ioc_core import calendar_file, catalogue, yaml_source
from ioc_core.calendar import WorkingCalendar
from ioc_core.calendar_arrays import CalendarArrays, Seconds
from ioc_core.db import Pool
from ioc_core.db.catalogue_sync import sync_catalogue
from tests.calendar.oracle import CLOSURE, WINDOWS, edges, moved, worked_between

CONFIG = Path(__file__).parents[2] / "config"
CALENDAR = calendar_file.load(CONFIG)
RULES = calendar_file.load_clock_rules(CONFIG)
FIRST, LAST = (datetime.fromtimestamp(at, UTC) for at in (CALENDAR.first_second, CALENDAR.last_second))
EDGES = [edge for window in WINDOWS for edge in edges(window)]
MICROSECOND = timedelta(microseconds=1)
QUESTIONS = 4000

CLOCKS = "SELECT working_clock(at) FROM unnest($1::timestamptz[]) WITH ORDINALITY AS asked(at, n) ORDER BY n"
SPANS = """
SELECT working_seconds(since, upto)
FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS asked(since, upto, n) ORDER BY n
"""
SUMS = """
SELECT add_working_seconds(since, seconds)
FROM unnest($1::timestamptz[], $2::float8[]) WITH ORDINALITY AS asked(since, seconds, n) ORDER BY n
"""


def moments(seed: int) -> list[datetime]:
    """Random instants to the microsecond; a third lie on or beside an opening, a closing or midnight."""
    chance = random.Random(seed)
    offsets = [timedelta(), MICROSECOND, -MICROSECOND, timedelta(seconds=1), timedelta(seconds=-1)]
    near = [datetime.fromtimestamp(chance.choice(EDGES), UTC) + chance.choice(offsets) for _ in range(QUESTIONS // 3)]
    span = (LAST - FIRST) // MICROSECOND
    anywhere = [FIRST + MICROSECOND * chance.randint(0, span) for _ in range(QUESTIONS - len(near))]
    together = [min(max(moment, FIRST), LAST) for moment in near + anywhere]
    chance.shuffle(together)
    return together


def amounts(seed: int) -> list[int]:
    """Spans of working time in seconds, forward and back."""
    chance = random.Random(seed)
    usual = [0, 1, -1, 3600, 16_200, -12_600, 28_800, -28_800, 5 * 28_800]
    return [chance.choice([*usual, chance.randint(-30 * 28_800, 30 * 28_800)]) for _ in range(QUESTIONS)]


def whole(instants: Sequence[datetime]) -> Seconds:
    """Epoch seconds, cut."""
    return np.floor([at.timestamp() for at in instants]).astype(np.int64)


async def answers(pool: Pool, question: str, *asked: Sequence[object]) -> list[object]:
    return [row[0] for row in await pool.fetch(question, *asked)]


async def all_three_agree(pool: Pool, calendar: WorkingCalendar) -> None:
    arrays = CalendarArrays(calendar)
    starts, ends, spans = moments(1), moments(2), amounts(3)

    clocks = [calendar.clock(start) for start in starts]
    assert arrays.working_clock(whole(starts)).tolist() == clocks
    assert await answers(pool, CLOCKS, starts) == clocks

    between = [calendar.working_seconds(start, end) for start, end in zip(starts, ends, strict=True)]
    assert arrays.working_seconds(whole(starts), whole(ends)).tolist() == between
    assert await answers(pool, SPANS, starts, ends) == between

    total = calendar.clock(LAST)
    asked = [
        (start, span)
        for start, span in zip(starts, spans, strict=True)
        if span == 0 or 0 <= calendar.clock(start) + span <= total
    ]
    assert len(asked) > 0.9 * QUESTIONS
    since, seconds = [start for start, _ in asked], [span for _, span in asked]
    sums = [calendar.add_working(start, span) for start, span in asked]
    assert arrays.add_working(whole(since), np.array(seconds)).tolist() == [at.timestamp() for at in sums]
    assert await answers(pool, SUMS, since, [float(span) for span in seconds]) == sums


async def test_thousands_of_instants(each_pool: Pool) -> None:
    await all_three_agree(each_pool, CALENDAR)


async def test_a_changed_calendar_changes_the_clock(each_pool: Pool) -> None:
    """The functions follow the table in the same transaction: a closure, no calendar at all, the first one again."""
    text = (CONFIG / "calendar.yaml").read_text(encoding="utf-8").replace("closures: []\n", CLOSURE)
    closed = calendar_file.read(yaml_source.parse(text, "calendar.yaml"))
    monday = datetime.fromisoformat("2026-10-19T00:00+07:00")
    day = "SELECT working_seconds($1::timestamptz, $1::timestamptz + interval '1 day')"
    async with each_pool.acquire() as connection:
        assert await connection.fetchval(day, monday) == 28_800
        await sync_catalogue(connection, catalogue.load(CONFIG), closed, RULES)
        assert await connection.fetchval(day, monday) == 0
        await all_three_agree(each_pool, closed)

        await connection.execute("TRUNCATE working_periods")
        assert await connection.fetchval("SELECT working_clock($1)", monday) == 0
        assert await connection.fetchval("SELECT add_working_seconds($1, 1)", monday) is None
        assert await connection.fetchval("SELECT add_working_seconds($1, -1)", monday) is None
        assert await connection.fetchval("SELECT add_working_seconds($1, 0)", monday) == monday

        await sync_catalogue(connection, catalogue.load(CONFIG), CALENDAR, RULES)
        assert await connection.fetchval(day, monday) == 28_800


async def test_against_the_clock_that_looks_at_every_second(each_pool: Pool) -> None:
    text = (CONFIG / "calendar.yaml").read_text(encoding="utf-8").replace("closures: []\n", CLOSURE)
    async with each_pool.acquire() as connection:
        closed = calendar_file.read(yaml_source.parse(text, "calendar.yaml"))
        await sync_catalogue(connection, catalogue.load(CONFIG), closed, RULES)
    chance = random.Random(4)
    for window in WINDOWS:
        looked_at = sorted(chance.sample(edges(window), 6))
        starts, ends = ([datetime.fromtimestamp(at, UTC) for at in half] for half in (looked_at[:3], looked_at[3:]))
        expected = [worked_between(window, *pair) for pair in zip(looked_at[:3], looked_at[3:], strict=True)]
        assert await answers(each_pool, SPANS, starts, ends) == expected
        for amount in (-16_200, -1, 1, 28_800):
            known = {at: end for at in looked_at if (end := moved(window, at, amount)) is not None}
            since = [datetime.fromtimestamp(at, UTC) for at in known]
            sums = [datetime.fromtimestamp(end, UTC) for end in known.values()]
            assert await answers(each_pool, SUMS, since, [float(amount)] * len(since)) == sums


CATCHES: dict[str, object] = {
    # NULL gives NULL
    "working_clock(NULL)": None,
    "working_seconds(NULL, now())": None,
    "working_seconds(now(), NULL)": None,
    "add_working_seconds(NULL, 1)": None,
    "add_working_seconds('2026-07-06 09:00+07', NULL)": None,
    # outside of the years the clock stands still, and no sum is there
    "working_clock('2014-12-31 10:00+07')": 0,
    "working_clock('-infinity')": 0,
    "working_clock('2099-12-31 17:00+07') - working_clock('2035-12-31 17:00+07')": 0,
    "working_clock('infinity') - working_clock('2035-12-31 17:00+07')": 0,
    "add_working_seconds('2035-12-31 17:00+07', 1)": None,
    "add_working_seconds('2015-01-01 17:00+07', -1)": None,
    "add_working_seconds('2026-07-06 09:00+07', 'Infinity')": None,
    "add_working_seconds('2026-07-06 09:00+07', 'NaN')": None,
    # instants are cut to their second, amounts rounded
    "working_seconds('2026-07-06 08:00:00.999999+07', '2026-07-06 08:00:01+07')": 1,
    "working_seconds('2026-07-06 16:59:59.000001+07', '2026-07-06 17:00:00+07')": 1,
    "add_working_seconds('2026-07-06 09:00:00.9+07', 3599.6)": datetime.fromisoformat("2026-07-06T10:00+07:00"),
    "add_working_seconds('2026-07-06 09:00:00.9+07', 0.4)": datetime.fromisoformat("2026-07-06T09:00+07:00"),
}


async def test_questions_with_a_catch(each_pool: Pool) -> None:
    assert {question: await each_pool.fetchval(f"SELECT {question}") for question in CATCHES} == CATCHES


async def test_rows_that_were_there_before_the_functions(pool: Pool) -> None:
    """The migration makes the functions from the rows it finds: a statement without rows is enough."""
    await pool.execute(
        "CREATE OR REPLACE FUNCTION working_clock(at timestamptz) RETURNS double precision"
        " LANGUAGE sql STABLE STRICT PARALLEL SAFE AS 'SELECT -1::double precision'"
    )
    monday = datetime.fromisoformat("2026-07-06T09:00+07:00")
    assert await pool.fetchval("SELECT working_clock($1)", monday) == -1
    await pool.execute("UPDATE working_periods SET start_at = start_at WHERE false")
    assert await pool.fetchval("SELECT working_clock($1)", monday) == CALENDAR.clock(monday)
