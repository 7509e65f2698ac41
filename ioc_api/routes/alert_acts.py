"""What people do to alerts: to one, or to many at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from ioc_api.access import AlertActor
from ioc_api.accounts import audit
from ioc_api.accounts.principals import Principal
from ioc_api.accounts.roles import GRANTS, Permission
from ioc_api.context import api_of
from ioc_api.models import alerts as models
from ioc_api.models.alerts import AlertDetail, Outcome, Outcomes, People
from ioc_api.parameters import AlertId
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.queries import alerts as queries
from ioc_api.routes.session import address_of
from ioc_core import alert_actions
from ioc_core import alert_lifecycle as lifecycle
from ioc_core.alert_actions import Decide
from ioc_core.alert_lifecycle import Change
from ioc_core.errors import InputError
from ioc_core.live import Facts

router = APIRouter(prefix=f"{API}/alerts", tags=["alerts"])

STATUS_OF: Mapping[str, int] = {
    "not_found": 404, "resolved": 409, "closed": 409, "pending": 409, "conflict": 409,
    "empty": 422, "past": 422, "far": 422,
}  # fmt: skip
_FIELD_OF = {"past": "body.until", "far": "body.until", "empty": "body.note"}
_REFUSALS = errors(401, 403, 404, 409, 422)
_MANY_REFUSALS = errors(401, 403, 422)
_ACTORS = [role.value for role, granted in GRANTS.items() if Permission.ACT_ON_ALERTS in granted]


@router.get("/people", responses=errors(401, 403))
async def list_people(request: Request, _: AlertActor) -> People:
    """List whom an alert can be given to."""
    async with api_of(request).database.connection() as connection:
        return People.model_validate({"items": await queries.people(connection, _ACTORS)})


@router.post("/{alert_id}/ack", responses=_REFUSALS)
async def acknowledge_alert(
    request: Request, principal: AlertActor, alert_id: AlertId, body: models.Acknowledgement
) -> AlertDetail:
    """Take an alert on, until an instant or for good. 409 when it is over, or when somebody else has it."""
    return await _one(request, principal, alert_id, "acknowledge", body)


@router.post("/{alert_id}/unack", responses=_REFUSALS)
async def unacknowledge_alert(
    request: Request, principal: AlertActor, alert_id: AlertId, body: models.Unacknowledgement
) -> AlertDetail:
    """Let an alert go: its receivers are told of it again."""
    return await _one(request, principal, alert_id, "unacknowledge", body)


@router.post("/{alert_id}/assign", responses=_REFUSALS)
async def assign_alert(
    request: Request, principal: AlertActor, alert_id: AlertId, body: models.Assignment
) -> AlertDetail:
    """Say who is to see to an alert."""
    return await _one(request, principal, alert_id, "assign", body)


@router.post("/{alert_id}/snooze", responses=_REFUSALS)
async def snooze_alert(request: Request, principal: AlertActor, alert_id: AlertId, body: models.Snooze) -> AlertDetail:
    """Have nobody told of an alert for a while, unless it grows graver."""
    return await _one(request, principal, alert_id, "snooze", body)


@router.post("/{alert_id}/unsnooze", responses=_REFUSALS)
async def unsnooze_alert(
    request: Request, principal: AlertActor, alert_id: AlertId, body: models.Unsnooze
) -> AlertDetail:
    """Have an alert told of again."""
    return await _one(request, principal, alert_id, "unsnooze", body)


@router.post("/{alert_id}/resolve", responses=_REFUSALS)
async def resolve_alert(
    request: Request, principal: AlertActor, alert_id: AlertId, body: models.Closing
) -> AlertDetail:
    """Close an alert by hand: it is told as over, until its condition comes back, or `until`."""
    return await _one(request, principal, alert_id, "close", body)


@router.post("/{alert_id}/reopen", responses=_REFUSALS)
async def reopen_alert(
    request: Request, principal: AlertActor, alert_id: AlertId, body: models.Reopening
) -> AlertDetail:
    """Open a closed alert again."""
    return await _one(request, principal, alert_id, "reopen", body)


@router.post("/ack", responses=_MANY_REFUSALS)
async def acknowledge_alerts(request: Request, principal: AlertActor, body: models.ManyAcknowledged) -> Outcomes:
    """Take many alerts on; what is refused for one of them doesn't keep back the others."""
    return await _many(request, principal, "acknowledge", body, body.ids)


@router.post("/unack", responses=_MANY_REFUSALS)
async def unacknowledge_alerts(request: Request, principal: AlertActor, body: models.ManyUnacknowledged) -> Outcomes:
    """Let many alerts go."""
    return await _many(request, principal, "unacknowledge", body, body.ids)


@router.post("/assign", responses=_MANY_REFUSALS)
async def assign_alerts(request: Request, principal: AlertActor, body: models.ManyAssigned) -> Outcomes:
    """Say who is to see to many alerts."""
    return await _many(request, principal, "assign", body, body.ids)


