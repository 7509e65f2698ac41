"""SQL of /units and /systems."""

from datetime import date
from typing import Any

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection

_UNITS = """
SELECT code, kind, name, short_name, parent, valid_from, valid_to, predecessors, latitude, longitude, national_id,
       (valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR valid_to >= $1) AS current
FROM units
"""

_TARGETS = """
SELECT target, kind, system, success AS up, changed_at, observed_at, duration_seconds, status_code,
       certificate_not_after, error
FROM probe_current
"""


class UnitFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks."""

    units: list[str] | None
    kind: str | None = None
    within: str | None = None
    current: bool | None = None


async def units(connection: Connection, asked: UnitFilter, today: date) -> list[dict[str, Any]]:
    """Return units by kind and code."""
    where = Conditions()
    where.values.append(today)
    where.optional("code = ANY({})", asked.units)
    where.optional("kind = {}", asked.kind)
    where.optional("code = ANY(units_within({}))", asked.within)
    rows = await connection.fetch(f"{_UNITS} {where.sql} ORDER BY kind DESC, code", *where.values)
    return [dict(row) for row in rows if asked.current in {None, row["current"]}]


async def systems(connection: Connection, scope: list[str] | None) -> list[dict[str, Any]]:
    """Return the systems whose owner is in scope, by code."""
    where = Conditions()
    where.optional("owner = ANY({})", scope)
    query = f"SELECT code, name, owner, security_level, contact, depends_on FROM systems {where.sql} ORDER BY code"
    return [dict(row) for row in await connection.fetch(query, *where.values)]


async def targets(connection: Connection, scope: list[str] | None) -> list[dict[str, Any]]:
    """Return the probed targets; with a scope those of its units."""
    where = Conditions()
    where.optional("unit = ANY({})", scope)
    return [dict(row) for row in await connection.fetch(f"{_TARGETS} {where.sql} ORDER BY target", *where.values)]
