"""Security events."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from ioc_api.access import SecurityReader
from ioc_api.context import api_of
from ioc_api.cursors import decode_cursor
from ioc_api.export import TABLES, Wanted
from ioc_api.listing import Key, Listing, Rows
from ioc_api.models.security import SecurityEvents
from ioc_api.parameters import Code, Cursor, From, Limit, To, UnitCode, span
from ioc_api.paths import API
from ioc_api.problems import errors
from ioc_api.queries import security as queries
from ioc_api.tables import SECURITY_EVENTS
from ioc_core.db import Connection

router = APIRouter(prefix=f"{API}/security-events", tags=["security"])

_DEFAULT_RANGE = timedelta(days=7)


@router.get("", response_model=SecurityEvents, responses={**errors(401, 403, 422), **TABLES})
async def list_security_events(
    request: Request,
    principal: SecurityReader,
    wanted: Wanted,
    severity: Annotated[int | None, Query(ge=0, le=100, description="This severe or worse.")] = None,
    category: Code = None,
    action: Code = None,
    source: Code = None,
    host: Code = None,
    source_ip: Code = None,
    user: Code = None,
    system: Code = None,
    unit: UnitCode = None,
    since: From = None,
    to: To = None,
    raw: Annotated[bool, Query(description="Also return each record as it came.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> SecurityEvents | Response:
    """List security events, the newest first. Without `from`: the seven days before `to`."""
    api = api_of(request)
    asked = queries.SecurityFilter(
        units=principal.scope_units,
        span=span(since, to, now=api.now() + timedelta(days=1), default=_DEFAULT_RANGE + timedelta(days=1)),
        severity=severity,
        category=category,
        action=action,
        source=source,
        host=host,
        source_ip=source_ip,
        user=user,
        system=system,
        within=unit,
        raw=raw,
    )

    async def page(connection: Connection, after: Key | None, rows: int) -> Rows:
        return await queries.page(connection, replace(asked, after=after), rows)

    listing = Listing(page, lambda row: (row["observed_at"], row["source"], row["event_id"]))
    if wanted != "json":
        return api.exports.download(wanted, SECURITY_EVENTS, listing, now=api.now())
    key = None if cursor is None else decode_cursor(cursor, tuple[datetime, str, str])
    async with api.database.connection() as connection:
        items, following = await listing.first(connection, key, limit)
    return SecurityEvents.model_validate({"items": items, "next": following})
