"""Sources and their freshness; input that was refused."""

import base64
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from msgspec.structs import replace

from ioc_api.access import Reader, RejectedReader
from ioc_api.context import api_of
from ioc_api.cursors import decode_cursor
from ioc_api.export import TABLES, Wanted
from ioc_api.listing import Key, Listing, Rows, whole
from ioc_api.models.sources import RejectedPage, Sources
from ioc_api.parameters import Code, Cursor, From, Limit, To, span
from ioc_api.paths import API
from ioc_api.problems import errors
from ioc_api.projector.state import freshness
from ioc_api.queries import sources as queries
from ioc_api.tables import REJECTED, SOURCES
from ioc_core.db import Connection

router = APIRouter(prefix=API, tags=["sources"])

_DEFAULT_RANGE = timedelta(days=30)


@router.get("/sources", response_model=Sources, responses={**errors(401, 403), **TABLES})
async def list_sources(request: Request, principal: Reader, wanted: Wanted) -> Sources | Response:
    """List the sources and how fresh each one is."""
    api = api_of(request)
    async with api.database.connection() as connection:
        rows = await queries.sources(connection, principal.scope_units)
    for row in rows:
        row["state"] = freshness(row["silent_seconds"], row["expected_within_seconds"], late_share=api.wall.late_share)
    if wanted != "json":
        return api.exports.download(wanted, SOURCES, whole(rows), now=api.now())
    return Sources.model_validate({"items": rows})


@router.get("/rejected", response_model=RejectedPage, responses={**errors(401, 403, 422), **TABLES})
async def list_rejected(
    request: Request,
    principal: RejectedReader,
    wanted: Wanted,
    source: Code = None,
    port: Code = None,
    reason: Code = None,
    since: From = None,
    to: To = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> RejectedPage | Response:
    """List input that was refused, with its reason and beginning, the newest first."""
    api = api_of(request)
    asked = queries.RejectedFilter(
        units=principal.scope_units,
        span=span(since, to, now=api.now(), default=_DEFAULT_RANGE),
        source=source,
        port=port,
        reason=reason,
    )

    async def page(connection: Connection, after: Key | None, wanted_rows: int) -> Rows:
        rows = await queries.rejected(connection, replace(asked, after=after), wanted_rows)
        for row in rows:
            row["encoding"], row["preview"] = preview(row.pop("raw"), whole=row["size"] <= queries.PREVIEW)
        return rows

    listing = Listing(page, lambda row: (row["received_at"], row["id"]))
    if wanted != "json":
        return api.exports.download(wanted, REJECTED, listing, now=api.now())
    key = None if cursor is None else decode_cursor(cursor, tuple[datetime, str])
    async with api.database.connection() as connection:
        items, following = await listing.first(connection, key, limit)
    return RejectedPage.model_validate({"items": items, "next": following})


def preview(raw: bytes, *, whole: bool) -> tuple[str, str]:
    """Return how a beginning of raw input is written, and the text: UTF-8 where it is that, else base64.

    A character that the cut went through doesn't count against it.
    """
    try:
        return "utf-8", raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if not whole and error.reason == "unexpected end of data":
            return "utf-8", raw[: error.start].decode("utf-8")
        return "base64", base64.b64encode(raw).decode("ascii")
