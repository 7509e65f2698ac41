"""Overrides in the database: who stands in for whom, said by whom and why. Callers check names and permissions."""

from datetime import datetime

import asyncpg
from msgspec import Struct

from ioc_core.db.pool import Connection
from ioc_core.errors import InputError
from ioc_core.oncall.model import Override

_FIELDS = "id, rotation, person, starts_at, ends_at, reason, created_by, created_at, cancelled_by, cancelled_at"
_BETWEEN = f"""
SELECT {_FIELDS} FROM oncall_overrides
WHERE ends_at > $1 AND starts_at < $2 AND (cancelled_at IS NULL OR $3) ORDER BY id
"""
_CREATE = f"""
INSERT INTO oncall_overrides (rotation, person, starts_at, ends_at, reason, created_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_FIELDS}
"""
# What was served stays served: from now on the turns hold again.
_CANCEL = f"""
UPDATE oncall_overrides SET cancelled_by = $2, cancelled_at = $3::timestamptz
WHERE id = $1 AND cancelled_at IS NULL AND starts_at >= $3 RETURNING {_FIELDS}
"""
_CUT_SHORT = f"""
UPDATE oncall_overrides SET ends_at = $2 WHERE id = $1 AND cancelled_at IS NULL AND starts_at < $2 AND ends_at > $2
RETURNING {_FIELDS}
"""


class Entry(Struct, frozen=True, kw_only=True):
    """An override as it is kept. Instants are UTC-aware."""

    id: int
    rotation: str
    person: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    created_at: datetime
    cancelled_by: str | None
    cancelled_at: datetime | None

    @property
    def override(self) -> Override:
        """The part that says who is on call."""
        return Override(self.id, self.rotation, self.person, self.starts_at, self.ends_at)


async def between(connection: Connection, first: datetime, last: datetime, *, cancelled: bool = False) -> list[Entry]:
    """Return what holds at some instant of [`first`, `last`), the oldest first; on request also what was cancelled."""
    return [_entry(row) for row in await connection.fetch(_BETWEEN, first, last, cancelled)]


async def create(connection: Connection, override: Override, *, reason: str, created_by: str, now: datetime) -> Entry:
    """Keep a new override (its id is given here) and return it.

    Raises:
        InputError: `empty` (no reason), `order` (it ends before it begins), `past` (it is over).
    """
    if not reason.strip():
        raise InputError("empty", "whoever changes the rota says why")
    if override.ends_at <= override.starts_at:
        raise InputError("order", "it ends before it begins")
    if override.ends_at <= now:
        raise InputError("past", f"{override.ends_at.isoformat()} is over")
    values = (override.rotation, override.person, override.starts_at, override.ends_at)
    row = await connection.fetchrow(_CREATE, *values, reason, created_by, now)
    assert row is not None
    return _entry(row)


async def cancel(connection: Connection, override_id: int, *, cancelled_by: str, now: datetime) -> Entry:
    """Take an override back: one that runs ends now. Return it as it then is.

    Raises:
        InputError: `not_found`, or `over` (it has ended, or was taken back before).
    """
    row = await connection.fetchrow(_CANCEL, override_id, cancelled_by, now) or await connection.fetchrow(
        _CUT_SHORT, override_id, now
    )
    if row is not None:
        return _entry(row)
    known = await connection.fetchval("SELECT 1 FROM oncall_overrides WHERE id = $1", override_id)
    if known is None:
        raise InputError("not_found", f"override {override_id} does not exist")
    raise InputError("over", f"override {override_id} is over")


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(**dict(row))
