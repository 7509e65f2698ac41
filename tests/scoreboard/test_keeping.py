"""Days and months that are kept by themselves, once, and what is kept of them."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from ioc_api.database import Database
from ioc_api.queries import scoreboard_closings as closings
from ioc_api.scoreboard.board import Boards
from ioc_api.scoreboard.keeping import keep
from ioc_core.db import Connection, connect
from tests.api.board_seed import seed_dossiers
from tests.scoreboard.conftest import CALENDAR, SHIPPED

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
HEARD_SINCE = datetime(2026, 4, 2, tzinfo=ZONE)
DUE = datetime(2026, 6, 5, 7, tzinfo=ZONE)


class Clock:
    """Says what time it is."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Centre:
    """What keeps the figures, at a time of the test's choice."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.database = database
        self.connection = connection
        self.clock = Clock(DUE)
        self.boards = Boards(database, SHIPPED, CALENDAR, self.clock)

    async def keep(self, now: datetime) -> None:
        """Keep what is due at that time."""
        self.clock.now = now
        await keep(self.database, self.boards, now)

    async def closings(self) -> list[tuple[date, int, str]]:
        """Every closing: month, version, who."""
        return [(it.month, it.version, it.closed_by) for it in await closings.closings(self.connection)]

    async def days(self) -> list[date]:
        """The days that were kept."""
        return [row["day"] for row in await self.connection.fetch("SELECT day FROM scoreboard_days ORDER BY day")]


@pytest.fixture
async def centre(each_database: str) -> AsyncIterator[Centre]:
    """A database with dossiers of April to June 2026."""
    connection = await connect(each_database, application="test")
    await seed_dossiers(connection, datetime(2026, 4, 1, tzinfo=ZONE), datetime(2026, 6, 30, tzinfo=ZONE), 900)
    await connection.execute("INSERT INTO source_activity VALUES ('igate', $1, $1, $1)", HEARD_SINCE)
    database = Database(each_database, size=4)
    await database.open()
    yield Centre(database, connection)
    await database.close()
    await connection.close()


async def test_the_story_of_two_months(centre: Centre) -> None:
    # the last month closes by itself, at its time, once
    await centre.keep(DUE - timedelta(seconds=1))
    assert await centre.closings() == []
    live = await centre.boards.board(MAY, date(2026, 5, 31))
    await centre.keep(DUE)
    await centre.keep(DUE + timedelta(minutes=1))
    assert await centre.closings() == [(MAY, 1, "system")]

    # what happens afterwards changes the live figures, not the closed ones
    await centre.connection.execute("UPDATE dossiers SET electronic_result = true, lateness = 1, late_at = NULL")
    held = await centre.boards.board(MAY, date(2026, 5, 31))
    assert held.closing is not None
    assert {code: it.points for code, it in held.lines.items()} == {code: it.points for code, it in live.lines.items()}
    assert {code: it.rank for code, it in held.lines.items()} == {code: it.rank for code, it in live.lines.items()}
    now = await centre.boards.live(MAY, date(2026, 5, 31))
    assert now.lines["66"].score > held.lines["66"].score

    # reports in SQL find them with points and targets
    row = await centre.connection.fetchrow("SELECT * FROM v_scoreboard_closed WHERE unit = '66' AND indicator = '2.1'")
    assert row is not None
    assert (row["month"], row["maximum"], row["full_at"]) == (MAY, 20, 100)
    counted = held.counts["66"]["2.1"]
    assert (row["numerator"], row["denominator"]) == (counted.numerator, counted.denominator)

    # nothing of a closing can be changed, but that it was re-opened, once
    for statement in (
        "UPDATE scoreboard_closed_counts SET numerator = denominator",
        "DELETE FROM scoreboard_closed_counts",
        "TRUNCATE scoreboard_closed_counts",
        "UPDATE scoreboard_closed_units SET name = 'x'",
        "UPDATE scoreboard_closings SET closed_by = 'user:a'",
        "DELETE FROM scoreboard_closings",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await centre.connection.execute(statement)
    first = (await closings.closings(centre.connection))[0]
    await closings.reopen(centre.connection, first, by="user:a", reason="sửa số liệu", now=DUE)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await centre.connection.execute("UPDATE scoreboard_closings SET reopened_by = 'user:b'")

    # what somebody re-opened is live, and theirs to close; the next month closes by itself again
    assert (await centre.boards.board(MAY, date(2026, 5, 31))).closing is None
    await centre.keep(DUE + timedelta(days=1))
    assert await centre.closings() == [(MAY, 1, "system")]
    await centre.keep(datetime(2026, 7, 8, 7, tzinfo=ZONE))
    assert await centre.closings() == [(JUNE, 1, "system"), (MAY, 1, "system")]


async def test_the_story_of_some_days(centre: Centre) -> None:
    # after midnight the month is kept as it is known then, once; what is over two months old is let go
    for day in (date(2026, 4, 13), date(2026, 4, 14)):
        await closings.store_day(centre.connection, day, [], now=DUE)
    morning = datetime(2026, 6, 15, 0, 1, tzinfo=ZONE)
    await centre.keep(morning)
    await centre.keep(morning + timedelta(minutes=1))
    assert await centre.days() == [date(2026, 4, 13), date(2026, 4, 14), date(2026, 6, 14)]

    # what is found out of the past during the day is a change since yesterday
    before = (await centre.boards.live(JUNE, date(2026, 6, 14))).lines["66"]
    await centre.connection.execute("UPDATE dossiers SET papers_reused = true WHERE filed_at >= '2026-06-01'")
    centre.clock.now = morning + timedelta(hours=10)
    board = await centre.boards.board(JUNE, date(2026, 6, 30))
    than = await centre.boards.yesterday(board)
    assert than is not None
    assert than.as_then
    assert than.board.lines["66"].points == before.points
    assert board.lines["66"].score > before.score

    # a day that was missed is told as known now
    await centre.keep(datetime(2026, 6, 16, 6, 0, 1, tzinfo=ZONE))
    assert date(2026, 6, 15) not in await centre.days()
    than = await centre.boards.yesterday(await centre.boards.board(JUNE, date(2026, 6, 30)))
    assert than is not None
    assert not than.as_then
    assert than.board.period.last == date(2026, 6, 15)

    # the last day of a month is that month's: on the first there is no yesterday
    await centre.keep(datetime(2026, 7, 1, 0, 1, tzinfo=ZONE))
    assert await centre.days() == [date(2026, 6, 14), date(2026, 6, 30)]
    kept = await closings.day(centre.connection, date(2026, 6, 30))
    assert kept is not None
    whole = await centre.boards.live(JUNE, date(2026, 6, 30))
    assert kept[1]["66"] == whole.counts["66"]
    assert await centre.boards.yesterday(await centre.boards.board(date(2026, 7, 1), date(2026, 7, 31))) is None
