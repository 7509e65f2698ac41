"""/api/v2/status and /receivers: who we are, who leads, the routes that the leader goes by."""

import sys
from datetime import datetime
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from ioc_api.access import Reader
from ioc_api.alertmanager.config_text import config_text
from ioc_api.alertmanager.shapes import Receiver, answer
from ioc_api.context import api_of
from ioc_api.paths import ALERTMANAGER
from ioc_api.problems import errors
from ioc_core import routing

router = APIRouter(prefix=ALERTMANAGER, tags=["alertmanager"])


@router.get("/status", response_class=JSONResponse, responses=errors(401, 403))
async def get_status(request: Request, _: Reader) -> Response:
    """Say which version this is, who leads and since when, and the routes, written as Alertmanager's configuration."""
    api = api_of(request)
    async with api.database.connection() as connection:
        leader = await connection.fetchrow("SELECT leader, since, epoch FROM alert_leader")
        tree = await routing.recorded(connection)
    assert leader is not None
    return answer(
        {
            "cluster": _cluster(leader["leader"] if leader["epoch"] else ""),
            "config": {"original": config_text(tree)},
            "uptime": _since(leader["since"], api.now()),
            "versionInfo": {
                "branch": "", "buildDate": "", "buildUser": "", "goVersion": f"python{sys.version.split()[0]}",
                "revision": "", "version": version("ioc"),
            },
        }
    )  # fmt: skip


@router.get("/receivers", response_class=JSONResponse, responses=errors(401, 403))
async def get_receivers(request: Request, _: Reader) -> Response:
    """List who can be told, in the order of config/routes.yaml."""
    async with api_of(request).database.connection() as connection:
        tree = await routing.recorded(connection)
    return answer([] if tree is None else [Receiver(receiver.name) for receiver in tree.receivers])


def _cluster(leader: str) -> dict[str, Any]:
    """The alert processes as Alertmanager's cluster: whoever leads is its only peer that counts."""
    if not leader:
        return {"name": "", "status": "settling", "peers": []}
    return {"name": leader, "status": "ready", "peers": [{"name": leader, "address": leader}]}


def _since(at: datetime | None, now: datetime) -> datetime:
    return now if at is None else at
