"""/api/v2/alerts: what other systems send, and what fires."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from ioc_api.access import AlertSender, Reader
from ioc_api.accounts.principals import Principal
from ioc_api.alertmanager import matching, reading, receiving
from ioc_api.alertmanager.reading import Shown, Wish
from ioc_api.alertmanager.shapes import answer, refusal
from ioc_api.context import api_of
from ioc_api.paths import ALERTMANAGER
from ioc_api.problems import errors
from ioc_core import external_alerts, routing
from ioc_core.errors import InputError
from ioc_core.live import Facts

router = APIRouter(prefix=f"{ALERTMANAGER}/alerts", tags=["alertmanager"])

Filter = Annotated[
    list[str] | None, Query(alias="filter", description='Matchers that all must hold: `alertname="Down"`.')
]
ReceiverName = Annotated[str | None, Query(max_length=500, description="Pattern of a receiver's whole name.")]
Active = Annotated[bool, Query(description="Those that nothing keeps from being told of.")]
Silenced = Annotated[bool, Query(description="Those that silences or snoozes mute.")]
Inhibited = Annotated[bool, Query(description="Those that something else mutes.")]

_TAKEN: dict[int | str, dict[str, Any]] = {
    **errors(401, 403, 429),
    400: {"description": "What is wrong, as text; alerts of the body that are right were taken."},
}
_READ: dict[int | str, dict[str, Any]] = {**errors(401, 403), 400: {"description": "What is wrong, as text."}}


@router.post("", response_class=Response, responses=_TAKEN)
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
        return refusal(str(error))
    right, wrong = receiving.received(posted, api.external, sender=principal.actor, units=principal.units, now=now)
    async with api.database.connection() as connection:
        news = await external_alerts.receive(connection, right, now)
    if news:
        await api.notices.changed(Facts.EXTERNAL, committed_at=now)
    api.instruments.external_alerts.labels("accepted").inc(len(right))
    api.instruments.external_alerts.labels("refused").inc(len(wrong))
    return refusal("; ".join(wrong)) if wrong else Response(status_code=200)


@router.get("", response_class=JSONResponse, responses=_READ)
async def get_alerts(
    request: Request,
    principal: Reader,
    filters: Filter = None,
    receiver: ReceiverName = None,
    active: Active = True,
    silenced: Silenced = True,
    inhibited: Inhibited = True,
) -> Response:
    """List what fires, as Alertmanager does: the gravest first; labels are those that routes and silences match."""
    try:
        wish = _wish(filters, receiver, active=active, silenced=silenced, inhibited=inhibited)
    except InputError as error:
        return refusal(str(error))
    return answer([item.alert for item in await _shown(request, principal, wish)])


@router.get("/groups", response_class=JSONResponse, responses=_READ)
async def get_alert_groups(
    request: Request,
    principal: Reader,
    filters: Filter = None,
    receiver: ReceiverName = None,
    active: Active = True,
    silenced: Silenced = True,
    inhibited: Inhibited = True,
) -> Response:
    """List what fires by receiver and by the labels that routes group by."""
    try:
        wish = _wish(filters, receiver, active=active, silenced=silenced, inhibited=inhibited)
    except InputError as error:
        return refusal(str(error))
    return answer(reading.grouped(await _shown(request, principal, wish), wish.receiver))


def _wish(filters: list[str] | None, receiver: str | None, *, active: bool, silenced: bool, inhibited: bool) -> Wish:
    return Wish(
        filters=matching.parse_all(filters or []),
        receiver=matching.receiver_pattern(receiver),
        active=active,
        silenced=silenced,
        inhibited=inhibited,
    )


async def _shown(request: Request, principal: Principal, wish: Wish) -> list[Shown]:
    api = api_of(request)
    now = api.now()
    async with api.database.connection() as connection:
        rows = await reading.firing(connection, principal.scope_units, now)
        tree = await routing.recorded(connection)
    return list(reading.shown(rows, tree, wish, now))
