"""Keeps figures: months that are closed, by a person or by themselves, and the running month's days."""

from datetime import date, datetime, timedelta

from ioc_api.accounts import audit
from ioc_api.database import Database
from ioc_api.queries import scoreboard_closings as closings
from ioc_api.scoreboard.board import Board, Boards
from ioc_api.scoreboard.closing_day import months_due, whole_month
from ioc_api.scoreboard.counts import Counts
from ioc_api.scoreboard.periods import ONE_DAY, midnight, month_end
from ioc_api.scoreboard.tree import ScoredUnit
from ioc_core.db import Connection

SYSTEM = "system"
_DAY_IS_FRESH = timedelta(hours=6)
"""What is read this long after midnight still says how a day ended; later it would be another day's knowledge."""


async def keep(database: Database, boards: Boards, now: datetime) -> None:
    """Keep yesterday's figures and close the months that are due; of all processes one does it.

    Raises:
        OSError, TimeoutError, asyncpg errors: the database doesn't answer. InputError: beyond the calendar's years.
    """
    async with database.connection() as connection:
        await _keep_yesterday(connection, boards, now)
        heard_since = await closings.heard_since(connection)
        if heard_since is None:
            return
        held = await closings.closings(connection)
        heard = whole_month(boards.calendar.local_day(heard_since) + ONE_DAY)
        due = months_due(
            now,
            {closing.month for closing in held},
            first=max(first_month(boards), heard),
            rule=boards.definition.closing,
            calendar=boards.calendar,
        )
        for month in due:
            await _close_if_first(connection, boards, month, now)


def first_month(boards: Boards) -> date:
    """Return the first month that has a version of the scoreboard on each of its days."""
    return whole_month(boards.definition.versions[0].from_)


async def _keep_yesterday(connection: Connection, boards: Boards, now: datetime) -> None:
    today = boards.calendar.local_day(now)
    yesterday = today - ONE_DAY
    late = now - midnight(today, boards.calendar.rules.timezone) > _DAY_IS_FRESH
    if late or boards.definition.version_on(yesterday) is None or await closings.days(connection, yesterday):
        return
    board = await boards.read(connection, boards.period(yesterday.replace(day=1), yesterday))
    async with connection.transaction():
        if await closings.try_lock(connection) and not await closings.days(connection, yesterday):
            await closings.store_day(connection, yesterday, _figures(board), now=now)


async def _close_if_first(connection: Connection, boards: Boards, month: date, now: datetime) -> None:
    board = await boards.read(connection, boards.period(month, month_end(month)))
    async with connection.transaction():
        if await closings.try_lock(connection) and not await closings.closings(connection, month):
            await close(connection, board, by=SYSTEM, reason="", now=now, address="")


async def close(connection: Connection, board: Board, *, by: str, reason: str, now: datetime, address: str) -> int:
    """Keep a month's figures as its next version, in the caller's transaction, and note it in the audit log."""
    month = board.period.first
    version = await closings.store(
        connection, month, version=board.version, lines=_figures(board), by=by, reason=reason, now=now
    )
    details = {"version": version, "reason": reason}
    await audit.append(connection, audit.Entry(by, "scoreboard.close", f"{month:%Y-%m}", details, address), now=now)
    return version


async def reopen(
    connection: Connection, closing: closings.Closing, *, by: str, reason: str, now: datetime, address: str
) -> None:
    """Let a closed month be live again, in the caller's transaction, and note it in the audit log."""
    await closings.reopen(connection, closing, by=by, reason=reason, now=now)
    details = {"version": closing.version, "reason": reason}
    entry = audit.Entry(by, "scoreboard.reopen", f"{closing.month:%Y-%m}", details, address)
    await audit.append(connection, entry, now=now)


def _figures(board: Board) -> list[tuple[ScoredUnit, Counts]]:
    return [(line.unit, board.counts.get(code, {})) for code, line in board.lines.items()]
