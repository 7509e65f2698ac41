"""The headline numbers, for screens that don't hold a feed."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request

from ioc_api.access import Watcher
from ioc_api.context import api_of
from ioc_api.models.overview import Overview
from ioc_api.paths import API
from ioc_api.problems import errors, unavailable
from ioc_api.projector.facts import restrict
from ioc_api.projector.state import project
from ioc_core.live import Topic

router = APIRouter(prefix=API, tags=["overview"])


@router.get("/overview", responses=errors(401, 403))
async def get_overview(request: Request, principal: Watcher) -> Overview:
    """Return the six headline numbers, the alarms and the health of the sources, as the feed has them now.

    With a scope below the province the numbers are of that unit and all below, without trends.
    """
    api = api_of(request)
    if principal.units is None:
        if not api.hub.loaded:
            raise unavailable("The state of the province isn't loaded yet.")
        items: dict[str, Any] = dict(api.hub.state[Topic.OVERVIEW])
    else:
        facts = restrict(await api.facts.read(), principal.units)
        items = msgspec.to_builtins(project(facts, api.wall)[Topic.OVERVIEW])
    alarms, health = items.pop("alarms"), items.pop("health")
    return Overview.model_validate({"at": api.now(), "tiles": items, "alarms": alarms, "health": health})
