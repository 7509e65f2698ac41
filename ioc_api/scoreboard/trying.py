"""Tries what-ifs: reads some dossiers as they are and as they would be, and scores both."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ioc_api.queries import scoreboard_counting as counting
from ioc_api.queries import scoreboard_what_if as queries
from ioc_api.scoreboard import compose, what_if
from ioc_api.scoreboard.board import Board, Boards, scored
from ioc_api.scoreboard.formulas import dossier_formulas, procedure_formulas
from ioc_api.scoreboard.periods import ONE_DAY, Period, midnight
from ioc_api.scoreboard.what_if import Action
from ioc_core.db import Connection


class Tried(Struct, frozen=True):
    """A scoreboard without and with the actions; `moved`: by indicator, dossiers more in its numerator."""

    before: Board
    after: Board
    moved: dict[str, float]


class Trial(Struct, frozen=True):
    """Now; at the period's end, if nothing else happens; and the beginning of the next period, of which only 2.1."""

    now: Tried
    at_end: Tried
    next_start: Tried


async def trial(
    connection: Connection, boards: Boards, asked: Period, *, codes: Collection[str], actions: Sequence[Action]
) -> Trial:
    """Return what the actions on some dossiers, done at `asked.until`, would change of a running period."""
    now = asked.until
    end = midnight(asked.last + ONE_DAY, boards.calendar.rules.timezone)
    trying = _Trying(connection, boards, codes, actions, now)
    return Trial(
        now=await trying.of(asked),
        at_end=await trying.of(replace(asked, until=end)),
        next_start=await trying.of(Period(asked.first, asked.last, end, end, running=True)),
    )


class _Trying:
    def __init__(
        self,
        connection: Connection,
        boards: Boards,
        codes: Collection[str],
        actions: Sequence[Action],
        now: datetime,
    ) -> None:
        self._connection = connection
        self._boards = boards
        self._now = now
        self._rows = (queries.as_they_are(codes), queries.as_they_would_be(codes, actions, now))

    async def of(self, asked: Period) -> Tried:
        """Score the period without and with the actions."""
        boards = self._boards
        sheet = await boards.sheet(self._connection, asked)
        formulas = counting.Formulas(dossier_formulas(sheet.version), procedure_formulas(sheet.version))
        before, after = [
            await counting.dossiers(self._connection, formulas, asked.since, asked.until, rows=rows)
            for rows in self._rows
        ]
        facts = what_if.altered(sheet.facts, before, after)
        scopes = compose.scopes(sheet.version, facts, sheet.tree, boards.calendar)
        changed = replace(sheet, facts=facts, scopes=scopes)
        said = compose.said_by(sheet.facts.dossiers)
        moved = what_if.moved(*(compose.fed(sheet.version, rows, said) for rows in (before, after)))
        return Tried(scored(sheet, self._now), scored(changed, self._now), moved)
