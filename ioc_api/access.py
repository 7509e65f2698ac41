"""The permission that every route must declare, and what enforces it."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route, WebSocketRoute

from ioc_api.accounts.principals import Principal
from ioc_api.accounts.roles import Permission
from ioc_api.alertmanager import health
from ioc_api.context import api_of
from ioc_api.paths import FEED, OPENAPI
from ioc_api.problems import Problem
from ioc_core.errors import IocError

UNDECLARED_PUBLIC = frozenset({"/healthz", "/readyz", "/metrics", OPENAPI}) | health.PATHS
"""Plain routes without data of the province, which carry no declaration."""


class Requires:
    """The declaration of a route's permission; the framework calls it before the route."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal | None:
        """Return who asks; None for a public route.

        Raises:
            Problem: 401 without a valid credential, 403 without the permission, 429 too often.
        """
        api = api_of(request)
        api.authenticator.refuse_foreign(request)
        if self.permission is Permission.PUBLIC:
            return None
        principal = await api.authenticator.of_request(request)
        if principal is None:
            raise Problem(401, "Sign in, or send a valid token.", headers={"WWW-Authenticate": "Bearer"})
        if not principal.may(self.permission):
            raise Problem(403, f"The role {principal.role} doesn't have the permission {self.permission}.")
        wait = api.rates.wait_seconds(principal.credential.hash, api.now())
        if wait > 0:
            raise Problem(429, "Too many requests.", headers={"Retry-After": str(max(round(wait), 1))})
        return principal


public = Depends(Requires(Permission.PUBLIC))
SignedIn = Annotated[Principal, Depends(Requires(Permission.SIGNED_IN))]
Watcher = Annotated[Principal, Depends(Requires(Permission.WATCH))]
PasswordOwner = Annotated[Principal, Depends(Requires(Permission.OWN_PASSWORD))]
Reader = Annotated[Principal, Depends(Requires(Permission.READ))]
SecurityReader = Annotated[Principal, Depends(Requires(Permission.READ_SECURITY))]
RejectedReader = Annotated[Principal, Depends(Requires(Permission.READ_REJECTED))]
MonthCloser = Annotated[Principal, Depends(Requires(Permission.CLOSE_MONTHS))]
AlertSender = Annotated[Principal, Depends(Requires(Permission.SEND_ALERTS))]
AlertActor = Annotated[Principal, Depends(Requires(Permission.ACT_ON_ALERTS))]


def declared_permission(route: BaseRoute) -> Permission | None:
    """Return what a route declares; None when it declares nothing."""
    if isinstance(route, APIRoute):
        for dependency in _all(route.dependant.dependencies):
            if isinstance(dependency.call, Requires):
                return dependency.call.permission
        return None
    if isinstance(route, WebSocketRoute) and route.path == FEED:
        return Permission.WATCH  # asked by the endpoint, before the upgrade
    if isinstance(route, Route) and route.path in UNDECLARED_PUBLIC:
        return Permission.PUBLIC
    return None


def check_routes(app: FastAPI) -> None:
    """Refuse to start with a route that nobody has thought about.

    Raises:
        IocError: some routes declare no permission; the message names them.
    """
    undeclared = [getattr(route, "path", repr(route)) for route in app.routes if declared_permission(route) is None]
    if undeclared:
        raise IocError(f"routes without a declared permission: {', '.join(undeclared)}")


def _all(dependencies: list[Dependant]) -> Iterable[Dependant]:
    for dependency in dependencies:
        yield dependency
        yield from _all(dependency.dependencies)
