"""Silences: lists, making, changing and ending them, and what one would mute."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from ioc_api.access import AlertActor, Reader
from ioc_api.accounts import audit
from ioc_api.accounts.principals import Principal
from ioc_api.context import Api, api_of
from ioc_api.cursors import decode_cursor
from ioc_api.listing import Key, Listing, Rows
from ioc_api.models.silences import Preview, Previewed, Silence, Silences, SilenceWish
from ioc_api.parameters import Cursor
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.queries import silences as queries
from ioc_api.routes.session import address_of
from ioc_core import silences
from ioc_core.db import Connection
from ioc_core.errors import InputError
from ioc_core.label_matchers import check
from ioc_core.live import Facts

router = APIRouter(prefix=f"{API}/silences", tags=["silences"])

SilenceId = Annotated[UUID, Path(description="The silence's id.")]
SOON = timedelta(minutes=30)
_STATUS_OF = {"not_found": 404, "over": 409}
_FIELD_OF = {"order": "body.ends_at", "past": "body.ends_at", "far": "body.ends_at"}


@router.get("", responses=errors(401, 403, 422))
async def list_silences(
    request: Request,
    principal: Reader,
    over: Annotated[bool | None, Query(description="Those that are over, or those that aren't.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> Silences:
    """List silences, the newest first."""
    api = api_of(request)
    now = api.now()

    async def page(connection: Connection, after: Key | None, rows: int) -> Rows:
        before = None if after is None else (after[0], after[1])
        units = principal.scope_units
        return await queries.page(connection, units=units, over=over, now=now, before=before, limit=rows)

    listing = Listing(page, lambda row: (row["created_at"], row["id"]))
    after = None if cursor is None else decode_cursor(cursor, tuple[datetime, UUID])
    async with api.database.connection() as connection:
        rows, following = await listing.first(connection, after, limit)
    return Silences(items=[_shown(api, row, now) for row in rows], next=following)


@router.post("/preview", responses=errors(401, 403, 422))
async def preview_silence(request: Request, principal: AlertActor, body: Preview) -> Previewed:
    """Say which alerts a silence would mute now, and how many it would have muted within 7 days."""
    api = api_of(request)
    matchers = [matcher.plain() for matcher in body.matchers]
    try:
        check(matchers)
    except InputError as error:
        raise _refused(error) from error
    async with api.database.connection() as connection:
        alerts = await queries.live_alerts(connection, matchers, principal.scope_units)
        since = api.now() - queries.RECENT
        count, truncated = await queries.recent_alerts(connection, matchers, principal.scope_units, since)
    return Previewed.model_validate(
        {
            "count": len(alerts),
            "alerts": alerts[: queries.MOST_SHOWN],
            "last_7_days": count,
            "last_7_days_truncated": truncated,
        }
    )


@router.get("/{silence_id}", responses=errors(401, 403, 404, 422))
async def get_silence(request: Request, principal: Reader, silence_id: SilenceId) -> Silence:
    """Return a silence."""
    api = api_of(request)
    async with api.database.connection() as connection:
        return await _one(api, connection, principal, silence_id, api.now())


@router.post("", status_code=201, responses=errors(401, 403, 422))
async def create_silence(request: Request, principal: AlertActor, body: SilenceWish) -> Silence:
    """Have nobody told of alerts, for a while, once or again and again; of one's own scope only."""
    api = api_of(request)
    now = api.now()
    wanted = body.wanted(starts_at=now, scope=principal.scope)
    try:
        async with api.database.connection() as connection, connection.transaction():
            made = await silences.create(connection, wanted, actor=principal.signature, now=now, zone=api.zone)
            await _audit(request, connection, principal, "create", made.id, _said(body), now)
            shown = await _one(api, connection, principal, made.id, now)
    except InputError as error:
        raise _refused(error) from error
    await api.notices.changed(Facts.ALERTS, committed_at=api.now())
    return shown


@router.post("/{silence_id}", responses=errors(401, 403, 404, 409, 422))
async def update_silence(request: Request, principal: AlertActor, silence_id: SilenceId, body: SilenceWish) -> Silence:
    """Change a silence as a whole, all but its scope. 409 when it is over: make a new one."""
    api = api_of(request)
    now = api.now()
    try:
        async with api.database.connection() as connection, connection.transaction():
            known = await _one(api, connection, principal, silence_id, now)
            wanted = body.wanted(starts_at=known.starts_at, scope=known.scope)
            changed = await silences.update(connection, silence_id, wanted, now=now, zone=api.zone)
            if changed is not None:
                await _audit(request, connection, principal, "update", silence_id, _said(body), now)
            shown = await _one(api, connection, principal, silence_id, now)
    except InputError as error:
        raise _refused(error) from error
    await api.notices.changed(Facts.ALERTS, committed_at=api.now())
    return shown


@router.post("/{silence_id}/expire", responses=errors(401, 403, 404, 409, 422))
async def expire_silence(request: Request, principal: AlertActor, silence_id: SilenceId) -> Silence:
    """End a silence now: what still fires is told. 409 when it is over."""
    api = api_of(request)
    now = api.now()
    try:
        async with api.database.connection() as connection, connection.transaction():
            await _one(api, connection, principal, silence_id, now)
            await silences.expire(connection, silence_id, now=now, zone=api.zone)
            await _audit(request, connection, principal, "expire", silence_id, {}, now)
            shown = await _one(api, connection, principal, silence_id, now)
    except InputError as error:
        raise _refused(error) from error
    await api.notices.changed(Facts.ALERTS, committed_at=api.now())
    return shown


async def _one(api: Api, connection: Connection, principal: Principal, silence_id: UUID, now: datetime) -> Silence:
    row = await queries.one(connection, silence_id, principal.scope_units)
    if row is None:
        raise Problem(404, f"There is no silence {silence_id}.")
    return _shown(api, row, now)


def _shown(api: Api, row: dict[str, Any], now: datetime) -> Silence:
    active, changes_at = silences.active_at(silences.silence_of(row), now, api.zone)
    state = "active" if active else "expired" if changes_at is None else "pending"
    ends_soon = active and row["muting"] > 0 and changes_at is not None and changes_at - now <= SOON
    return Silence.model_validate({**row, "state": state, "changes_at": changes_at, "ends_soon": ends_soon})


def _said(body: SilenceWish) -> dict[str, Any]:
    said: dict[str, Any] = body.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return said


async def _audit(
    request: Request,
    connection: Connection,
    principal: Principal,
    act: str,
    silence_id: UUID,
    said: dict[str, Any],
    now: datetime,
) -> None:
    entry = audit.Entry(principal.actor, f"silence.{act}", str(silence_id), said, address_of(request))
    await audit.append(connection, entry, now=now)


def _refused(error: InputError) -> Problem:
    if error.reason in _STATUS_OF:
        return Problem(_STATUS_OF[error.reason], str(error))
    return wrong_parameter(_FIELD_OF.get(error.reason, f"body.{error.reason}"), None, str(error))
