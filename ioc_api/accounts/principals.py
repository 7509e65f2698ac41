"""Who asks: looked up by a session's, token's or ticket's hash."""

from datetime import datetime

from msgspec import Struct

from ioc_api.accounts.roles import GRANTS, Permission, Role
from ioc_api.accounts.secrets import TokenKind, kind_of, token_hash
from ioc_core.db import Connection


class Credential(Struct, frozen=True):
    """What somebody was let in by, for asking again later whether it still holds."""

    kind: TokenKind  # SESSION or TOKEN
    hash: bytes


class Principal(Struct, frozen=True, kw_only=True):
    """A person, machine or screen that has proved who it is.

    `units`: the codes that it may see, None when all. `user_id` is set for people only.
    """

    name: str
    role: Role
    scope: str | None
    units: frozenset[str] | None
    credential: Credential
    user_id: int | None = None
    full_name: str = ""
    expires_at: datetime | None = None

    @property
    def actor(self) -> str:
        """How the audit log calls it."""
        return f"user:{self.name}" if self.user_id is not None else f"token:{self.name}"

    @property
    def signature(self) -> str:
        """How the history of an alert calls it: a person by name, a machine so that it can't pass for a person."""
        return self.name if self.user_id is not None else self.actor

    @property
    def scope_units(self) -> list[str] | None:
        """The codes that it may see, as a parameter of SQL; None when all."""
        return None if self.units is None else sorted(self.units)

    def may(self, permission: Permission) -> bool:
        """Whether it has `permission`; a machine has no password to change."""
        if permission is Permission.OWN_PASSWORD and self.user_id is None:
            return False
        return permission in GRANTS[self.role]


_BY_SESSION = """
SELECT u.id AS user_id, u.name, u.full_name, u.role, u.scope, s.expires_at, s.token_hash,
       CASE WHEN u.scope IS NOT NULL THEN units_within(u.scope) END AS units
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.disabled_at IS NULL
"""

_OF_CREDENTIAL = """
SELECT NULL::bigint AS user_id, t.name, '' AS full_name, t.role, t.scope, t.expires_at, t.token_hash,
       CASE WHEN t.scope IS NOT NULL THEN units_within(t.scope) END AS units
FROM tokens t
WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
"""

_USE_TICKET = """
DELETE FROM feed_tickets WHERE ticket_hash = $1 AND expires_at > $2
RETURNING session_hash, (SELECT token_hash FROM tokens WHERE id = token_id) AS token_hash
"""

_VALID = """
SELECT s.token_hash FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = ANY($1) AND s.expires_at > $2 AND u.disabled_at IS NULL
UNION ALL
SELECT t.token_hash FROM tokens t
WHERE t.token_hash = ANY($1) AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
"""


async def by_token(connection: Connection, token: str, *, now: datetime) -> Principal | None:
    """Return whose session or token this is; None when it is unknown, expired, revoked or disabled."""
    kind = kind_of(token)
    if kind is TokenKind.SESSION or kind is TokenKind.TOKEN:
        return await _by_hash(connection, Credential(kind, token_hash(token)), now=now)
    return None


async def by_ticket(connection: Connection, ticket: str, *, now: datetime) -> Principal | None:
    """Return whom a feed ticket was issued to, and use the ticket up; None when it doesn't hold."""
    row = await connection.fetchrow(_USE_TICKET, token_hash(ticket), now)
    if row is None:
        return None
    if row["session_hash"] is not None:
        return await _by_hash(connection, Credential(TokenKind.SESSION, row["session_hash"]), now=now)
    return await _by_hash(connection, Credential(TokenKind.TOKEN, row["token_hash"]), now=now)


async def still_valid(connection: Connection, hashes: list[bytes], *, now: datetime) -> set[bytes]:
    """Return which of these sessions and tokens still hold."""
    return {row["token_hash"] for row in await connection.fetch(_VALID, hashes, now)}


async def _by_hash(connection: Connection, credential: Credential, *, now: datetime) -> Principal | None:
    query = _BY_SESSION if credential.kind is TokenKind.SESSION else _OF_CREDENTIAL
    row = await connection.fetchrow(query, credential.hash, now)
    if row is None:
        return None
    return Principal(
        name=row["name"],
        role=Role(row["role"]),
        scope=row["scope"],
        units=None if row["units"] is None else frozenset(row["units"]),
        credential=credential,
        user_id=row["user_id"],
        full_name=row["full_name"],
        expires_at=row["expires_at"],
    )
