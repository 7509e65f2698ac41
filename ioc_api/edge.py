"""What every request passes on its way in and out: limits, security headers, the duration histogram. Pure ASGI."""

import time
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ioc_api.instruments import Instruments
from ioc_api.paths import ALERTMANAGER, HOOKS
from ioc_api.problems import Problem, response

MAX_BODY = 64 << 10
MAX_BODY_OF: Mapping[str, int] = {f"{ALERTMANAGER}/alerts": 4 << 20}
"""Paths that machines send more to, at once, than people ever would."""
MAX_HOOK_BODY = 1 << 20
MAX_QUERY = 8 << 10
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Limits:
    """Refuses bodies and query strings that no request of ours needs; adds the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = _refused(scope)
        if refused is not None:
            await response(refused)(scope, receive, with_headers)
            return
        received, largest = 0, _largest(scope)

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > largest:
                raise HTTPException(413, f"A body has at most {largest} bytes.")
            return message

        await self._app(scope, limited, with_headers)


def _refused(scope: Scope) -> Problem | None:
    if len(scope["query_string"]) > MAX_QUERY:
        return Problem(414, f"A query string has at most {MAX_QUERY} bytes.")
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > _largest(scope)):
            return Problem(413, f"A body has at most {_largest(scope)} bytes.")
    return None


def _largest(scope: Scope) -> int:
    if scope["path"].startswith(f"{HOOKS}/"):
        return MAX_HOOK_BODY
    return MAX_BODY_OF.get(scope["path"], MAX_BODY)


class Timing:
    """Observes how long each answer takes, by the template of its route (never by its path)."""

    def __init__(self, app: ASGIApp, instruments: Instruments) -> None:
        self._app = app
        self._instruments = instruments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._instruments.requests.labels(method, route, str(status)).observe(time.perf_counter() - started)


_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})
