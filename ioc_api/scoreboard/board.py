"""The scoreboard of a period: read whole, shared among those who ask at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from ioc_api.database import Database
from ioc_api.problems import Problem
from ioc_api.queries import scoreboard as queries
from ioc_api.queries import scoreboard_closings as closings
from ioc_api.queries import scoreboard_counting as counting
from ioc_api.queries.scoreboard_closings import Closing, Frozen
from ioc_api.scoreboard import compose
from ioc_api.scoreboard.counts import Counts
from ioc_api.scoreboard.definition import Scoreboard, Version
from ioc_api.scoreboard.file import METRIC_PARAMETERS
from ioc_api.scoreboard.formulas import dossier_formulas, procedure_formulas
from ioc_api.scoreboard.periods import Period, before, period, until_yesterday
from ioc_api.scoreboard.scoring import Line, line, ranked
from ioc_api.scoreboard.tree import Tree
from ioc_core.calendar import WorkingCalendar
from ioc_core.db import Connection

_FRESH = timedelta(seconds=2)
_FRESH_PAST = timedelta(seconds=30)
"""Of what a scoreboard is only compared with."""
_HELD = 32


class Sheet(Struct, frozen=True):
    """What was read of a period: the facts, and what of them counts in each line that is shown."""

    version: Version
    period: Period
    tree: Tree
    facts: compose.Facts
    scopes: Mapping[str, compose.Scope]


class Board(Struct, frozen=True):
    """The scoreboard of a period: the lines by unit. `closing`: they are the frozen ones."""

    version: Version
    period: Period
    lines: Mapping[str, Line]
    counts: Mapping[str, Counts]
    made_at: datetime
    closing: Closing | None = None
    sheet: Sheet | None = None


class Comparison(Struct, frozen=True):
    """A scoreboard that another is held against. `as_then`: as it was known on its last day."""

    board: Board
    as_then: bool


class Boards:
    """Reads scoreboards by one definition, calendar and clock."""

    def __init__(
        self, database: Database, definition: Scoreboard, calendar: WorkingCalendar, now: Callable[[], datetime]
    ) -> None:
        self.definition = definition
        self.calendar = calendar
        self._database = database
        self._now = now
        self._held: OrderedDict[tuple[date, date], _Entry] = OrderedDict()

    def today(self) -> date:
        """Return the local day."""
        return self.calendar.local_day(self._now())

    def period(self, first: date, last: date) -> Period:
        """Return the period of these days, as of now."""
        return period(first, last, zone=self.calendar.rules.timezone, now=self._now())

    def version(self, last: date) -> Version:
        """Return what scores a period that ends on that day.

        Raises:
            Problem: 422, before there was a scoreboard.
        """
        found = self.definition.version_on(last)
        if found is None:
            first = self.definition.versions[0].from_
            raise Problem(422, f"query.to: there is no scoreboard of {last}: the first version holds from {first}.")
        return found

    async def board(self, first: date, last: date, *, closing: int | None = None, fresh: timedelta = _FRESH) -> Board:
        """Return the scoreboard of these days: of a closed month the frozen one, else the live one.

        Raises:
            Problem: 404, no such closing; 422, before there was a scoreboard.
        """
        asked = self.period(first, last)
        if asked.whole_month is not None or closing is not None:
            async with self._database.connection() as connection:
                found = await closings.frozen(connection, first, closing) if asked.whole_month else None
            if found is not None:
                return frozen(found, asked)
            if closing is not None:
                raise Problem(404, f"There is no closing {closing} of {first} to {last}.")
        return await self.live(first, last, fresh=fresh)

    async def live(self, first: date, last: date, *, fresh: timedelta = _FRESH) -> Board:
        """Return the scoreboard as known now, at most so old."""
        self.version(last)
        entry = self._held.setdefault((first, last), _Entry())
        self._held.move_to_end((first, last))
        while len(self._held) > _HELD:
            self._held.popitem(last=False)
        async with entry.lock:
            asked = self.period(first, last)
            if entry.board is None or entry.board.made_at < self._now() - fresh:
                async with self._database.connection() as connection:
                    entry.board = await self.read(connection, asked)
            return entry.board

    async def read(self, connection: Connection, asked: Period) -> Board:
        """Return the scoreboard of a period, read now, in one snapshot."""
        sheet = await self.sheet(connection, asked)
        return scored(sheet, self._now())

    async def sheet(self, connection: Connection, asked: Period) -> Sheet:
        """Return what a scoreboard is made of, read in one snapshot."""
        version = self.version(asked.last)
        formulas = counting.Formulas(dossier_formulas(version), procedure_formulas(version))
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            dossiers = await counting.dossiers(connection, formulas, asked.since, asked.until)
            tree = Tree(await queries.units(connection))
            facts = compose.Facts(
                first=asked.first,
                last=min(asked.last, self.calendar.local_day(asked.until)),
                dossiers=dossiers,
                procedures=await queries.procedures(connection),
                increases=await queries.increases(connection, metrics_of(version), asked.since, asked.until),
            )
        return Sheet(version, asked, tree, facts, compose.scopes(version, facts, tree, self.calendar))

    async def tree(self) -> Tree:
        """Return the units of all times."""
        async with self._database.connection() as connection:
            return Tree(await queries.units(connection))

    async def yesterday(self, board: Board) -> Comparison | None:
        """Return the same period up to yesterday; None when it is over or began today.

        Of the running month as it was known at the end of yesterday, where that was kept; else as known now.
        """
        days = until_yesterday(board.period, self.today())
        if days is None:
            return None
        first, last = days
        if first == last.replace(day=1):
            async with self._database.connection() as connection:
                kept = await closings.day(connection, last)
            if kept is not None:
                then = {code: line(board.version, it.unit, kept[1].get(code, {})) for code, it in board.lines.items()}
                past = Board(board.version, self.period(first, last), ranked(then.values()), kept[1], kept[0])
                return Comparison(past, as_then=True)
        return Comparison(await self.live(first, last, fresh=_FRESH_PAST), as_then=False)

    async def previous(self, board: Board) -> Comparison | None:
        """Return the period before, by its own version; None when there was no scoreboard yet."""
        first, last = before(board.period.first, board.period.last)
        if self.definition.version_on(last) is None:
            return None
        found = await self.board(first, last, fresh=_FRESH_PAST)
        return Comparison(found, as_then=found.closing is not None)


class _Entry:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.board: Board | None = None


def metrics_of(version: Version) -> list[str]:
    """Return the metrics that a version reads."""
    found: set[str] = set()
    for indicator in version.indicators:
        if indicator.fed_by != "nothing":
            found |= {name for key in METRIC_PARAMETERS if (name := getattr(indicator, key, None)) is not None}
    return sorted(found)


def scored(sheet: Sheet, now: datetime) -> Board:
    """Return the scores of what was read, ranked."""
    counts = {code: compose.counts(sheet.version, sheet.scopes[code]) for code in shown_lines(sheet)}
    lines = []
    for code, counted in counts.items():
        unit = sheet.tree.unit(code)
        assert unit is not None
        lines.append(line(sheet.version, unit, counted))
    return Board(sheet.version, sheet.period, ranked(lines), counts, now, sheet=sheet)


def shown_lines(sheet: Sheet) -> Iterator[str]:
    """Return the lines to show: units that existed in the period, and what else has dossiers in it."""
    for code, scope in sheet.scopes.items():
        unit = sheet.tree.units.get(code)
        exists = unit is not None and unit.within(sheet.facts.first, sheet.facts.last)
        if exists or any(count.denominator for count in scope.dossiers.values()):
            yield code


def frozen(found: Frozen, asked: Period) -> Board:
    """Return the scoreboard of a closed month."""
    lines = ranked(line(found.version, unit, found.counts.get(code, {})) for code, unit in found.units.items())
    return Board(found.version, asked, lines, found.counts, found.closing.closed_at, found.closing)
