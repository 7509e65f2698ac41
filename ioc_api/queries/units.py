"""SQL of /units and /systems."""

from datetime import date
from typing import Any

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection

_CURRENT = "(valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR valid_to >= $1) AS current"
_UNITS = f"""
SELECT code, kind, name, short_name, parent, valid_from, valid_to, predecessors, latitude, longitude, national_id,
       ARRAY(SELECT s.code FROM units s WHERE units.code = ANY(s.predecessors) ORDER BY s.code) AS successors,
       {_CURRENT}
FROM units
"""

_REFERENCES = f"SELECT code, kind, name, valid_from, valid_to, {_CURRENT} FROM units WHERE code = ANY($2)"

_ABOVE = """
WITH RECURSIVE line AS (
    SELECT parent AS code, 1 AS step FROM units WHERE code = $1 AND parent IS NOT NULL
    UNION ALL
    SELECT u.parent, step + 1 FROM line JOIN units u USING (code) WHERE u.parent IS NOT NULL AND step < 10
)
SELECT code FROM line ORDER BY step
"""

_UNMAPPED = """
SELECT kind, text, max(name) AS name, array_agg(DISTINCT source ORDER BY source) AS sources,
       sum(dossiers)::bigint AS dossiers, sum(open_dossiers)::bigint AS open, min(first_filed_at) AS first_filed_at,
       max(last_filed_at) AS last_filed_at, max(last_told_at) AS last_told_at
FROM v_unmapped {where} GROUP BY kind, text ORDER BY kind DESC, dossiers DESC, text LIMIT {limit}
"""

_TARGETS = """
SELECT target, kind, system, success AS up, changed_at, observed_at, duration_seconds, status_code,
       certificate_not_after, error
FROM probe_current
"""


class UnitFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks."""

    units: list[str] | None
    code: str | None = None
    kind: str | None = None
    within: str | None = None
    current: bool | None = None


async def units(connection: Connection, asked: UnitFilter, today: date) -> list[dict[str, Any]]:
    """Return units by kind and code."""
    where = Conditions()
    where.values.append(today)
    where.optional("code = ANY({})", asked.units)
    where.optional("code = {}", asked.code)
    where.optional("kind = {}", asked.kind)
    where.optional("code = ANY(units_within({}))", asked.within)
    rows = await connection.fetch(f"{_UNITS} {where.sql} ORDER BY kind DESC, code", *where.values)
    return [dict(row) for row in rows if asked.current in {None, row["current"]}]


async def around(connection: Connection, unit: dict[str, Any], today: date) -> dict[str, list[dict[str, Any]]]:
    """Return the units above one, before it and after it; `before` and `after` by code."""
    above = [row["code"] for row in await connection.fetch(_ABOVE, unit["code"])]
    lines = {"above": above, "before": sorted(unit["predecessors"]), "after": unit["successors"]}
    codes = [code for line in lines.values() for code in line]
    known = {row["code"]: dict(row) for row in await connection.fetch(_REFERENCES, today, codes)}
    return {name: [known[code] for code in line if code in known] for name, line in lines.items()}


async def unmapped(
    connection: Connection, scope: list[str] | None, *, kind: str | None, within: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return texts that no catalogue knows: of units, then of procedures, those of most dossiers first.

    With a scope those of dossiers on which a unit in it has to act.
    """
    where = Conditions()
    where.optional("unit = ANY({})", scope)
    where.optional("unit = ANY(units_within({}))", within)
    where.optional("kind = {}", kind)
    query = _UNMAPPED.format(where=where.sql, limit=where.parameter(limit))
    return [dict(row) for row in await connection.fetch(query, *where.values)]


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