@router.post("/snooze", responses=_MANY_REFUSALS)
async def snooze_alerts(request: Request, principal: AlertActor, body: models.ManySnoozed) -> Outcomes:
    """Have nobody told of many alerts for a while."""
    return await _many(request, principal, "snooze", body, body.ids)


@router.post("/unsnooze", responses=_MANY_REFUSALS)
async def unsnooze_alerts(request: Request, principal: AlertActor, body: models.ManyUnsnoozed) -> Outcomes:
    """Have many alerts told of again."""
    return await _many(request, principal, "unsnooze", body, body.ids)


@router.post("/resolve", responses=_MANY_REFUSALS)
async def resolve_alerts(request: Request, principal: AlertActor, body: models.ManyClosed) -> Outcomes:
    """Close many alerts by hand."""
    return await _many(request, principal, "close", body, body.ids)


@router.post("/reopen", responses=_MANY_REFUSALS)
async def reopen_alerts(request: Request, principal: AlertActor, body: models.ManyReopened) -> Outcomes:
    """Open many closed alerts again."""
    return await _many(request, principal, "reopen", body, body.ids)


def deciding(act: str, body: Any, *, actor: str, now: datetime) -> Decide:
    """Return the function of `alert_lifecycle` that does what `body` says."""
    match act:
        case "acknowledge":
            said: dict[str, Any] = {"note": body.note, "until": body.end(now), "take_over": body.take_over}
            return partial(lifecycle.acknowledge, actor=actor, now=now, **said)
        case "unacknowledge":
            return partial(lifecycle.unacknowledge, actor=actor, now=now, note=body.note)
        case "assign":
            return partial(lifecycle.assign, person=body.to, now=now, note=body.note)
        case "snooze":
            return partial(lifecycle.snooze, actor=actor, now=now, until=body.end(now), note=body.note)
        case "unsnooze":
            return partial(lifecycle.unsnooze, now=now, note=body.note)
        case "close":
            return partial(lifecycle.close, actor=actor, now=now, reason=body.reason, until=body.end(now))
        case _:
            return partial(lifecycle.reopen, now=now, note=body.note)


async def _one(request: Request, principal: Principal, alert_id: int, act: str, body: BaseModel) -> AlertDetail:
    outcome = (await _do(request, principal, act, body, [alert_id]))[alert_id]
    if isinstance(outcome, InputError):
        field = "body.reason" if act == "close" and outcome.reason == "empty" else _FIELD_OF.get(outcome.reason)
        if field is not None:
            raise wrong_parameter(field, None, str(outcome))
        raise Problem(STATUS_OF[outcome.reason], str(outcome))
    async with api_of(request).database.connection() as connection:
        row = await queries.one(connection, alert_id, principal.scope_units)
    if row is None:
        raise Problem(404, f"There is no alert {alert_id}.")
    return AlertDetail.model_validate(row)


async def _many(request: Request, principal: Principal, act: str, body: BaseModel, ids: Sequence[int]) -> Outcomes:
    outcomes = await _do(request, principal, act, body, list(dict.fromkeys(ids)))
    return Outcomes(items=[_outcome(alert_id, outcome) for alert_id, outcome in outcomes.items()])


def _outcome(alert_id: int, outcome: Change | InputError | None) -> Outcome:
    if isinstance(outcome, InputError):
        return Outcome(id=alert_id, outcome="refused", reason=outcome.reason, detail=str(outcome))
    return Outcome(id=alert_id, outcome="unchanged" if outcome is None else "done")


async def _do(
    request: Request, principal: Principal, act: str, body: BaseModel, ids: list[int]
) -> dict[int, Change | InputError | None]:
    """Act on those of the alerts that are in scope, each change audited, all in one transaction."""
    api = api_of(request)
    now = api.now()
    said = body.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"ids"})
    outcomes: dict[int, Change | InputError | None] = {
        alert_id: InputError("not_found", f"There is no alert {alert_id}.") for alert_id in ids
    }
    async with api.database.connection() as connection, connection.transaction():
        if isinstance(body, models.Assignment) and body.to is not None:
            known = {person["name"] for person in await queries.people(connection, _ACTORS)}
            if body.to not in known:
                raise wrong_parameter("body.to", body.to, "isn't the name of somebody who may act on alerts")
        seen = await queries.in_scope(connection, ids, principal.scope_units)
        decide = deciding(act, body, actor=principal.signature, now=now)
        outcomes |= await alert_actions.act_on_each(connection, seen, decide, actor=principal.signature, now=now)
        changed = [alert_id for alert_id, outcome in outcomes.items() if isinstance(outcome, Change)]
        for alert_id in changed:
            entry = audit.Entry(principal.actor, f"alert.{act}", str(alert_id), said, address_of(request))
            await audit.append(connection, entry, now=now)
    if changed:
        await api.notices.changed(Facts.ALERTS, committed_at=api.now())
    return outcomes
