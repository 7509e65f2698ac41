"""Alerts: lists, one with its history, comments. What else people do to them is in alert_acts.py."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from ioc_api.access import AlertActor, Reader
from ioc_api.accounts import audit
from ioc_api.accounts.principals import Principal
from ioc_api.context import Api, api_of
from ioc_api.cursors import decode_cursor
from ioc_api.export import TABLES, Wanted
from ioc_api.listing import Key, Listing, Rows
from ioc_api.models.alerts import AlertDetail, Alerts, AlertState, Comment
from ioc_api.parameters import AlertId
from ioc_api.paths import API
from ioc_api.problems import Problem, errors
from ioc_api.queries import alerts as queries
from ioc_api.routes.session import address_of
from ioc_api.tables import ALERTS
from ioc_core import alert_actions
from ioc_core.db import Connection
from ioc_core.errors import InputError
from ioc_core.live import Facts

router = APIRouter(prefix=f"{API}/alerts", tags=["alerts"])

Severity = Annotated[int, Query(ge=1, le=4)]
_STATUS_OF = {"not_found": 404, "empty": 422}


@router.get("", response_model=Alerts, responses={**errors(401, 403, 422), **TABLES})
async def list_alerts(
    request: Request,
    principal: Reader,
    wanted: Wanted,
    state: Annotated[list[AlertState] | None, Query(description="Any of these; without: all.")] = None,
    severity: Annotated[list[Severity] | None, Query(description="Any of these.")] = None,
    unit: Annotated[str | None, Query(max_length=64, description="Code of a unit.")] = None,
    rule: Annotated[str | None, Query(max_length=200, description="Name of a rule.")] = None,
    acknowledged: Annotated[bool | None, Query(description="Whether somebody has it.")] = None,
    assigned_to: Annotated[str | None, Query(max_length=200, description="A user's name; empty: nobody.")] = None,
    snoozed: Annotated[bool | None, Query(description="Whether it is put off.")] = None,
    muted: Annotated[bool | None, Query(description="Whether something mutes it now.")] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=100, description="In summary, rule or labels.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Alerts | Response:
    """List alerts, the newest episode first."""
    api = api_of(request)
    asked = queries.AlertFilter(
        units=principal.scope_units,
        states=None if state is None else list(state),
        severities=severity,
        unit=unit,
        rule=rule,
        acknowledged=acknowledged,
        assigned_to=assigned_to,
        snoozed=snoozed,
        muted=muted,
        words=q,
    )

    async def page(connection: Connection, after: Key | None, rows: int) -> Rows:
        return await queries.page(connection, replace(asked, before=None if after is None else after[0]), rows)

    listing = Listing(page, lambda row: (row["id"],))
    if wanted != "json":
        return api.exports.download(wanted, ALERTS, listing, now=api.now())
    after = None if cursor is None else decode_cursor(cursor, tuple[int])
    async with api.database.connection() as connection:
        items, following = await listing.first(connection, after, limit)
    return Alerts.model_validate({"items": items, "next": following})


@router.get("/{alert_id}", responses=errors(401, 403, 404, 422))
async def get_alert(request: Request, principal: Reader, alert_id: AlertId) -> AlertDetail:
    """Return an alert with everything that happened to it."""
    return await _detail(api_of(request), principal, alert_id)


@router.post("/{alert_id}/comments", status_code=201, responses=errors(401, 403, 404, 422))
async def comment_alert(request: Request, principal: AlertActor, alert_id: AlertId, body: Comment) -> AlertDetail:
    """Say something about an alert."""
    api = api_of(request)
    now = api.now()
    await _detail(api, principal, alert_id)
    try:
        async with api.database.connection() as connection, connection.transaction():
            await alert_actions.comment(connection, alert_id, actor=principal.signature, note=body.note, now=now)
            entry = audit.Entry(
                principal.actor, "alert.comment", str(alert_id), {"note": body.note}, address_of(request)
            )
            await audit.append(connection, entry, now=now)
    except InputError as error:
        raise Problem(_STATUS_OF[error.reason], str(error)) from error
    await api.notices.changed(Facts.ALERTS, committed_at=api.now())
    return await _detail(api, principal, alert_id)


async def _detail(api: Api, principal: Principal, alert_id: int) -> AlertDetail:
    async with api.database.connection() as connection:
        row = await queries.one(connection, alert_id, principal.scope_units)
    if row is None:
        raise Problem(404, f"There is no alert {alert_id}.")
    return AlertDetail.model_validate(row)
