"""SQL of the scoreboard: units, the register, and by how much counters grew in a period."""

from collections.abc import Sequence
from datetime import datetime

from ioc_api.scoreboard.counts import Increase
from ioc_api.scoreboard.register import Procedure
from ioc_api.scoreboard.tree import UnitRow
from ioc_core.db import Connection

_PROCEDURES = """
SELECT code, level, service_mode, fee_vnd, department, for_citizens, online_payment, complete, decided_on,
       effective_on, published_on
FROM procedures WHERE listed ORDER BY code
"""

_UNITS = "SELECT code, kind, name, parent, valid_from, valid_to FROM units ORDER BY code"

_INCREASES = """
WITH bucket AS (
    SELECT r.series_id, r.bucket, r.first, r.last, r.min, r.max,
           lag(r.last) OVER (PARTITION BY r.series_id ORDER BY r.bucket) AS before
    FROM rollup_1d r
    WHERE r.series_id IN (SELECT id FROM series WHERE metric = ANY($1::text[]))
      AND r.bucket >= $2::timestamptz - interval '7 days' AND r.bucket < $3
), grown AS (
    SELECT series_id,
           sum(CASE WHEN before IS NULL THEN 0 WHEN first >= before THEN first - before ELSE first END
               + CASE WHEN min >= first AND max <= last THEN last - first
                      WHEN max > last THEN max - first + last
                      ELSE last END) AS value
    FROM bucket WHERE bucket >= $2 GROUP BY 1
)
SELECT s.metric, s.labels ->> 'unit' AS unit, coalesce(s.labels ->> 'act', '') AS act,
       CASE WHEN s.labels ->> 'working_days' ~ '^[0-9]{1,4}$' THEN (s.labels ->> 'working_days')::int ELSE 9999 END
           AS working_days,
       sum(g.value) AS value
FROM grown g JOIN series s ON s.id = g.series_id
GROUP BY 1, 2, 3, 4
"""
"""How much counters grew, from the rollups of days: with the step from the newest value of the week before. A counter
that begins anew counts from zero; within one day that shows when it fell below its first or highest value. A number of
working days that can't be read is late."""


async def units(connection: Connection) -> list[UnitRow]:
    """Return every unit of all times."""
    return [UnitRow(**dict(row)) for row in await connection.fetch(_UNITS)]


async def procedures(connection: Connection) -> list[Procedure]:
    """Return the register."""
    return [Procedure(**dict(row)) for row in await connection.fetch(_PROCEDURES)]


async def increases(
    connection: Connection, metrics: Sequence[str], since: datetime, until: datetime
) -> list[Increase]:
    """Return how much counters grew between local midnights, or until now, summed over sources."""
    rows = await connection.fetch(_INCREASES, list(metrics), since, until)
    return [Increase(**dict(row)) for row in rows]
