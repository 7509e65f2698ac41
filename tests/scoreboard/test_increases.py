"""How much counters grew in a period, from the rollups of days."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ioc_api.queries import scoreboard as queries
from ioc_api.scoreboard.counts import Increase
from ioc_core.db import Connection

SINCE = datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
UNTIL = SINCE + timedelta(days=3)
METRIC = "dossiers_synchronised_total"
Day = tuple[int, list[float]]
"""A day, counted from the first of the period, and the values that its samples had."""


async def series(connection: Connection, days: list[Day], *, source: str = "portal", **labels: str) -> None:
    """Add a series with the rollups of its days."""
    number = await connection.fetchval(
        "INSERT INTO series (source, metric, labels) VALUES ($1, $2, $3) RETURNING id", source, METRIC, labels
    )
    for day, values in days:
        await connection.execute(
            "INSERT INTO rollup_1d VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(number, SINCE + timedelta(days=day), len(values), sum(values)),
            *(min(values), max(values), values[0], values[-1]),
        )


async def grown(connection: Connection) -> dict[str | None, float]:
    """How much it grew, by unit."""
    found = await queries.increases(connection, [METRIC], SINCE, UNTIL)
    return {increase.unit: increase.value for increase in found}


@pytest.mark.parametrize(
    ("days", "value"),
    [
        pytest.param([(-1, [80, 100]), (0, [110, 120]), (1, [125, 150]), (2, [150, 170])], 70, id="day after day"),
        pytest.param([(-3, [100]), (1, [130, 150])], 50, id="over days without a sample"),
        pytest.param([(0, [110, 120]), (1, [130])], 20, id="first heard of in the period: from its first value"),
        pytest.param([(-9, [100]), (0, [110, 120])], 10, id="not heard of for over a week: from its first value"),
        pytest.param([(-1, [100]), (0, [5, 20])], 20, id="begun anew over night: from zero"),
        pytest.param([(-1, [100]), (0, [110, 130, 0, 40])], 70, id="begun anew within a day"),
        pytest.param([(-1, [100]), (0, [110, 130]), (3, [500])], 30, id="what comes after the period doesn't count"),
        pytest.param([(-1, [100]), (0, [100, 100])], 0, id="what stands still grows by nothing"),
    ],
)
async def test_growth(each_board: Connection, days: list[Day], value: float) -> None:
    await series(each_board, days, unit="66")
    assert await grown(each_board) == {"66": value}


async def test_without_a_day_in_the_period_nothing_is_known(each_board: Connection) -> None:
    await series(each_board, [(-1, [100])], unit="66")
    assert await grown(each_board) == {}


async def test_what_sources_and_channels_tell_apart_is_summed(each_board: Connection) -> None:
    await series(each_board, [(0, [0, 10])], unit="22015", channel="online")
    await series(each_board, [(0, [0, 5])], unit="22015", channel="counter")
    await series(each_board, [(0, [0, 2])], source="other", unit="22015")
    await series(each_board, [(0, [0, 1])])
    assert await grown(each_board) == {"22015": 17, None: 1}


async def test_acts_and_the_working_days_they_took(each_board: Connection) -> None:
    for act, days in (("resolve", "15"), ("resolve", "16"), ("resolve", "x"), ("ask", "2")):
        await series(each_board, [(0, [0, 1])], unit="STP", act=act, working_days=days)
    found = await queries.increases(each_board, [METRIC], SINCE, UNTIL)
    assert sorted(found, key=lambda it: (it.act, it.working_days)) == [
        Increase(METRIC, "STP", 1, "ask", 2),
        Increase(METRIC, "STP", 1, "resolve", 15),
        Increase(METRIC, "STP", 1, "resolve", 16),
        Increase(METRIC, "STP", 1, "resolve", 9999),
    ]
