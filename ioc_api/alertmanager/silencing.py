"""/api/v2/silences and /silence: our silences as Alertmanager's clients list, make, change and end them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from ioc_api.access import AlertActor, Reader
from ioc_api.accounts import audit
from ioc_api.accounts.principals import Principal
from ioc_api.alertmanager import matching
from ioc_api.alertmanager.shapes import GettableSilence, PostableSilence, SilenceStatus, answer, refusal
from ioc_api.context import Api, api_of
from ioc_api.paths import ALERTMANAGER
from ioc_api.problems import errors
from ioc_api.queries import silences as queries
from ioc_api.routes.session import address_of
from ioc_core import silences
from ioc_core.db import Connection
from ioc_core.errors import InputError
from ioc_core.label_matchers import LabelMatcher
from ioc_core.live import Facts
from ioc_core.silences import Silence, Wanted

router = APIRouter(prefix=ALERTMANAGER, tags=["alertmanager"])

SilenceId = Annotated[UUID, Path(description="The silence's id.")]
KEPT = timedelta(hours=120)
"""So long Alertmanager lists what is over."""
MOST = 5000
_LONGEST_AUTHOR = 200
_READ: dict[int | str, dict[str, Any]] = {**errors(401, 403), 400: {"description": "What is wrong, as text."}}
_ONE: dict[int | str, dict[str, Any]] = {**_READ, 404: {"description": "There is no such silence."}}
_decoder = msgspec.json.Decoder(PostableSilence)


@router.get("/silences", response_class=JSONResponse, responses=_READ)
async def get_silences(
    request: Request,
    principal: Reader,
    asked: Annotated[
        list[str] | None, Query(alias="filter", description="Matchers that the silence must have itself.")
    ] = None,
) -> Response:
    """List silences: active, pending, and what ended within five days; the last to end first."""
    api = api_of(request)
    now = api.now()
    try:
        filters = matching.parse_all(asked or [])
    except InputError as error:
        return refusal(str(error))
    async with api.database.connection() as connection:
        rows = [
            row
            for over in (False, True)
            for row in await queries.page(
                connection, units=principal.scope_units, over=over, now=now, before=None, limit=MOST
            )
        ]
    made = [gettable(silences.silence_of(row), now, api) for row in rows]
    found = [item for item in made if item.ends_at > now - KEPT and _has(item.matchers, filters)]
    order = {"active": 0, "pending": 1, "expired": 2}
    return answer(sorted(found, key=lambda item: (order[item.status.state], item.ends_at, item.id)))


@router.get("/silence/{silence_id}", response_class=JSONResponse, responses=_ONE)
async def get_silence(request: Request, principal: Reader, silence_id: SilenceId) -> Response:
    """Return a silence."""
    api = api_of(request)
    async with api.database.connection() as connection:
        known = await _known(connection, principal, silence_id)
    return answer(gettable(known, api.now(), api)) if known else refusal("silence not found", 404)


@router.post("/silences", response_class=JSONResponse, responses=_ONE)
async def post_silence(request: Request, principal: AlertActor) -> Response:
    """Make a silence, or change the one of `id`; what is over is made anew. Answers its `silenceID`."""
    api = api_of(request)
    now = api.now()
    try:
        posted = _decoder.decode(await request.body())
        known_id = UUID(posted.id) if posted.id else None
    except (msgspec.DecodeError, ValueError) as error:
        return refusal(str(error))
    wanted = Wanted(
        matchers=posted.matchers,
        starts_at=max(posted.starts_at, now) if known_id is None else posted.starts_at,
        ends_at=posted.ends_at,
        comment=posted.comment,
        scope=principal.scope,
    )
    author = author_of(principal, posted.created_by)
    try:
        async with api.database.connection() as connection, connection.transaction():
            known = None if known_id is None else await _known(connection, principal, known_id)
            if known_id is not None and known is None:
                return refusal("silence not found", 404)
            if known is not None and known.recurrence is not None:
                return refusal("silence recurs: change it on the console or by /api/v1/silences")
            if known is not None and gettable(known, now, api).status.state != "expired":
                await silences.update(connection, known.id, wanted, now=now, zone=api.zone)
                made_id, act = known.id, "update"
            else:
                again = msgspec.structs.replace(wanted, starts_at=max(wanted.starts_at, now))
                made = await silences.create(connection, again, actor=author, now=now, zone=api.zone)
                made_id, act = made.id, "create"
            await _audit(request, connection, principal, act, made_id, msgspec.to_builtins(posted), now)
    except InputError as error:
        return refusal(str(error))
    await api.notices.changed(Facts.ALERTS, committed_at=api.now())
    return answer({"silenceID": str(made_id)})


@router.delete("/silence/{silence_id}", response_class=Response, responses=_ONE)
async def delete_silence(request: Request, principal: AlertActor, silence_id: SilenceId) -> Response:
    """End a silence now; what still fires is told."""
    api = api_of(request)
    now = api.now()
    try:
        async with api.database.connection() as connection, connection.transaction():
            if await _known(connection, principal, silence_id) is None:
                return refusal("silence not found", 404)
            await silences.expire(connection, silence_id, now=now, zone=api.zone)
            await _audit(request, connection, principal, "expire", silence_id, {}, now)
    except InputError as error:
        return refusal(str(error), 500)  # already over: so says Alertmanager
    await api.notices.changed(Facts.ALERTS, committed_at=api.now())
    return Response(status_code=200)


def gettable(silence: Silence, now: datetime, api: Api) -> GettableSilence:
    """Return a silence as Alertmanager shows it; of a recurring one the occurrence that is on, or is next."""
    active, changes_at = silences.active_at(silence, now, api.zone)
    starts_at, ends_at = silence.starts_at, silence.ends_at
    comment = silence.comment
    if silence.recurrence is not None:
        length = silence.ends_at - silence.starts_at
        comment = f"{comment} ({silence.recurrence})"
        if active and changes_at is not None:
            starts_at, ends_at = changes_at - length, changes_at
        elif changes_at is not None:
            starts_at, ends_at = changes_at, changes_at + length
        else:
            ends_at = silences.over_at(silence, api.zone)
    if silence.expired_at is not None:
        ends_at = max(silence.expired_at, min(starts_at, silence.expired_at))
    return GettableSilence(
        id=str(silence.id),
        status=SilenceStatus("active" if active else "pending" if changes_at is not None else "expired"),
        matchers=silence.matchers,
        starts_at=starts_at,
        ends_at=ends_at,
        updated_at=silence.updated_at,
        created_by=silence.created_by,
        comment=comment,
    )


def author_of(principal: Principal, said: str) -> str:
    """Return how the silence calls its author: people by their name; a machine with whom it says it acts for."""
    said = " ".join(said.replace("\0", "").split())[:_LONGEST_AUTHOR]
    return principal.signature if principal.user_id is not None or not said else f"{said} ({principal.signature})"


def _has(matchers: Sequence[LabelMatcher], filters: tuple[LabelMatcher, ...]) -> bool:
    """Alertmanager's rule: the values of a silence's matchers as labels, which the filters must match."""
    labels = {matcher.name: matcher.value for matcher in matchers}
    return all(matcher.matches(labels) for matcher in filters)


async def _known(connection: Connection, principal: Principal, silence_id: UUID) -> Silence | None:
    row = await queries.one(connection, silence_id, principal.scope_units)
    return None if row is None else silences.silence_of(row)


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
