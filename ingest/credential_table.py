"""The table source_credentials: what is valid, and issuing and rotating."""

from datetime import datetime, timedelta

from ingest.credentials import Credential, SecretKind, hash_secret, new_secret, new_session_key
from ioc_core.db import Connection

_VALID = """
SELECT id, source, kind, username, secret_hash, session_key, expires_at FROM source_credentials
WHERE expires_at IS NULL OR expires_at > now() ORDER BY id
"""
_EXPIRE = """
UPDATE source_credentials SET expires_at = least(coalesce(expires_at, 'infinity'), $2::timestamptz)
WHERE source = $1 AND id <> $3
"""
_FORGET = "DELETE FROM source_credentials WHERE expires_at < now() - interval '30 days'"
_INSERT = """
INSERT INTO source_credentials (source, kind, username, secret_hash, session_key) VALUES ($1, $2, $3, $4, $5)
RETURNING id
"""


async def valid_credentials(connection: Connection) -> list[Credential]:
    """Every credential that is valid now."""
    return [Credential(**dict(row)) for row in await connection.fetch(_VALID, timeout=5.0)]


async def issue(
    connection: Connection, source: str, kind: SecretKind, username: str | None, *, old_until: datetime
) -> str:
    """Issue a new credential and return its secret; those it had before are valid until `old_until`."""
    secret = new_secret()
    async with connection.transaction():
        new = await connection.fetchval(_INSERT, source, kind, username, hash_secret(secret), new_session_key())
        await connection.execute(_EXPIRE, source, old_until, new)
        await connection.execute(_FORGET)
    return secret


async def valid_until(connection: Connection, grace: timedelta) -> datetime:
    """`grace` from now by the database's clock."""
    until: datetime = await connection.fetchval("SELECT now() + $1::interval", grace)
    return until
