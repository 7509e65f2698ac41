"""Making and ending accounts and tokens: what `ioc user` and `ioc token` do."""

import itertools
import os
import pwd
import re
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from ioc_api.accounts import audit
from ioc_api.accounts.passwords import Passwords, check_new
from ioc_api.accounts.principals import by_token
from ioc_api.accounts.roles import PEOPLE, Role
from ioc_api.accounts.secrets import TokenKind, new_password, new_token, token_hash
from ioc_api.accounts.sessions import INITIAL_PASSWORD_FILE, forget_initial_password, set_password
from ioc_core.db import Connection
from ioc_core.errors import InputError

FIRST_ADMINISTRATOR = "admin"
KIOSK_TOKEN_FILE = "kiosk-token"  # noqa: S105 - a file's name
KIOSK_TOKEN_NAME = "wall"  # noqa: S105 - a token's name
_LOCK = 0x10C_0021
_USER_NAME = re.compile(r"[a-z][a-z0-9._-]{1,62}")
_RESERVED = frozenset({"engine"})
"""What the alert engine signs with."""
_TOKEN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class User(Struct, frozen=True, kw_only=True):
    """An account of a person."""

    name: str
    full_name: str
    role: Role
    scope: str | None
    created_at: datetime
    password_changed_at: datetime
    disabled_at: datetime | None


