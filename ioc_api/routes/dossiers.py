"""Dossiers: lists, one with its timeline, summaries."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from ioc_api.access import Reader
from ioc_api.context import api_of
from ioc_api.cursors import decode_cursor, encode_cursor
from ioc_api.models.dossiers import CHANNELS, ChannelName, DossierDetail, Dossiers, Summary
from ioc_api.parameters import Code, Cursor, From, Limit, To, UnitCode, optional_span, span
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.queries import dossiers as queries
from ioc_api.queries.dossiers import Dimension, Sort

router = APIRouter(prefix=f"{API}/dossiers", tags=["dossiers"])

_CHANNEL_NAMES = {number: name for name, number in CHANNELS.items()}
_SUMMARY_PERIOD = timedelta(days=30)
_KEYS: dict[Sort, Any] = {
    "told": tuple[datetime, str],
    "due": tuple[datetime, str],
    "code": tuple[str],
}
Status = Annotated[int, Query(ge=1, le=10)]
Overdue = Annotated[bool | None, Query(description="Open, past the due date, not waiting for the citizen.")]
Filed = Annotated[ChannelName | None, Query(description="How it was filed.")]
Prefix = Annotated[str | None, Query(min_length=3, max_length=100, description="How the code begins.")]
SortBy = Annotated[
    Sort | None,
    Query(description="told: last told of first; due: open ones by due date; code: by code (the default with `q`)."),
]


@router.get("", responses=errors(401, 403, 422))
async def list_dossiers(
    request: Request,
    principal: Reader,
    unit: UnitCode = None,
    status: Annotated[list[Status] | None, Query(description="Any of these statuses, 1 to 10.")] = None,
    open_: Annotated[bool | None, Query(alias="open", description="Still to be worked on, or ended.")] = None,
    overdue: Overdue = None,
    procedure: Code = None,
    channel: Filed = None,
    since: From = None,
    to: To = None,
    q: Prefix = None,
    sort: SortBy = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Dossiers:
    """List dossiers. `from` and `to` are of the filing time."""
    api = api_of(request)
    since, to = optional_span(since, to)
    order: Sort = sort or ("code" if q is not None else "told")
    if order == "due" and open_ is False:
        raise wrong_parameter("query.sort", "due", "lists open dossiers only")
    asked = queries.DossierFilter(
        now=api.now(),
        units=principal.scope_units,
        within=unit,
        statuses=status,
        open=open_,
        overdue=overdue,
        procedure=procedure,
        channel=None if channel is None else CHANNELS[channel],
        since=since,
        until=to,
        prefix=q,
        sort=order,
        after=None if cursor is None else decode_cursor(cursor, _KEYS[order]),
    )
    async with api.database.connection() as connection:
        rows = await queries.page(connection, asked, limit + 1)
    following = encode_cursor(_key(order, rows[limit - 1])) if len(rows) > limit else None
    return Dossiers.model_validate({"items": [_named(row) for row in rows[:limit]], "next": following})


@router.get("/summary", responses=errors(401, 403, 422))
async def summarise_dossiers(
    request: Request,
    principal: Reader,
    by: Annotated[Dimension, Query(description="What is counted apart.")],
    unit: UnitCode = None,
    since: From = None,
    to: To = None,
) -> Summary:
    """Count dossiers by unit, procedure, field, channel, status or level. Without `from`: the last 30 days."""
    api = api_of(request)
    now = api.now()
    period = span(since, to, now=now, default=_SUMMARY_PERIOD)
    async with api.database.connection() as connection:
        items = await queries.summary(connection, by, period, units=principal.scope_units, within=unit, now=now)
    return Summary.model_validate({"by": by, "since": period.since, "until": period.until, "items": items})


@router.get("/{code}", responses=errors(401, 403, 404))
async def get_dossier(
    request: Request, principal: Reader, code: Annotated[str, Path(max_length=300, description="The dossier's code.")]
) -> DossierDetail:
    """Return a dossier with everything that was said of it, oldest first."""
    api = api_of(request)
    async with api.database.connection() as connection:
        row = await queries.one(connection, code, principal.scope_units, api.now())
    if row is None:
        raise Problem(404, f"There is no dossier {code}.")
    return DossierDetail.model_validate(_named(row))


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "channel": _CHANNEL_NAMES.get(row["channel"])}


def _key(order: Sort, row: dict[str, Any]) -> tuple[Any, ...]:
    if order == "code":
        return (row["code"],)
    return (row["told_at"] if order == "told" else row["due_at"], row["code"])
