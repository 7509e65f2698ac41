"""Who pushes: the source behind a token, a user and password, or a session."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from starlette.requests import Request

from ingest.credential_store import CredentialStore
from ingest.credentials import Credential, Keyring
from ingest.push.rate import Strangers
from ingest.push.refusal import Refusal
from ingest.source_entries import PushEntry
from ingest.sources import Sources

PushT = TypeVar("PushT", bound=PushEntry)
_RETRY = 3.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client showed: a secret (token, password or session), and a user name if it gave one."""

    secret: str
    username: str | None = None

    def find(self, keyring: Keyring, now: datetime) -> Credential | None:
        """The credential that it belongs to."""
        if self.username is not None:
            return keyring.by_password(self.username, self.secret, now)
        return keyring.by_session(self.secret, now) or keyring.by_secret(self.secret, now)


def shown_in_headers(request: Request) -> Shown | None:
    """The credential in `Authorization` (Bearer, Basic) or `X-API-Key`; None when there is none."""
    key = request.headers.get("x-api-key")
    if key:
        return Shown(key.strip())
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Shown(value.strip())
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Shown(password, user) if colon else None


class SignIn:
    """Recognises sources. `sources` are all that there are; a credential of one that is gone is worth nothing."""

    def __init__(self, store: CredentialStore, sources: Sources, strangers: Strangers) -> None:
        self._store = store
        self._sources = sources
        self._strangers = strangers

    async def source(self, request: Request, shown: Shown | None, kind: type[PushT]) -> tuple[PushT, Credential]:
        """The source of one kind that `shown` belongs to.

        Raises:
            Refusal: 401 nobody's, 429 too many wrong ones from this address, 503 credentials were never read.
        """
        credential = None if shown is None else await self._credential(request, shown)
        source = None if credential is None else self._sources.by_name.get(credential.source)
        if credential is None or not isinstance(source, kind):
            self._strangers.failed(_address(request), asyncio.get_running_loop().time())
            raise Refusal(401, "unauthorized", "no valid credential was shown")
        return source, credential

    async def _credential(self, request: Request, shown: Shown) -> Credential | None:
        found = self._find(shown.find)
        if found is not None:
            return found
        wait = self._strangers.wait(_address(request), asyncio.get_running_loop().time())
        if wait > 0:
            raise Refusal(429, "too_many_failures", "too many wrong credentials", retry_after=wait)
        await self._store.refresh()  # it may have been issued a moment ago
        if self._store.keyring is None:
            raise Refusal(503, "credentials_unknown", "the credentials can't be read now", retry_after=_RETRY)
        return self._find(shown.find)

    def _find(self, find: Callable[[Keyring, datetime], Credential | None]) -> Credential | None:
        keyring = self._store.keyring
        return None if keyring is None else find(keyring, datetime.now(UTC))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
