"""Why somebody was, or wasn't, told of an alert."""

from fastapi import APIRouter, Request

from ioc_api.access import Reader
from ioc_api.context import api_of
from ioc_api.explain.reading import facts
from ioc_api.explain.telling import explanation
from ioc_api.explain.words import Clock
from ioc_api.models.explanation import Explanation
from ioc_api.parameters import AlertId
from ioc_api.paths import API
from ioc_api.problems import Problem, errors

router = APIRouter(prefix=f"{API}/alerts", tags=["alerts"])


@router.get("/{alert_id}/explain", responses=errors(401, 403, 404, 422))
async def explain_alert(request: Request, principal: Reader, alert_id: AlertId) -> Explanation:
    """Say why each receiver was, or wasn't, told of an alert: rule, steps, route, groups, mutes, deliveries."""
    api = api_of(request)
    async with api.database.connection() as connection:
        known = await facts(connection, alert_id, principal.scope_units)
    if known is None:
        raise Problem(404, f"There is no alert {alert_id}.")
    return explanation(known, Clock(api.zone, api.now()))
