"""SQL of the live state: units, systems, alerts, security, sources."""

from datetime import date, datetime, timedelta

from ioc_api.projector.facts import Alarms, FiringGroup, Probe, Security, SecurityCount, Source, Unit
from ioc_core.db import Connection

_UNITS = """
SELECT code, kind, name,
       (valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR valid_to >= $1) AS current
FROM units ORDER BY kind DESC, code
"""

_PROBES = """
SELECT p.target, coalesce(s.name, p.target) AS name, coalesce(p.system, '') AS system, coalesce(p.unit, '') AS unit,
       p.success AS up, p.changed_at, p.observed_at, p.duration_seconds, p.certificate_not_after,
       coalesce(p.error, '') AS error
FROM probe_current p LEFT JOIN systems s ON s.code = p.system ORDER BY p.target
"""

# Closed alerts are over; a snoozed one is shown as acknowledged by whoever snoozed it. A muted one waits for nobody.
_GROUPS = """
SELECT a.rule, a.unit, coalesce(u.name, a.unit) AS unit_name, min(a.severity)::int AS severity, count(*) AS count,
       min(a.firing_at) AS started_at, count(*) FILTER (WHERE a.taken_by IS NULL AND NOT a.muted) AS unacknowledged,
       (array_agg(coalesce(a.annotations ->> 'headline', a.annotations ->> 'summary', a.rule)
                  ORDER BY a.severity, a.value DESC NULLS LAST, a.firing_at, a.id))[1] AS summary,
       (array_agg(a.taken_by ORDER BY a.taken_at DESC NULLS LAST))[1] AS acknowledged_by,
       max(a.taken_at) AS acknowledged_at,
       (array_agg(a.fingerprint ORDER BY a.severity, a.firing_at, a.id))[1:20] AS fingerprints,
       bool_and(a.muted) AS muted
FROM (SELECT *, coalesce(acknowledged_by, snoozed_by) AS taken_by, coalesce(acknowledged_at, snoozed_at) AS taken_at,
             EXISTS (SELECT FROM alert_mutes m WHERE m.alert_id = alerts.id) AS muted
      FROM alerts WHERE state = 'firing') a
LEFT JOIN units u ON u.code = a.unit
GROUP BY a.rule, a.unit, u.name
"""

_NEW_ALERTS = """
SELECT count(*) FILTER (WHERE firing_at > $1::timestamptz - interval '10 minutes') AS new_10min, count(*) AS new_24h
FROM alerts WHERE firing_at > $1::timestamptz - interval '24 hours' AND severity < 4
"""

_SECURITY = """
SELECT unit, count(*) AS events, max(observed_at) AS newest FROM security_events
WHERE event_severity >= $1 AND observed_at > $2 GROUP BY unit
"""

# That nothing happened is known as long as the sources of such events are heard of.
_SECURITY_HEARD = """
SELECT greatest((SELECT observed_at FROM security_events WHERE observed_at > $1 ORDER BY observed_at DESC LIMIT 1),
                (SELECT max(a.last_seen_at) FROM source_activity a JOIN sources s ON s.name = a.source
                 WHERE s.kind IN ('syslog', 'logs') AND NOT s.retired))
"""

_SOURCES = """
SELECT source AS name, title, kind, nullif(unit, '') AS unit, expected_within_seconds, last_seen_at,
       silent_seconds, events_total, rejected_total
FROM v_sources ORDER BY title, source
"""


async def units(connection: Connection, today: date) -> tuple[Unit, ...]:
    """Return every unit, and whether it exists on this day."""
    return tuple(Unit(**dict(row)) for row in await connection.fetch(_UNITS, today))


async def probes(connection: Connection) -> tuple[Probe, ...]:
    """Return every probed target."""
    return tuple(Probe(**dict(row)) for row in await connection.fetch(_PROBES))


async def alarms(connection: Connection, now: datetime) -> Alarms:
    """Return the firing alerts, grouped by rule and unit."""
    groups = tuple(
        FiringGroup(**{**dict(row), "fingerprints": tuple(row["fingerprints"])})
        for row in await connection.fetch(_GROUPS)
    )
    new = await connection.fetchrow(_NEW_ALERTS, now)
    return Alarms(groups, new["new_10min"], new["new_24h"]) if new is not None else Alarms(groups)


async def security(connection: Connection, now: datetime, severity: int) -> Security:
    """Return the security events of 24 hours from `severity` up, by unit."""
    since = now - timedelta(hours=24)
    rows = await connection.fetch(_SECURITY, severity, since)
    heard_at = await connection.fetchval(_SECURITY_HEARD, since)
    return Security(tuple(SecurityCount(**dict(row)) for row in rows), heard_at)


async def sources(connection: Connection) -> tuple[Source, ...]:
    """Return every source that isn't retired."""
    return tuple(Source(**dict(row)) for row in await connection.fetch(_SOURCES))
