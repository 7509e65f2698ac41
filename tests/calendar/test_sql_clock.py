"""SQL's clock, filled from `WorkingCalendar.periods`, gives what Python gives, to the second."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ioc_core import calendar_file
from ioc_core.db import Pool

CALENDAR = calendar_file.load(Path(__file__).parents[2] / "config")
FIRST = datetime(2016, 1, 1, tzinfo=UTC)
SPAN_SECONDS = int((datetime(2034, 1, 1, tzinfo=UTC) - FIRST).total_seconds())
PAIRS = 3000


def moments(seed: int) -> list[datetime]:
    """Random instants, a third of them within seconds of an opening or closing."""
    chance = random.Random(seed)
    edges = [
        edge
        for period in CALENDAR.periods(date(2016, 1, 1), date(2033, 12, 31))
        for edge in (period.start_at, period.end_at)
    ]
    near = [chance.choice(edges) + timedelta(seconds=chance.randint(-2, 2)) for _ in range(PAIRS // 3)]
    anywhere = [FIRST + timedelta(seconds=chance.randrange(SPAN_SECONDS)) for _ in range(PAIRS - len(near))]
    together = near + anywhere
    chance.shuffle(together)
    return together


async def test_working_seconds_between_instants(pool: Pool) -> None:
    starts, ends = moments(1), moments(2)
    rows = await pool.fetch(
        "SELECT working_seconds(since, upto) AS seconds"
        " FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS pair(since, upto, n) ORDER BY n",
        starts,
        ends,
    )
    expected = [CALENDAR.working_seconds(start, end) for start, end in zip(starts, ends, strict=True)]
    assert [row["seconds"] for row in rows] == expected


async def test_instants_after_so_much_working_time(pool: Pool) -> None:
    chance = random.Random(3)
    starts = moments(4)
    amounts = [chance.choice([1, 3600, 16200, 28800, 5 * 28800, chance.randrange(1, 30 * 28800)]) for _ in starts]
    rows = await pool.fetch(
        "SELECT add_working_seconds(since, seconds) AS at"
        " FROM unnest($1::timestamptz[], $2::float8[]) WITH ORDINALITY AS pair(since, seconds, place) ORDER BY place",
        starts,
        [float(amount) for amount in amounts],
    )
    expected = [CALENDAR.add_working(start, amount) for start, amount in zip(starts, amounts, strict=True)]
    assert [row["at"] for row in rows] == expected
