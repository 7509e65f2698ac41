"""Security events."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from ioc_api.access import SecurityReader
from ioc_api.context import api_of
from ioc_api.cursors import decode_cursor, encode_cursor
from ioc_api.models.security import SecurityEvents
from ioc_api.parameters import Code, Cursor, From, Limit, To, UnitCode, span
from ioc_api.paths import API
from ioc_api.problems import errors
from ioc_api.queries import security as queries

router = APIRouter(prefix=f"{API}/security-events", tags=["security"])

_DEFAULT_RANGE = timedelta(days=7)


@router.get("", responses=errors(401, 403, 422))
async def list_security_events(
    request: Request,
    principal: SecurityReader,
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
) -> SecurityEvents:
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
        after=None if cursor is None else decode_cursor(cursor, tuple[datetime, str, str]),
        raw=raw,
    )
    async with api.database.connection() as connection:
        rows = await queries.page(connection, asked, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = None if last is None else encode_cursor((last["observed_at"], last["source"], last["event_id"]))
    return SecurityEvents.model_validate({"items": rows[:limit], "next": following})
