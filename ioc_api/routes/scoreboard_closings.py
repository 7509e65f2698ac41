"""Closing and re-opening months of the scoreboard."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request

from ioc_api.access import MonthCloser, Reader
from ioc_api.accounts.principals import Principal
from ioc_api.context import api_of
from ioc_api.models.scoreboard import CloseMonth, ClosingRow, Closings, Month, ReopenMonth
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.queries import scoreboard_closings as queries
from ioc_api.routes.session import address_of
from ioc_api.scoreboard.keeping import close, first_month, reopen
from ioc_api.scoreboard.periods import month_end, next_month

router = APIRouter(prefix=f"{API}/scoreboard/closings", tags=["scoreboard"])

MonthPath = Annotated[Month, Path(description="Written 2026-10.", examples=["2026-10"])]


@router.get("", responses=errors(401, 403))
async def list_closings(request: Request, principal: Reader) -> Closings:
    """List every closing of every month, the newest first; a month whose newest one was re-opened is live."""
    del principal  # whether a month is closed is no unit's secret
    async with api_of(request).database.connection() as connection:
        held = await queries.closings(connection)
    return Closings(items=[_row(closing) for closing in held])


@router.post("", status_code=201, responses=errors(401, 403, 409, 422))
async def close_month(request: Request, principal: MonthCloser, body: CloseMonth) -> ClosingRow:
    """Close a month that is over: from now on its figures are answered as they are now.

    Closing it again, re-opened or not, needs a reason; what was closed before is kept.
    """
    api = api_of(request)
    _check_whole_province(principal)
    month, now = date.fromisoformat(f"{body.month}-01"), api.now()
    if next_month(month) > api.boards.today():
        raise Problem(409, f"{body.month} isn't over.")
    if month < first_month(api.boards):
        raise wrong_parameter("body.month", body.month, "there was no scoreboard yet")
    async with api.database.connection() as connection:
        board = await api.boards.read(connection, api.boards.period(month, month_end(month)))
        async with connection.transaction():
            await queries.lock(connection)
            if await queries.closings(connection, month) and body.reason is None:
                raise wrong_parameter(
                    "body.reason", None, f"{body.month} was closed before: say why it is closed again"
                )
            reason = body.reason or ""
            await close(connection, board, by=principal.actor, reason=reason, now=now, address=address_of(request))
            held = await queries.closings(connection, month)
    return _row(held[0])


@router.post("/{month}/reopen", responses=errors(401, 403, 404, 409, 422))
async def reopen_month(request: Request, principal: MonthCloser, month: MonthPath, body: ReopenMonth) -> ClosingRow:
    """Let a closed month be live again, for a reason. Its closing is kept; only a person closes it again."""
    api = api_of(request)
    _check_whole_province(principal)
    first = date.fromisoformat(f"{month}-01")
    async with api.database.connection() as connection, connection.transaction():
        await queries.lock(connection)
        held = await queries.closings(connection, first)
        if not held:
            raise Problem(404, f"{month} was never closed.")
        if held[0].reopened_at is not None:
            raise Problem(409, f"{month} is open: {held[0].reopened_by} re-opened it.")
        await reopen(
            connection,
            held[0],
            by=principal.actor,
            reason=body.reason,
            now=api.now(),
            address=address_of(request),
        )
        held = await queries.closings(connection, first)
    return _row(held[0])


def _check_whole_province(principal: Principal) -> None:
    """A month is the whole province's."""
    if principal.units is not None:
        raise Problem(403, "Months are closed for the whole province, not for a scope.")


def _row(closing: queries.Closing) -> ClosingRow:
    return ClosingRow(
        month=f"{closing.month:%Y-%m}",
        version=closing.version,
        closed_at=closing.closed_at,
        closed_by=closing.closed_by,
        reason=closing.reason,
        reopened_at=closing.reopened_at,
        reopened_by=closing.reopened_by,
        reopen_reason=closing.reopen_reason,
    )