class Token(Struct, frozen=True, kw_only=True):
    """A token of a machine or screen, without its secret."""

    name: str
    role: Role
    scope: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def operator() -> str:
    """Return how the audit log calls whoever runs the command: the account of the operating system."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"cli:{os.getuid()}"


class Register:
    """Changes accounts and tokens over one connection; each change is one transaction with its audit row."""

    def __init__(self, connection: Connection, passwords: Passwords, *, actor: str, data_dir: Path) -> None:
        self._connection = connection
        self._passwords = passwords
        self._actor = actor
        self._data_dir = data_dir

    async def bootstrap(self, *, now: datetime) -> list[Path]:
        """Create the first administrator when there is no user, and the wall's kiosk token when there is none.

        Secrets go to files of mode 0600 in the data directory, whose paths are returned. Safe to run again.
        """
        written: list[Path] = []
        async with self._connection.transaction():
            await self._connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if await self._connection.fetchval("SELECT 1 FROM users LIMIT 1") is None:
                password = new_password()
                await self.create_user(
                    FIRST_ADMINISTRATOR, password, role=Role.ADMIN, scope=None, full_name="", now=now
                )
                written.append(_write_secret(self._data_dir / INITIAL_PASSWORD_FILE, password))
            if not await self._kiosk_token_holds(now):
                name = await self._free_token_name(KIOSK_TOKEN_NAME)
                token = await self.create_token(name, role=Role.KIOSK, scope=None, expires_at=None, now=now)
                written.append(_write_secret(self._data_dir / KIOSK_TOKEN_FILE, token))
        return written

    async def create_user(
        self, name: str, password: str, *, role: Role, scope: str | None, full_name: str, now: datetime
    ) -> None:
        """Create an account.

        Raises:
            InputError: the name is taken or malformed, the password too easy, the role a machine's, the unit unknown.
        """
        if role not in PEOPLE:
            raise InputError("role", f"{role} is for machines and screens: make a token with `ioc token create`")
        if name in _RESERVED:
            raise InputError("name", f"the name {name} is taken by the centre itself")
        if _USER_NAME.fullmatch(name) is None:
            raise InputError("name", f"a user's name is lower-case letters, digits, '.', '_' and '-', got {name!r}")
        check_new(password, name=name)
        await self._check_scope(scope)
        async with self._connection.transaction():
            if await self._connection.fetchval("SELECT 1 FROM users WHERE name = $1", name):
                raise InputError("taken", f"there is a user {name} already")
            await self._connection.execute(
                "INSERT INTO users (name, full_name, role, scope, password_hash, password_changed_at, created_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $6)",
                name,
                full_name,
                role.value,
                scope,
                self._passwords.hash(password),
                now,
            )
            await self._audit("user.create", name, {"role": role.value, "scope": scope}, now)

    async def set_password(self, name: str, password: str, *, now: datetime) -> None:
        """Give a user another password and end all of the user's sessions.

        Raises:
            InputError: no such user, or the password is too easy.
        """
        check_new(password, name=name)
        async with self._connection.transaction():
            await self._check_user(name)
            hashed = self._passwords.hash(password)
            await set_password(self._connection, name=name, hashed=hashed, keep=None, now=now)
            await self._audit("user.password", name, {}, now)
        forget_initial_password(self._data_dir, name)

    async def disable_user(self, name: str, *, now: datetime) -> None:
        """Lock a user out, at once and for good.

        Raises:
            InputError: no such user.
        """
        async with self._connection.transaction():
            await self._check_user(name)
            user_id = await self._connection.fetchval(
                "UPDATE users SET disabled_at = coalesce(disabled_at, $2) WHERE name = $1 RETURNING id", name, now
            )
            await self._connection.execute("DELETE FROM sessions WHERE user_id = $1", user_id)
            await self._audit("user.disable", name, {}, now)

    async def users(self) -> list[User]:
        """Return every account, by name."""
        rows = await self._connection.fetch(
            "SELECT name, full_name, role, scope, created_at, password_changed_at, disabled_at"
            " FROM users ORDER BY name"
        )
        return [User(**{**dict(row), "role": Role(row["role"])}) for row in rows]

    async def create_token(
        self, name: str, *, role: Role, scope: str | None, expires_at: datetime | None, now: datetime
    ) -> str:
        """Return a new token; it can't be read again later.

        Raises:
            InputError: a live token has this name, the name is malformed, or the unit is unknown.
        """
        if _TOKEN_NAME.fullmatch(name) is None:
            raise InputError("name", f"a token's name is lower-case letters, digits, '.', '_' and '-', got {name!r}")
        await self._check_scope(scope)
        token = new_token(TokenKind.TOKEN)
        async with self._connection.transaction():
            if await self._connection.fetchval("SELECT 1 FROM tokens WHERE name = $1 AND revoked_at IS NULL", name):
                raise InputError("taken", f"there is a token {name} already: revoke it first")
            await self._connection.execute(
                "INSERT INTO tokens (name, token_hash, role, scope, created_by, created_at, expires_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                name,
                token_hash(token),
                role.value,
                scope,
                self._actor,
                now,
                expires_at,
            )
            await self._audit("token.create", name, {"role": role.value, "scope": scope}, now)
        return token

    async def revoke_token(self, name: str, *, now: datetime) -> None:
        """End a token; whoever uses it on the feed is cut within a minute.

        Raises:
            InputError: no live token has this name.
        """
        async with self._connection.transaction():
            done = await self._connection.fetchval(
                "UPDATE tokens SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL RETURNING id", name, now
            )
            if done is None:
                raise InputError("unknown", f"there is no live token {name}")
            await self._audit("token.revoke", name, {}, now)

    async def tokens(self) -> list[Token]:
        """Return every token, the live ones first."""
        rows = await self._connection.fetch(
            "SELECT name, role, scope, created_by, created_at, expires_at, revoked_at FROM tokens"
            " ORDER BY revoked_at IS NOT NULL, name, created_at"
        )
        return [Token(**{**dict(row), "role": Role(row["role"])}) for row in rows]

    async def verify_audit(self, expected: tuple[int, str] | None) -> audit.Verdict:
        """Check the audit log; see `audit.verify`."""
        return await audit.verify(self._connection, expected=expected)

    async def _kiosk_token_holds(self, now: datetime) -> bool:
        try:
            token = (self._data_dir / KIOSK_TOKEN_FILE).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return False
        return await by_token(self._connection, token, now=now) is not None

    async def _free_token_name(self, wanted: str) -> str:
        rows = await self._connection.fetch("SELECT name FROM tokens WHERE revoked_at IS NULL")
        taken = {row["name"] for row in rows}
        names = itertools.chain((wanted,), (f"{wanted}-{number}" for number in itertools.count(2)))
        return next(name for name in names if name not in taken)

    async def _check_user(self, name: str) -> None:
        if await self._connection.fetchval("SELECT 1 FROM users WHERE name = $1", name) is None:
            raise InputError("unknown", f"there is no user {name}")

    async def _check_scope(self, scope: str | None) -> None:
        if scope is not None and await self._connection.fetchval("SELECT 1 FROM units WHERE code = $1", scope) is None:
            raise InputError("scope", f"there is no unit {scope}")

    async def _audit(self, action: str, target: str, details: dict[str, str | None], now: datetime) -> None:
        await audit.append(self._connection, audit.Entry(self._actor, action, target, dict(details)), now=now)


def _write_secret(path: Path, secret: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(secret + "\n")
    return path
