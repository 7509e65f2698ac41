"""SQL of the live state: dossiers by unit, when one-stop systems were heard of, the ticker."""

from datetime import datetime

from ioc_api.projector.facts import DossierFreshness, UnitWork
from ioc_api.projector.instants import Instants
from ioc_core.db import Connection
from ioc_core.live import RecentDossier

_WORK = """
WITH opened AS (
    SELECT coalesce(work_unit, '') AS unit, count(*) AS open,
           count(*) FILTER (WHERE late_at < $1) AS overdue,
           count(*) FILTER (WHERE late_at >= $1 AND NOT waiting_for_citizen AND late_clock <= $2) AS due_soon_1,
           count(*) FILTER (WHERE late_at >= $1 AND NOT waiting_for_citizen AND late_clock > $2
                            AND late_clock <= $3) AS due_soon_2,
           count(*) FILTER (WHERE late_at >= $1 AND NOT waiting_for_citizen AND late_clock > $3
                            AND late_clock <= $4) AS due_soon_3,
           count(*) FILTER (WHERE waiting_for_citizen AND (late_at < $1) IS NOT TRUE) AS waiting
    FROM dossiers WHERE is_open GROUP BY 1
), online AS (
    SELECT coalesce(work_unit, '') AS unit, count(*) AS unaccepted
    FROM dossiers WHERE is_open AND accept_by < $1 GROUP BY 1
), received AS (
    SELECT coalesce(work_unit, '') AS unit, count(*) AS received_today
    FROM dossiers WHERE filed_at >= $5 AND filed_at < $6 GROUP BY 1
), ended AS (
    SELECT coalesce(work_unit, '') AS unit, count(*) FILTER (WHERE ended_at >= $5) AS ended_today,
           count(lateness) AS measured_month, count(*) FILTER (WHERE lateness <= 2) AS on_time_month
    FROM dossiers WHERE ended_at >= $7 AND ended_at <= $1 GROUP BY 1
), newest AS (
    SELECT u.code AS unit, (SELECT max(d.told_at) FROM dossiers d WHERE d.work_unit = u.code) AS last_event_at
    FROM units u
)
SELECT nullif(unit, '') AS unit, coalesce(open, 0) AS open, coalesce(overdue, 0) AS overdue,
       coalesce(due_soon_1, 0) AS due_soon_1, coalesce(due_soon_2, 0) AS due_soon_2,
       coalesce(due_soon_3, 0) AS due_soon_3, coalesce(waiting, 0) AS waiting,
       coalesce(unaccepted, 0) AS unaccepted, coalesce(received_today, 0) AS received_today,
       coalesce(ended_today, 0) AS ended_today, coalesce(measured_month, 0) AS measured_month,
       coalesce(on_time_month, 0) AS on_time_month, last_event_at
FROM opened FULL JOIN online USING (unit) FULL JOIN received USING (unit) FULL JOIN ended USING (unit)
FULL JOIN newest USING (unit)
"""

_CROSSED = """
SELECT EXISTS (SELECT FROM dossiers WHERE is_open AND late_at >= $1 AND late_at < $2)
    OR EXISTS (SELECT FROM dossiers WHERE is_open AND accept_by >= $1 AND accept_by < $2)
    OR EXISTS (SELECT FROM unnest($3::double precision[], $4::double precision[]) AS tier (since, upto)
               JOIN dossiers ON is_open AND late_clock > since AND late_clock <= upto)
"""

_FRESHNESS = """
WITH heard AS (
    SELECT greatest(a.last_seen_at, d.told_at) AS at
    FROM (SELECT source, told_at FROM dossiers ORDER BY told_at DESC LIMIT 1) d
    LEFT JOIN source_activity a ON a.source = d.source
)
SELECT at, extract(epoch FROM coalesce(add_working_seconds(at, $1), at + make_interval(secs => $1)) - at)
           ::double precision AS stale_after
FROM heard
"""

_RECENT = """
SELECT d.code, d.status, coalesce(u.name, d.resolving_text, d.receiving_text, 'Chưa ánh xạ') AS unit_name,
       coalesce(p.name, d.procedure_name, '') AS procedure_name, d.told_at
FROM dossiers d LEFT JOIN units u ON u.code = d.work_unit LEFT JOIN procedures p ON p.code = d.procedure_code
ORDER BY d.told_at DESC, d.code DESC LIMIT 8
"""


async def work(connection: Connection, instants: Instants) -> tuple[UnitWork, ...]:
    """Return the dossiers of every unit, and those without a known unit."""
    rows = await connection.fetch(
        _WORK,
        instants.now,
        *reversed(instants.moment.tiers),
        instants.today_start,
        instants.today_end,
        instants.month_start,
    )
    return tuple(UnitWork(**dict(row)) for row in rows)


async def crossed(connection: Connection, before: Instants, now: Instants) -> bool:
    """Whether by time alone some open dossier became overdue, unaccepted or more urgent between the two instants."""
    crossed: bool = await connection.fetchval(
        _CROSSED, before.now, now.now, list(before.moment.tiers), list(now.moment.tiers)
    )
    return crossed


async def freshness(connection: Connection, stale_after: dict[str, tuple[float, bool]]) -> DossierFreshness:
    """Return when one-stop systems were heard of; `stale_after`: tile id → (seconds, whether of working time)."""
    observed_at: datetime | None = None
    seconds: dict[str, float] = {}
    for limit in {limit for limit, working in stale_after.values() if working} or {0.0}:
        row = await connection.fetchrow(_FRESHNESS, limit)
        if row is not None:
            observed_at = row["at"]
            seconds |= {tile: row["stale_after"] for tile, asked in stale_after.items() if asked == (limit, True)}
    plain = {tile: limit for tile, (limit, _) in stale_after.items()}
    return DossierFreshness(observed_at, plain | seconds)


async def recent(connection: Connection) -> tuple[RecentDossier, ...]:
    """Return the eight dossiers that were told of last."""
    return tuple(RecentDossier(**dict(row)) for row in await connection.fetch(_RECENT))
