"""Signing in and out, feed tickets, changing one's password."""

from datetime import datetime, timedelta
from pathlib import Path

import structlog
from msgspec import Struct

from ioc_api.accounts import audit, throttle
from ioc_api.accounts.passwords import Passwords, check_new
from ioc_api.accounts.principals import Principal, by_token
from ioc_api.accounts.secrets import TokenKind, new_token, token_hash
from ioc_api.database import Database
from ioc_core.db import Connection
from ioc_core.errors import InputError

TICKET_LIFETIME = timedelta(seconds=60)
INITIAL_PASSWORD_FILE = "initial-admin-password"  # noqa: S105 - a file's name
_MOST_SESSIONS = 20
log = structlog.get_logger(__name__)


class ThrottledError(InputError):
    """Too many attempts; `seconds` says when to come again."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__("throttled", f"too many attempts to sign in; try again in {seconds:.0f} s")


class Session(Struct, frozen=True):
    """A new session; `token` is shown this once."""

    token: str
    principal: Principal


_TRIM = """
DELETE FROM sessions WHERE user_id = $1 AND token_hash NOT IN (
    SELECT token_hash FROM sessions WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2)
"""


class Sessions:
    """Signs people in and out."""

    def __init__(self, database: Database, passwords: Passwords, *, lifetime: timedelta, data_dir: Path) -> None:
        self._database = database
        self._passwords = passwords
        self._lifetime = lifetime
        self._data_dir = data_dir

    async def sign_in(self, name: str, password: str, *, address: str, now: datetime) -> Session | None:
        """Return a new session; None when name and password don't belong together, or the user is disabled.

        Takes the same time and work for names that don't exist.

        Raises:
            ThrottledError: too many attempts. PasswordsBusyError: too many at this moment.
        """
        async with self._database.connection() as connection:
            wait = await throttle.attempt(connection, user=name, address=address, now=now)
            if wait > 0:
                raise ThrottledError(wait)
            row = await connection.fetchrow(
                "SELECT id, password_hash FROM users WHERE name = $1 AND disabled_at IS NULL", name
            )
        stored: str | None = None if row is None else row["password_hash"]
        if not await self._passwords.verify(stored, password) or row is None:
            return None
        token = new_token(TokenKind.SESSION)
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO sessions (token_hash, user_id, created_at, expires_at, address)"
                " VALUES ($1, $2, $3, $4, $5)",
                token_hash(token),
                row["id"],
                now,
                now + self._lifetime,
                address,
            )
            await connection.execute(_TRIM, row["id"], _MOST_SESSIONS)
            await throttle.forgive(connection, user=name)
            await audit.append(
                connection, audit.Entry(f"user:{name}", "session.create", name, address=address), now=now
            )
            principal = await by_token(connection, token, now=now)
        return None if principal is None else Session(token, principal)

    async def sign_out(self, principal: Principal, *, address: str, now: datetime) -> None:
        """End the session that `principal` was let in by; a token is left as it is."""
        if principal.credential.kind is not TokenKind.SESSION:
            return
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("DELETE FROM sessions WHERE token_hash = $1", principal.credential.hash)
            entry = audit.Entry(principal.actor, "session.delete", principal.name, address=address)
            await audit.append(connection, entry, now=now)

    async def change_password(
        self, principal: Principal, *, current: str, new: str, address: str, now: datetime
    ) -> bool:
        """Change one's own password and end one's other sessions; False when `current` is wrong.

        Raises:
            InputError: the new password is too easy (`password`). ThrottledError: too many attempts.
        """
        check_new(new, name=principal.name)
        async with self._database.connection() as connection:
            wait = await throttle.attempt(connection, user=principal.name, address=address, now=now)
            if wait > 0:
                raise ThrottledError(wait)
            stored = await connection.fetchval("SELECT password_hash FROM users WHERE id = $1", principal.user_id)
        if not await self._passwords.verify(stored, current):
            return False
        hashed = await self._passwords.hash_apart(new)
        async with self._database.connection() as connection, connection.transaction():
            await set_password(connection, name=principal.name, hashed=hashed, keep=principal.credential.hash, now=now)
            await throttle.forgive(connection, user=principal.name)
            entry = audit.Entry(principal.actor, "user.password", principal.name, address=address)
            await audit.append(connection, entry, now=now)
        forget_initial_password(self._data_dir, principal.name)
        return True

    async def feed_ticket(self, principal: Principal, *, now: datetime) -> tuple[str, datetime]:
        """Return a ticket that admits to the feed once, and until when."""
        ticket = new_token(TokenKind.TICKET)
        expires_at = now + TICKET_LIFETIME
        session = principal.credential.kind is TokenKind.SESSION
        async with self._database.connection() as connection:
            await connection.execute(
                "INSERT INTO feed_tickets (ticket_hash, session_hash, token_id, expires_at)"
                " VALUES ($1, $2, (SELECT id FROM tokens WHERE token_hash = $3), $4)",
                token_hash(ticket),
                principal.credential.hash if session else None,
                None if session else principal.credential.hash,
                expires_at,
            )
        return ticket, expires_at


async def set_password(connection: Connection, *, name: str, hashed: str, keep: bytes | None, now: datetime) -> None:
    """Store a new password hash and end the user's sessions but `keep`."""
    user_id = await connection.fetchval(
        "UPDATE users SET password_hash = $2, password_changed_at = $3 WHERE name = $1 RETURNING id", name, hashed, now
    )
    await connection.execute(
        "DELETE FROM sessions WHERE user_id = $1 AND token_hash IS DISTINCT FROM $2", user_id, keep
    )


def forget_initial_password(data_dir: Path, name: str) -> None:
    """Remove the file with the first administrator's password once that password is no longer valid."""
    path = data_dir / INITIAL_PASSWORD_FILE
    if name != "admin":
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("initial_password_not_removed", path=str(path), error=error.strerror)


async def sweep(connection: Connection, *, now: datetime) -> None:
    """Delete what has expired: sessions, tickets, forgotten attempts."""
    await connection.execute("DELETE FROM sessions WHERE expires_at < $1", now)
    await connection.execute("DELETE FROM feed_tickets WHERE expires_at < $1", now)
    await connection.execute("DELETE FROM sign_in_attempts WHERE at < $1", now - throttle.FORGET_AFTER)
