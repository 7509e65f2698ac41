"""Tokens of a Zalo Official Account: kept in the database, refreshed by one process at a time.

Source: "Official Account API", page "Xác thực và ủy quyền" (OAuth v4, grant `refresh_token`): an access token lives 25
hours; a refresh token lives three months, is good for one use, and each refresh gives the next one.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import asyncpg
from msgspec import Struct

from alerts.channels.http import Answer, Http
from alerts.channels.outcome import Permanent, Temporary

Open = Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]
_EARLY = timedelta(minutes=5)
_FORM = "application/x-www-form-urlencoded"

_BEGIN = """
INSERT INTO zalo_tokens (app_id, seed, refresh_token) VALUES ($1, $2, $3)
ON CONFLICT (app_id) DO UPDATE SET seed = $2, refresh_token = $3, access_token = NULL, access_until = NULL
WHERE zalo_tokens.seed <> $2
"""
_LOCK = "SELECT refresh_token, access_token, access_until FROM zalo_tokens WHERE app_id = $1 FOR UPDATE"
_SAVE = """
UPDATE zalo_tokens SET access_token = $2, access_until = $3, refresh_token = $4, refreshed_at = $5 WHERE app_id = $1
"""


class Account(Struct, frozen=True):
    """The application that may write for the Official Account; `seed` is the refresh token that an operator got."""

    app_id: str
    secret_key: str
    seed: str
    url: str  # where tokens are refreshed


class Tokens(Struct, frozen=True):
    """What a refresh gave."""

    access: str
    until: datetime
    refresh: str


class TokenStore:
    """The access token of one account, for all processes."""

    def __init__(self, account: Account, http: Http, database: Open | None) -> None:
        self._account = account
        self._http = http
        self._open = database
        self._known: Tokens | None = None
        self._unsaved: Tokens | None = None

    async def access(self, *, refused: str | None = None) -> str | Temporary | Permanent:
        """Return an access token other than `refused`, or why there is none.

        Whoever refreshes holds the row's lock from reading the refresh token until the next one is stored, so no
        token is used twice. What could not be stored is stored before anything else is done.
        """
        now = self._http.clock()
        if self._known is not None and self._known.access != refused and now < self._known.until - _EARLY:
            return self._known.access
        if self._open is None:
            return Temporary("the tokens are in the database, which isn't configured here")
        try:
            connection = await self._open()
            try:
                return await self._current(connection, refused, now)
            finally:
                await connection.close()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return Temporary(f"the tokens' database: {type(error).__name__}")

    async def _current(
        self, connection: "asyncpg.Connection[asyncpg.Record]", refused: str | None, now: datetime
    ) -> str | Temporary | Permanent:
        account = self._account
        async with connection.transaction():
            seed = hashlib.sha256(account.seed.encode()).digest()
            await connection.execute(_BEGIN, account.app_id, seed, account.seed)
            row = await connection.fetchrow(_LOCK, account.app_id)
            assert row is not None
            known = self._unsaved
            if known is None and row["access_token"] is not None:
                known = Tokens(row["access_token"], row["access_until"], row["refresh_token"])
            if known is None or known.access == refused or now >= known.until - _EARLY:
                fresh = await self._refreshed(row["refresh_token"] if known is None else known.refresh, now)
                if not isinstance(fresh, Tokens):
                    return fresh
                known = self._unsaved = fresh
            await connection.execute(_SAVE, account.app_id, known.access, known.until, known.refresh, now)
        self._known, self._unsaved = known, None
        return known.access

    async def _refreshed(self, refresh_token: str, now: datetime) -> Tokens | Temporary | Permanent:
        account = self._account
        form = {"app_id": account.app_id, "refresh_token": refresh_token, "grant_type": "refresh_token"}
        headers = {"secret_key": account.secret_key, "content-type": _FORM}
        answer = await self._http.ask("POST", account.url, headers=headers, content=urlencode(form))
        if isinstance(answer, Temporary):
            return answer
        return read(answer, now)


def read(answer: Answer, now: datetime) -> Tokens | Temporary | Permanent:
    """Return the tokens in the answer to a refresh; a refusal is final: an operator must authorise anew."""
    said = answer.json()
    access, refresh, lasts = said.get("access_token"), said.get("refresh_token"), str(said.get("expires_in", ""))
    if isinstance(access, str) and isinstance(refresh, str) and lasts.isdigit():
        return Tokens(access, now + timedelta(seconds=int(lasts)), refresh)
    reason = f"HTTP {answer.status}: error {said.get('error')} {said.get('error_name', '')}".rstrip()
    if answer.status == 429 or answer.status >= 500 or "error" not in said:
        return Temporary(f"refreshing the token: {reason}", answer.retry_after)
    return Permanent(f"the refresh token was refused ({reason}): authorise the application anew")
