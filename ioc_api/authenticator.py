"""Finds who sends a request: by token, or by cookie together with proof that our own pages sent it."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from ioc_api.accounts import principals
from ioc_api.accounts.principals import Principal
from ioc_api.database import Database
from ioc_api.problems import Problem
from ioc_core.settings import Settings

COOKIE = "ioc_session"
CSRF_HEADER = "X-Requested-With"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST = 200


class Authenticator:
    """Answers who asks; knows which web origins are ours."""

    def __init__(self, settings: Settings, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._origins = frozenset(
            origin
            for address in (settings.wall_address, settings.api_address, settings.public_address)
            for origin in origins_of(address)
        )

    def origin_allowed(self, connection: HTTPConnection) -> bool:
        """Whether the page that sends this is ours; programs send no Origin."""
        origin = connection.headers.get("origin")
        if origin is None:
            return True
        if origin in self._origins:
            return True
        return urlsplit(origin).netloc == connection.headers.get("host") and origin != "null"

    def refuse_foreign(self, request: Request) -> None:
        """Refuse what changes something and comes from a page that isn't ours.

        Raises:
            Problem: 403.
        """
        if request.method not in _SAFE and not self.origin_allowed(request):
            raise Problem(403, f"Requests from {request.headers['origin']} aren't accepted.")

    async def of_request(self, request: Request) -> Principal | None:
        """Return who sends `request`; None without a valid credential.

        Raises:
            Problem: 403 when a cookie comes without the header that only our own pages can set.
        """
        token = bearer(request)
        if token is None:
            token = request.cookies.get(COOKIE)
            if token is not None and request.method not in _SAFE and CSRF_HEADER not in request.headers:
                raise Problem(403, f"A request with a cookie needs the header {CSRF_HEADER}.")
        if token is None or len(token) > _LONGEST:
            return None
        async with self._database.connection() as connection:
            return await principals.by_token(connection, token, now=self._now())


def bearer(connection: HTTPConnection) -> str | None:
    """Return the token of the Authorization header: bearer, or the password of basic (Grafana, amtool)."""
    scheme, _, said = connection.headers.get("authorization", "").partition(" ")
    token = _password(said) if scheme.lower() == "basic" else said.strip() if scheme.lower() == "bearer" else ""
    return token or None


def _password(encoded: str) -> str:
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[2]


def origins_of(address: str) -> tuple[str, ...]:
    """Return the origins of an address: this machine's loopback has two names."""
    origin = origin_of(address)
    return (origin, origin.replace("//127.0.0.1", "//localhost", 1)) if "//127.0.0.1" in origin else (origin,)


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address, as browsers write an Origin."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()
