"""Inbound webhooks: what any system posts becomes alerts, by the mappings of config/hooks/."""

import os
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request

from ioc_api.access import Requires, public
from ioc_api.accounts.roles import Permission
from ioc_api.authenticator import bearer
from ioc_api.context import api_of
from ioc_api.hooks import mapping, proof
from ioc_api.hooks.hook_file import Hook
from ioc_api.models.hooks import HookAnswer
from ioc_api.paths import HOOKS
from ioc_api.problems import Problem, errors
from ioc_api.routes.session import address_of
from ioc_core import external_alerts
from ioc_core.errors import InputError
from ioc_core.live import Facts

router = APIRouter(prefix=HOOKS, tags=["hooks"])
log = structlog.get_logger(__name__)

HookName = Annotated[str, Path(max_length=63, description="Name of a hook in config/hooks/.")]
_STATUS_OF = {"proof": 401, "disabled": 503, "body": 400}
_sender = Requires(Permission.SEND_ALERTS)


@router.post(
    "/{name}",
    dependencies=[public],
    responses=errors(400, 401, 403, 404, 422, 429),
    openapi_extra={"security": [{"bearer": []}]},
)
async def post_hook(request: Request, name: HookName) -> HookAnswer:
    """Take what a system posts, once it is stored; what its mapping can't make an alert of is refused as a whole.

    Who may: whoever has the hook's own token or signs with its secret; without those, tokens that may send alerts.
    """
    api = api_of(request)
    hook = api.hooks.get(name)
    if hook is None:
        raise Problem(404, f"There is no hook {name}.")
    now = api.now()
    body = await request.body()
    try:
        units = None
        if proof.check(hook.model, request.headers, bearer(request), body, os.environ):
            if api.rates.wait_seconds(f"hook:{name}:{address_of(request)}".encode(), now) > 0:
                raise Problem(429, "Too many requests.", headers={"Retry-After": "1"})
        else:
            principal = await _sender(request)
            units = None if principal is None else principal.units
        found = mapping.mapped(hook, mapping.decode(body), api.external, now=now, units=units)
    except InputError as error:
        raise _refused(hook, error) from error
    async with api.database.connection() as connection:
        news = await external_alerts.receive(connection, found.alerts, now)
    if news:
        await api.notices.changed(Facts.EXTERNAL, committed_at=now)
    api.instruments.external_alerts.labels("accepted").inc(len(found.alerts))
    return HookAnswer(alerts=len(found.alerts), ignored=found.ignored)


def _refused(hook: Hook, error: InputError) -> Problem:
    log.warning("hook_refused", hook=hook.model.name, reason=error.reason, error=str(error))
    return Problem(_STATUS_OF.get(error.reason, 422), str(error))
