"""What each day added, in SQL: the days of a stretch together are what the stretch added."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ioc_api.queries import scoreboard_counting as counting
from ioc_api.queries import scoreboard_pace as queries
from ioc_api.scoreboard import compose, pace
from ioc_api.scoreboard.counts import NOTHING, Count, SourceCounts
from ioc_api.scoreboard.formulas import dossier_formulas
from ioc_core.db import Connection
from tests.api.board_seed import seed_dossiers
from tests.scoreboard.conftest import CALENDAR, SHIPPED

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VERSION = SHIPPED.versions[1]
BEGIN, FROM, TO = (datetime(2026, 6, day, tzinfo=ZONE) for day in (1, 8, 22))
FORMULAS = counting.Formulas(dossier_formulas(VERSION), ())


def summed(rows: list[SourceCounts], units: list[str] | None) -> dict[str, Count]:
    sums: dict[str, Count] = {}
    for row in rows:
        if units is None or row.unit in units:
            for id_, count in row.counts.items():
                sums[id_] = sums.get(id_, NOTHING) + count
    return sums


@pytest.mark.parametrize("units", [None, ["22015", "STP", "24133"]], ids=["the province", "some units"])
async def test_days_add_up(each_board: Connection, units: list[str] | None) -> None:
    known_at = datetime(2026, 7, 10, tzinfo=ZONE)
    await seed_dossiers(each_board, datetime(2026, 5, 1, tzinfo=ZONE), TO, 3000, known_at=known_at)
    daily = await queries.daily(each_board, FORMULAS, FROM, TO, units=units, zone=str(ZONE))
    late = await queries.became_late(each_board, FROM, TO, units=units, zone=str(ZONE))
    everything = await counting.dossiers(each_board, FORMULAS, FROM, TO)
    days = pace.past(
        VERSION,
        daily,
        late,
        said=compose.said_by(everything),
        days=(FROM.date(), (TO - timedelta(days=1)).date()),
        calendar=CALENDAR,
    )
    added: dict[str, Count] = {}
    for day in days:
        for id_, count in day.added.items():
            added[id_] = added.get(id_, NOTHING) + count
    received = summed(everything, units)
    assert {id_: count for id_, count in added.items() if id_ != "2.1"} == {
        id_: count for id_, count in received.items() if id_ not in {"2.1", "1.4"}
    }
    then, now = [
        summed(await counting.dossiers(each_board, FORMULAS, BEGIN, until), units)["2.1"] for until in (FROM, TO)
    ]
    assert added["2.1"] == Count(now.numerator - then.numerator, now.denominator - then.denominator)
    assert min(late.values(), key=lambda count: count.numerator).numerator < 0
    assert len(days) == 14
    assert set(daily) <= {date(2026, 6, day) for day in range(8, 22)}
