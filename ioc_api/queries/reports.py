"""SQL of /reports/period."""

from datetime import datetime

from ioc_api.queries.conditions import Conditions
from ioc_api.reports import Counts
from ioc_core.db import Connection

_SCOPE = (
    "SELECT code, name FROM units WHERE code = coalesce($1, code) AND ($1 IS NOT NULL OR kind = 'province') LIMIT 1"
)


async def counts(
    connection: Connection, since: datetime, until: datetime, *, units: list[str] | None, within: str | None
) -> list[Counts]:
    """Return the counts of a period by unit and channel; open and overdue are of its end (`until`)."""
    where = Conditions()
    start, end = where.parameter(since), where.parameter(until)
    where.optional("d.work_unit = ANY({})", units)
    where.optional("d.work_unit = ANY(units_within({}))", within)
    also = where.sql.replace("WHERE ", "AND ", 1)
    query = f"""
        WITH part AS (
            SELECT d.work_unit, d.channel, count(*) AS received, 0 AS resolved, 0 AS measured, 0 AS on_time,
                   0 AS open, 0 AS overdue
            FROM dossiers d WHERE d.filed_at >= {start} AND d.filed_at < {end} {also} GROUP BY 1, 2
            UNION ALL
            SELECT d.work_unit, d.channel, 0, count(d.accepted_at), count(d.on_time),
                   count(*) FILTER (WHERE d.on_time), 0, 0
            FROM dossiers d WHERE d.ended_at >= {start} AND d.ended_at < {end} {also} GROUP BY 1, 2
            UNION ALL
            SELECT d.work_unit, d.channel, 0, 0, 0, 0, count(*),
                   count(*) FILTER (WHERE d.late_at < {end})
            FROM dossiers d
            WHERE d.is_open AND coalesce(d.filed_at, d.accepted_at, d.effective_at) < {end} {also} GROUP BY 1, 2
            UNION ALL
            SELECT d.work_unit, d.channel, 0, 0, 0, 0, count(*),
                   count(*) FILTER (WHERE d.late_at < {end})
            FROM dossiers d WHERE d.ended_at >= {end} AND d.filed_at < {end} {also} GROUP BY 1, 2
        ), summed AS (
            SELECT work_unit, channel, sum(received)::int AS received, sum(resolved)::int AS resolved,
                   sum(measured)::int AS measured, sum(on_time)::int AS on_time, sum(open)::int AS open,
                   sum(overdue)::int AS overdue
            FROM part GROUP BY 1, 2
        )
        SELECT s.work_unit AS unit, coalesce(u.name, 'Chưa ánh xạ') AS unit_name, s.channel, s.received, s.resolved,
               s.measured, s.on_time, s.open, s.overdue
        FROM summed s LEFT JOIN units u ON u.code = s.work_unit
    """
    return [Counts(**dict(row)) for row in await connection.fetch(query, *where.values)]


async def scope_name(connection: Connection, code: str | None) -> tuple[str, str] | None:
    """Return code and name of a unit (of the province without a code); None when it is unknown."""
    row = await connection.fetchrow(_SCOPE, code)
    return None if row is None else (row["code"], row["name"])
