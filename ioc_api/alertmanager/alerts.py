"""/api/v2/alerts: what other systems send."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from ioc_api.access import AlertSender
from ioc_api.alertmanager import receiving
from ioc_api.context import api_of
from ioc_api.paths import ALERTMANAGER
from ioc_api.problems import errors
from ioc_core import external_alerts
from ioc_core.errors import InputError
from ioc_core.live import Facts

router = APIRouter(prefix=f"{ALERTMANAGER}/alerts", tags=["alertmanager"])

_RESPONSES: dict[int | str, dict[str, Any]] = {
    **errors(401, 403, 429),
    400: {"description": "What is wrong, as text; alerts of the body that are right were taken."},
}


@router.post("", response_class=Response, responses=_RESPONSES)
async def post_alerts(request: Request, principal: AlertSender) -> Response:
    """Take alerts as Prometheus sends them: a list of `labels`, `annotations`, `startsAt`, `endsAt`, `generatorURL`.

    They are accepted once they are stored. The same labels are the same alert; without `endsAt` it is over when it
    wasn't sent again within `resolve_timeout` (config/external.yaml).
    """
    api = api_of(request)
    now = api.now()
    try:
        posted = receiving.decode(await request.body())
    except InputError as error:
        return JSONResponse(str(error), 400)
    right, wrong = receiving.received(posted, api.external, sender=principal.actor, units=principal.units, now=now)
    async with api.database.connection() as connection:
        news = await external_alerts.receive(connection, right, now)
    if news:
        await api.notices.changed(Facts.EXTERNAL, committed_at=now)
    api.instruments.external_alerts.labels("accepted").inc(len(right))
    api.instruments.external_alerts.labels("refused").inc(len(wrong))
    return JSONResponse("; ".join(wrong), 400) if wrong else Response(status_code=200)
