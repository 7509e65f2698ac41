"""Reads what a forecast needs of the running month, and makes it."""

from datetime import date, timedelta

from msgspec import Struct

from ioc_api.queries import scoreboard_pace as queries
from ioc_api.queries.scoreboard_counting import Formulas
from ioc_api.scoreboard import pace
from ioc_api.scoreboard.board import Board, Boards
from ioc_api.scoreboard.compose import said_by
from ioc_api.scoreboard.forecast import Forecast, forecast
from ioc_api.scoreboard.formulas import dossier_formulas
from ioc_api.scoreboard.periods import ONE_DAY, midnight
from ioc_core.db import Connection


class Outlook(Struct, frozen=True):
    """A forecast and the days that it draws from; None: too few of them, or nothing was measured."""

    forecast: Forecast | None
    first: date
    last: date


async def outlook(connection: Connection, boards: Boards, board: Board, unit: str) -> Outlook:
    """Return the forecast of a line of a running, live board to the end of its period."""
    assert board.sheet is not None
    sheet, calendar, rules = board.sheet, boards.calendar, boards.definition.forecast
    zone = calendar.rules.timezone
    today = calendar.local_day(board.made_at)
    first, last = today - timedelta(days=rules.pace_days), today - ONE_DAY
    since, until = midnight(first, zone), midnight(today, zone)
    units = None if unit == sheet.tree.province else sorted(sheet.tree.members(unit))
    formulas = Formulas(dossier_formulas(board.version), ())
    async with connection.transaction(readonly=True):
        await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        daily = await queries.daily(connection, formulas, since, until, units=units, zone=str(zone))
        late = await queries.became_late(connection, since, until, units=units, zone=str(zone))
    past = pace.past(
        board.version, daily, late, said=said_by(sheet.facts.dossiers), days=(first, last), calendar=calendar
    )
    made = forecast(
        board.version,
        board.counts[unit],
        board.lines[unit].points,
        past=past,
        ahead=pace.ahead(board.made_at, board.period.last, calendar),
        rules=rules,
    )
    return Outlook(made, first, last)
