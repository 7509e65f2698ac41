"""SQL of the live state: what happened in each of the last 24 hours."""

from datetime import timedelta

from msgspec import Struct

from ioc_api.projector.instants import HOURS, Instants
from ioc_core.db import Connection

_FILED = """
SELECT floor(extract(epoch FROM filed_at - $1) / 3600)::int AS hour, count(*) AS filed
FROM dossiers WHERE filed_at >= $1 AND filed_at <= $2 GROUP BY 1
"""

_ENDED = """
SELECT floor(extract(epoch FROM ended_at - $1) / 3600)::int AS hour,
       CASE WHEN late_at < ended_at
            THEN greatest(floor(extract(epoch FROM late_at - $1) / 3600)::int, -1) END AS due_hour,
       count(*) AS ended, count(on_time) AS measured, count(*) FILTER (WHERE on_time) AS on_time
FROM dossiers WHERE ended_at >= $1 AND ended_at <= $2 GROUP BY 1, 2
"""

_DUE = """
SELECT floor(extract(epoch FROM late_at - $1) / 3600)::int AS hour, count(*) AS due
FROM dossiers WHERE is_open AND late_at >= $1 AND late_at < $2 GROUP BY 1
"""

_SECURITY = """
SELECT floor(extract(epoch FROM observed_at - $1) / 3600)::int AS hour, count(*) AS events
FROM security_events WHERE event_severity >= $3 AND observed_at >= $1 AND observed_at <= $2 GROUP BY 1
"""

_UP = """
SELECT hour, count(*) FILTER (WHERE up) AS up
FROM (
    SELECT m.hour::int - 1 AS hour, coalesce(p.system, p.target) AS system, bool_and(r.success) AS up
    FROM unnest($1::timestamptz[]) WITH ORDINALITY AS m(at, hour)
    CROSS JOIN probe_current p
    CROSS JOIN LATERAL (
        SELECT success FROM probe_results x
        WHERE x.target = p.target AND x.observed_at <= m.at AND x.observed_at > m.at - interval '15 minutes'
        ORDER BY x.observed_at DESC LIMIT 1
    ) r
    GROUP BY 1, 2
) of_system
GROUP BY 1
"""

_REJECTED = "SELECT count(*) FROM rejected WHERE received_at > $1"


class EndedHour(Struct, frozen=True):
    """Dossiers that ended in `hour`; `due_hour` is set for late ones (-1: before the first hour)."""

    hour: int
    due_hour: int | None
    ended: int
    measured: int
    on_time: int


class Hourly(Struct, frozen=True, kw_only=True):
    """Counts by hour, 0 to 23 (the running one)."""

    filed: dict[int, int]
    ended: tuple[EndedHour, ...]
    due: dict[int, int]
    security: dict[int, int]
    systems_up: dict[int, int]
    rejected_24h: int


async def hourly(connection: Connection, instants: Instants, severity: int) -> Hourly:
    """Return what happened in each hour of the trend."""
    start, now = instants.trend_start, instants.now
    ends = [start + timedelta(hours=hour + 1) for hour in range(HOURS - 1)]
    filed = await connection.fetch(_FILED, start, now)
    ended = await connection.fetch(_ENDED, start, now)
    due = await connection.fetch(_DUE, start, now)
    security = await connection.fetch(_SECURITY, start, now, severity)
    up = await connection.fetch(_UP, [*ends, now])
    return Hourly(
        filed={row["hour"]: row["filed"] for row in filed},
        ended=tuple(EndedHour(**dict(row)) for row in ended),
        due={row["hour"]: row["due"] for row in due},
        security={row["hour"]: row["events"] for row in security},
        systems_up={row["hour"]: row["up"] for row in up},
        rejected_24h=await connection.fetchval(_REJECTED, now - timedelta(hours=24)),
    )
