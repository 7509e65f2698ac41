"""Silences: what people want nobody to be told of, for a while, once or again and again.

`active_at` is pure. `create`, `update` and `expire` are single transactions on one row that leave a mark for the alert
engine's leader; callers check permissions, write the audit log and publish `Changed` after commit.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from msgspec import Struct, field

from ioc_core import silence_times
from ioc_core.db.pool import Connection
from ioc_core.errors import InputError
from ioc_core.label_matchers import LabelMatcher, all_match, check, in_order

LONGEST = timedelta(days=366)
LONGEST_COMMENT = 2000
SILENCE, MAINTENANCE = "silence", "maintenance"
KINDS = (SILENCE, MAINTENANCE)

_COLUMNS = """id, kind, matchers, scope, starts_at, ends_at, recurrence, until, created_by, comment, created_at,
       updated_at, expired_at"""
_INSERT = f"""
INSERT INTO silences (kind, matchers, scope, starts_at, ends_at, recurrence, until, comment, over_at, created_by,
                      created_at, updated_at, stirred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $11) RETURNING {_COLUMNS}
"""
_UPDATE = f"""
UPDATE silences SET kind = $2, matchers = $3, scope = $4, starts_at = $5, ends_at = $6, recurrence = $7, until = $8,
                    comment = $9, over_at = $10, updated_at = $11, stirred_at = $11
