"""On call: who is, who will be, policies, overrides, and calendars."""

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from ioc_api import oncall_calendar, oncall_view
from ioc_api.access import AlertActor, Reader, public
from ioc_api.accounts import audit
from ioc_api.context import Api, api_of
from ioc_api.models.oncall import NewOverride, OnCallView
from ioc_api.models.oncall import Override as OverrideModel
from ioc_api.parameters import From, Span, To, span
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.routes.session import address_of
from ioc_core.alert_links import signing_key
from ioc_core.errors import InputError
from ioc_core.oncall import Override, Rotation, calendar_links
from ioc_core.oncall import overrides as kept
from ioc_core.oncall.ahead import HORIZON

router = APIRouter(tags=["on call"])

LONGEST = timedelta(days=62)
_DEFAULT = timedelta(days=14)
_FIELD_OF = {"empty": "body.reason", "order": "body.ends_at", "past": "body.ends_at"}
_STATUS_OF = {"not_found": 404, "over": 409}
RotationName = Annotated[str, Path(max_length=100, description="Name of a rotation.")]
PersonName = Annotated[str | None, Query(max_length=100, description="Only the shifts of this person.")]
OverrideId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The override's id.")]


@router.get(f"{API}/oncall", responses=errors(401, 403, 422))
async def get_on_call(request: Request, _: Reader, since: From = None, to: To = None) -> OnCallView:
    """Say who is on call now and next, with the shifts of two weeks from midnight on, or of another stretch."""
    api = api_of(request)
    now = api.now()
    asked = _span(api, since, to, now)
    first, last = min(asked.since, now - HORIZON), max(asked.until, now + HORIZON)
    async with api.database.connection() as connection:
        entries = await kept.between(connection, first, last)
        key = await signing_key(connection)

    def address(rotation: str) -> str:
        return f"{api.settings.public_address}/a/oncall/{calendar_links.token(key, rotation)}/{rotation}.ics"

    fields = oncall_view.view(api.oncall, entries, at=now, since=asked.since, until=asked.until, address=address)
    return OnCallView.model_validate(fields)


@router.post(f"{API}/oncall/overrides", status_code=201, responses=errors(401, 403, 422))
async def create_override(request: Request, principal: AlertActor, body: NewOverride) -> OverrideModel:
    """Put somebody else, or nobody, on call for a while. Of several overrides at one instant the newest holds."""
    api = api_of(request)
    now = api.now()
    if body.rotation not in api.oncall.rotations:
        raise wrong_parameter("body.rotation", body.rotation, f"must be one of {', '.join(api.oncall.rotations)}")
    if body.person is not None and body.person not in api.oncall.people:
        raise wrong_parameter("body.person", body.person, f"must be one of {', '.join(api.oncall.people)}, or null")
    wanted = Override(0, body.rotation, body.person, body.starts_at, body.ends_at)
    try:
        async with api.database.connection() as connection, connection.transaction():
            made = await kept.create(connection, wanted, reason=body.reason, created_by=principal.signature, now=now)
            details = body.model_dump(mode="json")
            entry = audit.Entry(principal.actor, "oncall.override", str(made.id), details, address_of(request))
            await audit.append(connection, entry, now=now)
    except InputError as error:
        field = _FIELD_OF[error.reason]
        raise wrong_parameter(field, getattr(body, field.removeprefix("body.")), str(error)) from error
    return OverrideModel.model_validate(oncall_view.plain(made))


@router.delete(f"{API}/oncall/overrides/{{override_id}}", responses=errors(401, 403, 404, 409, 422))
async def cancel_override(request: Request, principal: AlertActor, override_id: OverrideId) -> OverrideModel:
    """Take an override back; one that runs ends now. 409 when it is over."""
    api = api_of(request)
    now = api.now()
    try:
        async with api.database.connection() as connection, connection.transaction():
            ended = await kept.cancel(connection, override_id, cancelled_by=principal.signature, now=now)
            entry = audit.Entry(principal.actor, "oncall.cancel", str(override_id), {}, address_of(request))
            await audit.append(connection, entry, now=now)
    except InputError as error:
        raise Problem(_STATUS_OF[error.reason], str(error)) from error
    return OverrideModel.model_validate(oncall_view.plain(ended))


@router.get(f"{API}/oncall/{{rotation}}.ics", response_class=Response, responses=errors(401, 403, 404, 422))
async def get_calendar(request: Request, _: Reader, rotation: RotationName, person: PersonName = None) -> Response:
    """Return a rotation as iCalendar: a month back, half a year ahead."""
    return await _calendar(api_of(request), rotation, person)


@router.get("/a/oncall/{token}/{rotation}.ics", dependencies=[public], include_in_schema=False)
async def get_calendar_by_token(
    request: Request, token: str, rotation: RotationName, person: PersonName = None
) -> Response:
    """Return the same to whoever has the address (`calendar_url`)."""
    api = api_of(request)
    if api.link_rates.wait_seconds(address_of(request).encode(), api.now()) > 0:
        raise Problem(429, "Too many requests.", headers={"Retry-After": "1"})
    async with api.database.connection() as connection:
        key = await signing_key(connection)
    if not calendar_links.is_token(key, rotation, token):
        raise Problem(404, "There is no such calendar.")
    return await _calendar(api, rotation, person)


async def _calendar(api: Api, name: str, person: str | None) -> Response:
    rotation: Rotation | None = api.oncall.rotations.get(name)
    if rotation is None:
        raise Problem(404, f"There is no rotation {name}.")
    now = api.now()
    async with api.database.connection() as connection:
        entries = await kept.between(connection, now - oncall_calendar.BEFORE, now + oncall_calendar.AFTER)
    raw = oncall_calendar.calendar(
        api.oncall,
        rotation,
        [entry.override for entry in entries],
        now=now,
        host=urlsplit(api.settings.public_address).hostname or "ioc",
        person=person,
    )
    headers = {"Content-Disposition": f'inline; filename="{name}.ics"', "Cache-Control": "private, max-age=300"}
    return Response(raw, media_type=oncall_calendar.MEDIA_TYPE, headers=headers)


def _span(api: Api, since: datetime | None, until: datetime | None, now: datetime) -> Span:
    start = since or now.astimezone(api.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = span(start, until or start + _DEFAULT, now=now, default=_DEFAULT)
    if asked.until - asked.since > LONGEST:
        raise wrong_parameter("query.to", asked.until.isoformat(), f"must be at most {LONGEST.days} days after from")
    return asked
