"""Dossiers: lists, one with its timeline, summaries."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from msgspec.structs import replace

from ioc_api import ages, words
from ioc_api.access import Reader
from ioc_api.context import api_of
from ioc_api.cursors import decode_cursor
from ioc_api.dossier_detail import units_of, with_timeline
from ioc_api.export import TABLES, Wanted
from ioc_api.listing import Key, Listing, Rows, whole
from ioc_api.models.dossiers import CHANNELS, LATENESS, DossierDetail, Dossiers, Summary
from ioc_api.parameters import Code, Cursor, From, Limit, To, UnitCode, span
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.queries import dossier_summary
from ioc_api.queries import dossiers as queries
from ioc_api.queries.dossier_summary import Dimension, SummaryFilter
from ioc_api.queries.dossiers import DossierFilter, Sort
from ioc_api.queries.moment import moment
from ioc_api.routes.dossier_filters import Filed, ReceivingUnit, asked_dossiers
from ioc_api.tables import DOSSIERS, SUMMARY
from ioc_core.calendar import WorkingCalendar
from ioc_core.catalogue import ServiceLevel
from ioc_core.db import Connection
from ioc_core.db.dossiers import read_dossier
from ioc_core.errors import InputError

router = APIRouter(prefix=f"{API}/dossiers", tags=["dossiers"])

_CHANNEL_NAMES = {number: name for name, number in CHANNELS.items()}
_LATENESS_NAMES = {number: name for name, number in LATENESS.items()}
_SUMMARY_PERIOD = timedelta(days=30)
_CURSORS: dict[Sort, Any] = {
    "told": tuple[datetime, str],
    "due": tuple[datetime, str],
    "code": tuple[str],
}
_SORT_COLUMNS: dict[Sort, tuple[str, ...]] = {
    "told": ("told_at", "code"),
    "due": ("late_at", "code"),
    "code": ("code",),
}


@router.get("", response_model=Dossiers, responses={**errors(401, 403, 422), **TABLES})
async def list_dossiers(
    request: Request,
    asked: Annotated[DossierFilter, Depends(asked_dossiers)],
    wanted: Wanted,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Dossiers | Response:
    """List dossiers. `from` and `to` are of the filing time."""
    api = api_of(request)
    now = api.now()

    async def page(connection: Connection, after: Key | None, rows: int) -> Rows:
        at = await moment(connection, now)
        found = await queries.page(connection, replace(asked, after=after), at, rows)
        return [_named(row) for row in found]

    columns = _SORT_COLUMNS[asked.sort]
    listing = Listing(page, lambda row: tuple(row[column] for column in columns))
    if wanted != "json":
        return api.exports.download(wanted, DOSSIERS, listing, now=now)
    after = None if cursor is None else decode_cursor(cursor, _CURSORS[asked.sort])
    async with api.database.connection() as connection:
        items, following = await listing.first(connection, after, limit)
    return Dossiers.model_validate({"items": items, "next": following})


@router.get("/summary", response_model=Summary, responses={**errors(401, 403, 422), **TABLES})
async def summarise_dossiers(
    request: Request,
    principal: Reader,
    wanted: Wanted,
    by: Annotated[Dimension, Query(description="What is counted apart.")],
    unit: UnitCode = None,
    receiving_unit: ReceivingUnit = None,
    channel: Filed = None,
    service_level: Annotated[ServiceLevel | None, Query(description="Of the procedure, as until 2022.")] = None,
    procedure: Code = None,
    since: From = None,
    to: To = None,
    durations: Annotated[bool, Query(description="Also tell how long processing took; a little slower.")] = False,
) -> Summary | Response:
    """Count dossiers by one dimension. Without `from`: the last 30 days.

    Received is of the filing in the period, resolved to `entered_late` of the end in it; what is open is of now.
    `by=age` counts open dossiers only, by working days since their filing.
    """
    api = api_of(request)
    now = api.now()
    asked = SummaryFilter(
        by=by,
        span=span(since, to, now=now, default=_SUMMARY_PERIOD),
        units=principal.scope_units,
        within=unit,
        receiving=receiving_unit,
        channel=None if channel is None else CHANNELS[channel],
        service_level=service_level,
        procedure=procedure,
        thresholds=_thresholds(api.calendar, now) if by == "age" else (),
        durations=durations,
    )
    async with api.database.connection() as connection:
        rows = await dossier_summary.summary(connection, asked, await moment(connection, now))
    items = _summary_items(by, rows)
    if wanted != "json":
        return api.exports.download(wanted, SUMMARY, whole(items), now=now)
    return Summary.model_validate({"by": by, "since": asked.span.since, "until": asked.span.until, "items": items})


@router.get("/{code}", responses=errors(401, 403, 404))
async def get_dossier(
    request: Request, principal: Reader, code: Annotated[str, Path(max_length=300, description="The dossier's code.")]
) -> DossierDetail:
    """Return a dossier with who had it when, and everything that was said of it, oldest first."""
    api = api_of(request)
    now = api.now()
    async with (
        api.database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        at = await moment(connection, now)
        row = await queries.one(connection, code, principal.scope_units, at)
        dossier = None if row is None else await read_dossier(connection, code)
        if row is None or dossier is None:
            raise Problem(404, f"There is no dossier {code}.")
        detail = with_timeline(row, dossier, calendar=api.calendar, now=now)
        names = await queries.unit_names(connection, units_of(detail))
    for step in detail["steps"]:
        step["unit_name"] = names.get(step["unit"])
    return DossierDetail.model_validate(_named(detail))


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "channel": _CHANNEL_NAMES.get(row["channel"]),
        "lateness": _LATENESS_NAMES.get(row["lateness"]),
    }


def _thresholds(calendar: WorkingCalendar, now: datetime) -> list[datetime]:
    try:
        return ages.thresholds(calendar, now)
    except InputError as error:
        raise wrong_parameter("query.by", "age", str(error)) from error


_WORDS: dict[Dimension, Any] = {
    "channel": words.CHANNELS,
    "status": words.STATUSES,
    "level": words.LEVELS,
    "service_level": words.SERVICE_LEVELS,
    "service_mode": words.SERVICE_MODES,
    "standing": words.STANDINGS,
    "age": words.AGES,
}
"""Dimensions whose names aren't in the database."""
_IN_ORDER: frozenset[Dimension] = frozenset({"standing", "age"})


def _summary_items(by: Dimension, rows: Rows) -> Rows:
    """Return the rows with names and hours; standings and ages in the order of their words."""
    known = _WORDS.get(by)
    for row in rows:
        row["median_working_hours"], row["p90_working_hours"] = row.pop("hours") or (None, None)
        if known is not None:
            row["name"] = known.get(row["key"], words.UNKNOWN)
    if known is not None and by in _IN_ORDER:
        place = {key: index for index, key in enumerate(known)}
        rows.sort(key=lambda row: place.get(row["key"], len(place)))
    return rows
