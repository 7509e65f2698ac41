"""What would be won: some dossiers as they would be after something was done with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request

from ioc_api.access import Reader
from ioc_api.accounts.principals import Principal
from ioc_api.context import api_of
from ioc_api.models.what_if import WhatIf, WhatIfAnswer
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.queries import scoreboard_what_if as queries
from ioc_api.queries.scoreboard_what_if import MOST, Chosen
from ioc_api.routes.scoreboard import check_seen, days_of, line_of
from ioc_api.scoreboard.board import Board
from ioc_api.scoreboard.counts import NOTHING
from ioc_api.scoreboard.periods import ONE_DAY, midnight
from ioc_api.scoreboard.scoring import shown
from ioc_api.scoreboard.tree import Tree
from ioc_api.scoreboard.trying import Trial, Tried, trial
from ioc_api.scoreboard.what_if import Action
from ioc_core.db import Connection

router = APIRouter(prefix=f"{API}/scoreboard", tags=["scoreboard"])

_IN_TIME = "2.1"


@router.post("/what-if", responses=errors(401, 403, 404, 409, 422))
async def try_what_if(request: Request, principal: Reader, body: WhatIf) -> WhatIfAnswer:
    """Say what doing something with some dossiers would win, of a running period. Nothing is changed by it.

    An overdue dossier that is finished stays late in this period (Decision 766, 2.1): nothing is won now. What is won
    is told apart: dossiers that would have become late before the period's end, and late ones that the next period
    doesn't begin with.
    """
    api = api_of(request)
    asked = api.boards.period(*days_of(api.boards, body.first, body.to))
    if not asked.running:
        raise Problem(409, f"The period from {asked.first} to {asked.last} is over.")
    end = midnight(asked.last + ONE_DAY, api.zone)
    tree = await api.boards.tree()
    unit = _unit(body, principal, tree)
    within = _within(body, principal, tree)
    async with api.database.connection() as connection:
        codes = await _codes(connection, body, within, now=asked.until, end=end)
        held = await queries.chosen(connection, codes, now=asked.until, since=asked.since, until=end)
        mine = [it for it in held if principal.units is None or it.work_unit in principal.units]
        found = await trial(
            connection, api.boards, asked, codes=[it.code for it in mine], actions=sorted(set(body.actions))
        )
    missing = sorted(set(codes) - {it.code for it in mine}) if body.codes is not None else []
    return WhatIfAnswer.model_validate(
        {
            "unit": unit,
            "from": asked.first,
            "to": asked.last,
            "made_at": asked.until,
            "dossiers": len(mine),
            **_outcomes(found, unit),
            "notes": {"not_found": missing, **_notes(mine, Action.FINISH_NOW in body.actions)},
        }
    )


def _unit(body: WhatIf, principal: Principal, tree: Tree) -> str:
    unit = body.unit or principal.scope or tree.province
    if unit is None or tree.unit(unit) is None:
        raise Problem(404, f"There is no unit {unit}.")
    check_seen(principal, unit)
    return unit


def _within(body: WhatIf, principal: Principal, tree: Tree) -> frozenset[str] | None:
    """The units whose overdue or due dossiers are meant; None: all, or the codes say it.

    Raises:
        Problem: 422, not exactly one way of saying which dossiers; 404, no such unit.
    """
    ways = [it for it in (body.codes, body.overdue_of, body.due_of) if it is not None]
    if len(ways) != 1:
        raise wrong_parameter("body.codes", None, "exactly one of codes, overdue_of and due_of says which dossiers")
    of = body.overdue_of or body.due_of
    if of is None:
        return None
    check_seen(principal, of)
    if of not in tree.units:
        raise Problem(404, f"There is no unit {of}.")
    return None if of == tree.province else tree.members(of)


async def _codes(
    connection: Connection, body: WhatIf, within: frozenset[str] | None, *, now: datetime, end: datetime
) -> Sequence[str]:
    """The codes of the dossiers that are meant.

    Raises:
        Problem: 422, too many.
    """
    if body.codes is not None:
        return list(dict.fromkeys(body.codes))
    if body.overdue_of is not None:
        found = await queries.overdue_of(connection, within, now)
    else:
        found = await queries.due_by(connection, within, now, end)
    if len(found) > MOST:
        of = body.overdue_of or body.due_of
        raise wrong_parameter("body", of, f"means more than {MOST} dossiers: ask for a part of the province")
    return found


def _outcomes(found: Trial, unit: str) -> dict[str, Any]:
    return {
        "now": _outcome(found.now, unit),
        "at_end": _outcome(found.at_end, unit),
        "indicators": _indicators(found, unit),
        "carried_before": _carried(found.next_start.before, unit),
        "carried_after": _carried(found.next_start.after, unit),
    }


def _outcome(tried: Tried, unit: str) -> dict[str, Any]:
    before, after = (line_of(board, unit) for board in (tried.before, tried.after))
    return {
        **{
            name: {
                "score": shown(line.score),
                "per_100": None if line.per_100 is None else shown(line.per_100),
                "rank": line.rank,
            }
            for name, line in (("before", before), ("after", after))
        },
        "won": shown(shown(after.score) - shown(before.score)),
    }


def _indicators(found: Trial, unit: str) -> list[dict[str, Any]]:
    """The indicators in which anything changes, now or at the end."""
    rows = []
    before, after = (line_of(board, unit).points for board in (found.at_end.before, found.at_end.after))
    changed_now = {it.id for it, then in zip(*_now(found, unit), strict=True) if it != then}
    for indicator, held, then in zip(found.at_end.before.version.indicators, before, after, strict=True):
        if held == then and indicator.id not in changed_now:
            continue
        both = None if held.points is None or then.points is None else shown(then.points) - shown(held.points)
        rows.append(
            {
                "id": indicator.id,
                "name": indicator.name,
                "dossiers": round(found.at_end.moved.get(indicator.id, 0)),
                "before": None if held.points is None else shown(held.points),
                "after": None if then.points is None else shown(then.points),
                "won": None if both is None else shown(both),
            }
        )
    return rows


def _now(found: Trial, unit: str) -> tuple[Sequence[Any], Sequence[Any]]:
    return line_of(found.now.before, unit).points, line_of(found.now.after, unit).points


def _carried(board: Board, unit: str) -> dict[str, int]:
    """What the next period begins with."""
    count = board.sheet.scopes[unit].dossiers.get(_IN_TIME, NOTHING) if board.sheet is not None else NOTHING
    return {"dossiers": round(count.denominator), "late": round(count.denominator - count.numerator)}


def _notes(chosen: Sequence[Chosen], finish: bool) -> dict[str, int]:
    return {
        "ended_already": sum(not it.running for it in chosen) if finish else 0,
        "stay_late": sum(it.overdue for it in chosen) if finish else 0,
        "kept_in_time": sum(it.would_be_late for it in chosen) if finish else 0,
        "without_term": sum(it.without_term for it in chosen) if finish else 0,
        "filed_before": sum(it.filed_before for it in chosen),
    }
