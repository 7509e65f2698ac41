"""What is behind a count of the scoreboard: its dossiers, or its procedures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from msgspec.structs import replace

from ioc_api.access import Reader
from ioc_api.context import api_of
from ioc_api.cursors import decode_cursor
from ioc_api.export import TABLES, Wanted
from ioc_api.listing import Key, Listing, Rows, whole
from ioc_api.models.scoreboard import BehindDossiers, BehindProcedures
from ioc_api.parameters import Cursor, Limit
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.queries import scoreboard_dossiers as queries
from ioc_api.queries.scoreboard_dossiers import Behind, Part
from ioc_api.routes.scoreboard import First, Last, check_seen, days_of, line_of
from ioc_api.scoreboard import answers, compose
from ioc_api.scoreboard.board import Board, Sheet
from ioc_api.scoreboard.formulas import DossierFormula, ProcedureFormula, dossier_formulas, procedure_formulas
from ioc_api.scoreboard.tree import UNMAPPED
from ioc_api.tables import BEHIND_DOSSIERS, BEHIND_PROCEDURES
from ioc_core.db import Connection

router = APIRouter(prefix=f"{API}/scoreboard", tags=["scoreboard"])

Indicator = Annotated[str, Path(max_length=20, description="An indicator's id.", examples=["2.1"])]
OfUnit = Annotated[str, Query(min_length=1, max_length=100, description="A unit's code, or `unmapped`.")]
WhichPart = Annotated[
    Part, Query(description="numerator, denominator, or lost: in the denominator and not in the numerator.")
]
_SHARED = {"5.4": "2.1"}
"""Indicators whose dossiers are those of another: late ones are lost in both."""


@router.get("/{indicator}/dossiers", response_model=BehindDossiers, responses={**errors(401, 403, 404, 422), **TABLES})
async def list_behind_dossiers(
    request: Request,
    principal: Reader,
    indicator: Indicator,
    unit: OfUnit,
    wanted: Wanted,
    first: First = None,
    to: Last = None,
    part: WhichPart = "lost",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> BehindDossiers | Response:
    """List the very dossiers that a unit's count is made of, as known now.

    3.2, 3.5b and 4.5a count procedures: their `numerator` lists the dossiers that made these count.
    """
    api = api_of(request)
    check_seen(principal, unit)
    board = await api.boards.live(*days_of(api.boards, first, to))
    line_of(board, unit)
    asked = _behind(board, indicator, unit, part, principal.scope_units)
    listing = _listing(asked)
    if wanted != "json":
        return api.exports.download(wanted, BEHIND_DOSSIERS, listing, now=api.now())
    after = None if cursor is None else decode_cursor(cursor, tuple[datetime, str])
    async with api.database.connection() as connection:
        items, following = await listing.first(connection, after, limit)
    return BehindDossiers.model_validate({"items": items, "next": following})


def _listing(asked: Behind) -> Listing:
    async def page(connection: Connection, after: Key | None, rows: int) -> Rows:
        from_there = asked if after is None else replace(asked, after=(after[0], after[1]))
        return await queries.page(connection, from_there, rows)

    return Listing(page, lambda row: (row["filed_at"], row["code"]))


@router.get(
    "/{indicator}/procedures", response_model=BehindProcedures, responses={**errors(401, 403, 404, 422), **TABLES}
)
async def list_behind_procedures(
    request: Request,
    principal: Reader,
    indicator: Indicator,
    unit: OfUnit,
    wanted: Wanted,
    first: First = None,
    to: Last = None,
    part: WhichPart = "lost",
) -> BehindProcedures | Response:
    """List the procedures that a unit's count is made of, by code, as known now."""
    api = api_of(request)
    check_seen(principal, unit)
    board = await api.boards.live(*days_of(api.boards, first, to))
    line_of(board, unit)
    if answers.behind(indicator) != "procedures":
        raise Problem(404, f"There is no indicator {indicator} that counts procedures.")
    parts = compose.procedures_of(indicator, _sheet(board).scopes[unit])
    if parts is None or not _is_fed(board, indicator):
        raise Problem(404, f"There is no indicator {indicator} from {board.period.first} to {board.period.last}.")
    codes = {
        "numerator": parts.numerator,
        "denominator": parts.denominator,
        "lost": parts.denominator - parts.numerator,
    }[part]
    async with api.database.connection() as connection:
        rows = await queries.procedures(connection, sorted(codes))
    if wanted != "json":
        return api.exports.download(wanted, BEHIND_PROCEDURES, whole(rows), now=api.now())
    return BehindProcedures.model_validate({"items": rows})


def _behind(board: Board, indicator: str, unit: str, part: Part, scope: Sequence[str] | None) -> Behind:
    """Return what to list.

    Raises:
        Problem: 404, no such indicator of dossiers; 422, a part that isn't made of dossiers.
    """
    sheet = _sheet(board)
    formula = _formula(board, indicator)
    procedures = None
    if isinstance(formula, ProcedureFormula):
        if part != "numerator":
            raise wrong_parameter("query.part", part, f"{indicator} counts procedures: see {indicator}/procedures")
        parts = compose.procedures_of(indicator, sheet.scopes[unit])
        procedures = sorted(parts.numerator) if parts is not None else []
    said = compose.said_by(sheet.facts.dossiers)
    feeding = [source for source, fields in said.items() if fields.issuperset(formula.says)]
    everything = unit == sheet.tree.province
    return Behind(
        formula=formula,
        part=part,
        since=board.period.since,
        until=board.period.until,
        sources=feeding if formula.says else None,
        units=None if everything or unit == UNMAPPED else sorted(sheet.tree.members(unit)),
        unmapped=sorted(sheet.tree.units) if unit == UNMAPPED else None,
        scope=scope,
        codes=procedures,
    )


def _formula(board: Board, indicator: str) -> DossierFormula | ProcedureFormula:
    if _is_fed(board, indicator):
        wanted = _SHARED.get(indicator, indicator)
        of_dossiers = {formula.id: formula for formula in dossier_formulas(board.version)}
        of_procedures = {formula.id: formula for formula in procedure_formulas(board.version)}
        found = of_dossiers.get(wanted) or of_procedures.get(wanted)
        if found is not None:
            return found
    days = f"{board.period.first} to {board.period.last}"
    raise Problem(404, f"There is no indicator {indicator} from {days} that dossiers feed.")


def _is_fed(board: Board, id_: str) -> bool:
    return any(it.id == id_ and it.fed_by != "nothing" for it in board.version.indicators)


def _sheet(board: Board) -> Sheet:
    assert board.sheet is not None  # a live board has one
    return board.sheet
