"""The ASGI application: routes, errors, edges."""

from collections.abc import Mapping
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.routing import WebSocketRoute

from ioc_api import openapi, problems
from ioc_api.access import check_routes
from ioc_api.alertmanager import health
from ioc_api.authenticator import CSRF_HEADER, origins_of
from ioc_api.context import Api
from ioc_api.edge import Limits, Timing
from ioc_api.feed.endpoint import live
from ioc_api.paths import FEED, OPENAPI
from ioc_api.routes import ROUTERS
from ioc_core.process import Check, health_routes

_DESCRIPTION = """
What a provincial operations centre knows: dossiers of public services, systems, security events, measures, alerts.

* **Who asks**: `Authorization: Bearer <token>` (a machine's token, or a session from `POST /api/v1/session`), or the
  cookie `ioc_session`; with the cookie, requests that change something need the header `X-Requested-With`.
* **What is seen**: each route names its permission; a scope limits dossiers, units and alerts to a unit and all below.
* **Errors** are RFC 9457 `application/problem+json`. 503 with `Retry-After`: the database is away; ask again.
* **Times** are RFC 3339 in UTC. **Pages**: send `next` as `cursor`, with the same filters.
* **Files**: lists also come whole as CSV and XLSX, with `format` or the header Accept.
* **Live**: `GET /ws/live` (WebSocket), described in docs/feed.md and docs/asyncapi.yaml.
"""


def create_app(api: Api, checks: Mapping[str, Check]) -> FastAPI:
    """Return the application on top of `api`.

    Raises:
        IocError: a route declares no permission.
    """
    app = FastAPI(
        title="Provincial operations centre",
        version=version("ioc"),
        description=_DESCRIPTION,
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.api = api
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.router.routes.append(WebSocketRoute(FEED, live))
    app.router.routes.extend([*health_routes(checks), *health.routes(checks)])
    problems.install(app)
    openapi.install(app)
    app.add_middleware(Limits)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins_of(api.settings.wall_address),
        allow_credentials=True,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", CSRF_HEADER],
        max_age=600,
    )
    app.add_middleware(Timing, instruments=api.instruments)
    check_routes(app)
    return app