WHERE id = $1 RETURNING {_COLUMNS}
"""
_EXPIRE = f"UPDATE silences SET expired_at = $2, updated_at = $2, stirred_at = $2 WHERE id = $1 RETURNING {_COLUMNS}"
_LOCK = f"SELECT {_COLUMNS} FROM silences WHERE id = $1 FOR NO KEY UPDATE"
_RUNNING = f"""
SELECT {_COLUMNS}, CASE WHEN scope IS NOT NULL THEN units_within(scope) END AS units FROM silences
WHERE expired_at IS NULL AND (over_at IS NULL OR over_at > $1) ORDER BY created_at, id
"""


class Wanted(Struct, frozen=True, kw_only=True):
    """A silence as somebody asks for it. Instants are aware; `scope`: only alerts of this unit and those below."""

    matchers: tuple[LabelMatcher, ...]
    starts_at: datetime
    ends_at: datetime
    comment: str
    kind: str = SILENCE
    recurrence: str | None = None
    until: datetime | None = None
    scope: str | None = None


class Silence(Wanted, frozen=True, kw_only=True):
    """A silence as it is kept. `units`: the codes of its scope, read with it; None: no scope, or not read."""

    id: UUID
    created_by: str
    created_at: datetime
    updated_at: datetime
    expired_at: datetime | None = None
    units: frozenset[str] | None = None
    cheap_first: tuple[LabelMatcher, ...] = field(default=())

    def covers(self, labels: Mapping[str, str], unit: str) -> bool:
        """Return whether it means an alert with these labels (those of `routing_labels`) of this unit, whenever."""
        if self.scope is not None and (self.units is None or unit not in self.units):
            return False
        return all_match(self.cheap_first or self.matchers, labels)


def active_at(silence: Wanted, at: datetime, zone: ZoneInfo) -> tuple[bool, datetime | None]:
    """Return whether the silence is on at `at`, and when that changes by itself: None: never.

    `zone` is the province's: a recurring silence begins by the clock on its walls.
    """
    expired_at = silence.expired_at if isinstance(silence, Silence) else None
    if expired_at is not None and expired_at <= at:
        return False, None
    length = silence.ends_at - silence.starts_at
    begins = (
        (silence.starts_at,)
        if silence.recurrence is None
        else silence_times.starts(silence.recurrence, silence.starts_at, silence.until, zone)
    )
    active, changes_at = silence_times.span_at(begins, length, at)
    if expired_at is not None and changes_at is not None and changes_at >= expired_at:
        return (True, expired_at) if active else (False, None)
    return active, changes_at


def over_at(silence: Wanted, zone: ZoneInfo) -> datetime:
    """Return when the last occurrence ends."""
    if silence.recurrence is None:
        return silence.ends_at
    begins = silence_times.starts(silence.recurrence, silence.starts_at, silence.until, zone)
    return begins[-1] + (silence.ends_at - silence.starts_at)


def checked(wanted: Wanted, *, now: datetime, zone: ZoneInfo) -> Wanted:
    """Return a silence as it may be kept.

    Raises:
        InputError: `kind`, `matchers`, `comment`, `order` (it ends before it starts), `past` (it would be over), `far`
            (longer, or further away, than a year), `recurrence`, `until`; the message says why.
    """
    if wanted.kind not in KINDS:
        raise InputError("kind", f"must be {' or '.join(KINDS)}")
    check(wanted.matchers)
    wanted = msgspec.structs.replace(wanted, comment=wanted.comment.strip())
    if not wanted.comment:
        raise InputError("comment", "a silence says why")
    if len(wanted.comment) > LONGEST_COMMENT:
        raise InputError("comment", f"is longer than {LONGEST_COMMENT} characters")
    if wanted.ends_at <= wanted.starts_at:
        raise InputError("order", "ends_at must be after starts_at")
    if wanted.ends_at - wanted.starts_at > LONGEST or wanted.starts_at - now > LONGEST:
        raise InputError("far", f"a silence starts and lasts within {LONGEST.days} days")
    if wanted.recurrence is None:
        if wanted.until is not None:
            raise InputError("until", "only a silence with a recurrence has an until")
    else:
        wanted = _recurring(wanted)
    if over_at(wanted, zone) <= now:
        raise InputError("past", "a silence must end in the future")
    return wanted


def _recurring(wanted: Wanted) -> Wanted:
    assert wanted.recurrence is not None
    if wanted.until is not None and not wanted.starts_at < wanted.until <= wanted.starts_at + LONGEST_SERIES:
        raise InputError("until", f"must be after starts_at, at most {LONGEST_SERIES.days} days")
    return msgspec.structs.replace(
        wanted,
        recurrence=silence_times.normal_recurrence(wanted.recurrence),
        starts_at=wanted.starts_at.replace(microsecond=0),
        ends_at=wanted.ends_at.replace(microsecond=0) + timedelta(seconds=wanted.ends_at.microsecond > 0),
    )


LONGEST_SERIES = silence_times.LONGEST_SERIES


async def create(connection: Connection, wanted: Wanted, *, actor: str, now: datetime, zone: ZoneInfo) -> Silence:
    """Keep a new silence. Raises: InputError, as `checked`."""
    row = await connection.fetchrow(_INSERT, *_values(checked(wanted, now=now, zone=zone), zone), actor, now)
    assert row is not None
    return silence_of(row)


async def update(
    connection: Connection, silence_id: UUID, wanted: Wanted, *, now: datetime, zone: ZoneInfo
) -> Silence | None:
    """Change a silence, all but its scope; None: it is so already.

    Raises:
        InputError: `not_found`, `over` (what is over is made anew, not changed), or as `checked`.
    """
    async with connection.transaction():
        known = await _still_running(connection, silence_id, now, zone)
        new = msgspec.structs.replace(checked(wanted, now=now, zone=zone), scope=known.scope)
        if all(getattr(known, name) == getattr(new, name) for name in Wanted.__struct_fields__):
            return None
        row = await connection.fetchrow(_UPDATE, silence_id, *_values(new, zone), now)
    assert row is not None
    return silence_of(row)


async def expire(connection: Connection, silence_id: UUID, *, now: datetime, zone: ZoneInfo) -> Silence:
    """End a silence now. Raises: InputError: `not_found`, `over`."""
    async with connection.transaction():
        await _still_running(connection, silence_id, now, zone)
        row = await connection.fetchrow(_EXPIRE, silence_id, now)
    assert row is not None
    return silence_of(row)


async def running(connection: Connection, now: datetime) -> list[Silence]:
    """Return the silences that are on, or will be, with the units of their scopes; the oldest first."""
    return [silence_of(row) for row in await connection.fetch(_RUNNING, now)]


def silence_of(row: asyncpg.Record | Mapping[str, Any]) -> Silence:
    """Return the silence of a row of `silences`; `units` if it was read."""
    given = dict(row)
    matchers = msgspec.convert(given.pop("matchers"), tuple[LabelMatcher, ...])
    units = given.pop("units", None)
    known = {name: given[name] for name in Silence.__struct_fields__ if name in given}
    return Silence(
        **known,
        matchers=matchers,
        cheap_first=in_order(matchers),
        units=None if units is None else frozenset(units),
    )


async def _still_running(connection: Connection, silence_id: UUID, now: datetime, zone: ZoneInfo) -> Silence:
    row = await connection.fetchrow(_LOCK, silence_id)
    if row is None:
        raise InputError("not_found", f"There is no silence {silence_id}.")
    silence = silence_of(row)
    if active_at(silence, now, zone) == (False, None):
        raise InputError("over", f"The silence {silence_id} is over.")
    return silence


def _values(wanted: Wanted, zone: ZoneInfo) -> Sequence[object]:
    matchers = msgspec.to_builtins(wanted.matchers)
    return (
        *(wanted.kind, list(matchers), wanted.scope, wanted.starts_at, wanted.ends_at, wanted.recurrence),
        *(wanted.until, wanted.comment, over_at(wanted, zone)),
    )
