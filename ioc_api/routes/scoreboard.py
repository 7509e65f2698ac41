"""The scoreboard of Decision 766: every unit's score, one unit's indicators, and its forecast."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from ioc_api.access import Reader
from ioc_api.accounts.principals import Principal
from ioc_api.context import api_of
from ioc_api.models.scoreboard import ForecastAnswer, ScoreboardAnswer, UnitScore
from ioc_api.parameters import UnitCode, check_days
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.scoreboard import answers
from ioc_api.scoreboard.board import Board, Boards
from ioc_api.scoreboard.forecast import Range
from ioc_api.scoreboard.outlook import outlook
from ioc_api.scoreboard.periods import month_end
from ioc_api.scoreboard.scoring import Line, shown
from ioc_api.scoreboard.tree import Peers, Tree

router = APIRouter(prefix=f"{API}/scoreboard", tags=["scoreboard"])

By = Literal["province", "department", "office", "district", "commune"]
First = Annotated[date | None, Query(alias="from", description="First day; without `to` too: the running month.")]
Last = Annotated[date | None, Query(description="Last day, included.", examples=["2026-07-31"])]
Live = Annotated[bool, Query(description="Of a closed month, the figures as known now beside the frozen ones.")]
Version = Annotated[int | None, Query(alias="closing", ge=1, description="An earlier closing of a closed month.")]
Unit = Annotated[str, Path(max_length=100, description="A unit's code, or `unmapped`.")]


@router.get("", responses=errors(401, 403, 404, 422))
async def get_scoreboard(
    request: Request,
    principal: Reader,
    first: First = None,
    to: Last = None,
    unit: UnitCode = None,
    by: Annotated[By | None, Query(description="Only units of this kind; an office is below a department.")] = None,
    live: Live = False,
    closing: Version = None,
) -> ScoreboardAnswer:
    """Return the scores of a period. Ranks are among all peers of the province, whatever is seen of them.

    Of a closed month the frozen figures are answered. Every score is made of sums: a unit's is its own and what is
    below it, the province's is everything, also what isn't mapped to a unit.
    """
    boards = api_of(request).boards
    days = days_of(boards, first, to)
    board = await boards.board(*days, closing=closing)
    beside = await boards.live(*days) if live and board.closing is not None else None
    yesterday, previous = await boards.yesterday(board), await boards.previous(board)
    tree = await tree_of(boards, board)
    seen = _seen(tree, principal, unit, by)
    answer: dict[str, Any] = {
        **answers.heading(board, yesterday, previous),
        "lines": answers.lines(board, yesterday, previous, seen=seen),
        "live": None
        if beside is None
        else {"made_at": beside.made_at, "lines": answers.lines(beside, None, previous, seen=seen)},
    }
    return ScoreboardAnswer.model_validate(answer)


@router.get("/{unit}", responses=errors(401, 403, 404, 422))
async def get_unit_score(
    request: Request,
    principal: Reader,
    unit: Unit,
    first: First = None,
    to: Last = None,
    live: Live = False,
    closing: Version = None,
) -> UnitScore:
    """Return the score of a unit, indicator by indicator, with what each count is made of."""
    boards = api_of(request).boards
    days = days_of(boards, first, to)
    board = await boards.board(*days, closing=closing)
    check_seen(principal, unit)
    line = line_of(board, unit)
    beside = await boards.live(*days) if live and board.closing is not None else None
    yesterday, previous = await boards.yesterday(board), await boards.previous(board)
    shown_beside = beside is not None and unit in beside.lines
    return UnitScore.model_validate(
        {
            **answers.heading(board, yesterday, previous),
            "line": answers.line(board.version, line, yesterday, previous),
            "indicators": answers.indicators(board, unit, yesterday, previous),
            "live": answers.indicators(beside, unit, None, None) if beside is not None and shown_beside else None,
        }
    )


@router.get("/{unit}/forecast", responses=errors(401, 403, 404, 422))
async def forecast_score(request: Request, principal: Reader, unit: Unit) -> ForecastAnswer:
    """Forecast a unit's score to the end of the running month, at the pace of the days just past."""
    api = api_of(request)
    today = api.boards.today()
    check_seen(principal, unit)
    board = await api.boards.live(today.replace(day=1), month_end(today))
    line_of(board, unit)
    async with api.database.connection() as connection:
        found = await outlook(connection, api.boards, board, unit)
    made = found.forecast
    return ForecastAnswer.model_validate(
        {
            "unit": unit,
            "month": f"{today:%Y-%m}",
            "made_at": board.made_at,
            "interval": api.boards.definition.forecast.interval,
            "drawn_from": found.first,
            "drawn_to": found.last,
            "score": None if made is None else _range(made.score),
            "per_100": None if made is None else _range(made.per_100),
            "points": {} if made is None else {id_: _range(points) for id_, points in made.points.items()},
        }
    )


def _range(held: Range) -> dict[str, float]:
    return {"low": shown(held.low), "expected": shown(held.expected), "high": shown(held.high)}


def days_of(boards: Boards, first: date | None, last: date | None) -> tuple[date, date]:
    """Return the days asked for; without any, the running month's.

    Raises:
        Problem: 422, one without the other, or no period.
    """
    if first is None and last is None:
        today = boards.today()
        return today.replace(day=1), month_end(today)
    if first is None or last is None:
        missing = "query.from" if first is None else "query.to"
        raise wrong_parameter(missing, None, "from and to belong together")
    check_days(first, last)
    return first, last


def check_seen(principal: Principal, unit: str) -> None:
    """Refuse what lies outside the scope of who asks, as if it didn't exist.

    Raises:
        Problem: 404.
    """
    if principal.units is not None and unit not in principal.units:
        raise Problem(404, f"There is no unit {unit}.")


def line_of(board: Board, unit: str) -> Line:
    """Return a unit's line.

    Raises:
        Problem: 404, it has none in this period.
    """
    line = board.lines.get(unit)
    if line is None:
        raise Problem(404, f"There is no unit {unit} from {board.period.first} to {board.period.last}.")
    return line


async def tree_of(boards: Boards, board: Board) -> Tree:
    """Return the units of all times, with what is below each."""
    if board.sheet is not None:
        return board.sheet.tree
    return await boards.tree()


def _seen(tree: Tree, principal: Principal, within: str | None, by: By | None) -> Callable[[Line], bool]:
    """Which lines to answer: in the scope of who asks, within a unit, of a kind.

    Raises:
        Problem: 404, no such unit in the scope.
    """
    if within is not None:
        check_seen(principal, within)
        if tree.unit(within) is None:
            raise Problem(404, f"There is no unit {within}.")
    chosen = None if within is None or within == tree.province else tree.members(within) | {within}

    def seen(line: Line) -> bool:
        code = line.unit.code
        if principal.units is not None and code not in principal.units:
            return False
        return (chosen is None or code in chosen) and (by is None or line.unit.peers is Peers(by))

    return seen
