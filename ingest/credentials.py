"""Secrets of sources: made, hashed, recognised; and sessions signed with them. Pure but for random numbers."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct

SecretKind = Literal["token", "password"]
_SESSION_PREFIX = "s1"


class Credential(Struct, frozen=True):
    """One valid credential as the database holds it: never the secret itself."""

    id: int
    source: str
    kind: SecretKind
    username: str | None
    secret_hash: bytes
    session_key: bytes
    expires_at: datetime | None

    def valid_at(self, now: datetime) -> bool:
        """Whether it is not expired."""
        return self.expires_at is None or now < self.expires_at


def new_secret() -> str:
    """A new token or password: 256 random bits, in characters that every client and shell takes."""
    return secrets.token_urlsafe(32)


def new_session_key() -> bytes:
    """A new key that signs sessions."""
    return secrets.token_bytes(32)


def hash_secret(secret: str) -> bytes:
    """SHA-256; a slow hash would add nothing to 256 random bits, and every push is checked."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Keyring:
    """The credentials that are valid now; recognises a source by what it shows. Immutable."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        self.credentials = tuple(credentials)
        self._by_hash = {credential.secret_hash: credential for credential in self.credentials}
        self._by_id = {credential.id: credential for credential in self.credentials}

    def by_secret(self, secret: str, now: datetime) -> Credential | None:
        """The credential of a token (or of a password shown alone)."""
        found = self._by_hash.get(hash_secret(secret))
        return found if found is not None and found.valid_at(now) else None

    def by_password(self, username: str, password: str, now: datetime) -> Credential | None:
        """The credential of a user and password."""
        found = self.by_secret(password, now)
        if found is None or found.username is None:
            return None
        same = hmac.compare_digest(found.username.encode(), username.encode("utf-8", "surrogatepass"))
        return found if same else None

    def by_session(self, token: str, now: datetime) -> Credential | None:
        """The credential that opened a session, None when the session is expired, forged, or its credential gone."""
        prefix, _, rest = token.partition(".")
        body, _, signature = rest.rpartition(".")
        number, _, until = body.partition(".")
        if prefix != _SESSION_PREFIX or not (_is_number(number) and _is_number(until)):
            return None
        found = self._by_id.get(int(number))
        if found is None or not found.valid_at(now):
            return None
        if not hmac.compare_digest(_signature(found, body).encode(), signature.encode("utf-8", "surrogatepass")):
            return None
        return found if now < datetime.fromtimestamp(int(until), UTC) else None


def open_session(credential: Credential, now: datetime, *, seconds: float) -> str:
    """A session token: any process that knows the credential accepts it until it expires or is rotated away."""
    until = now + timedelta(seconds=seconds)
    body = f"{credential.id}.{int(until.timestamp())}"
    return f"{_SESSION_PREFIX}.{body}.{_signature(credential, body)}"


def _signature(credential: Credential, body: str) -> str:
    mac = hmac.digest(credential.session_key, f"{_SESSION_PREFIX}.{body}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 11
