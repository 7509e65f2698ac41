"""A province's worth of rows, made in the database itself: repeatable, in a second."""

from datetime import datetime

from ioc_core.db import Connection

_DOSSIERS = """
WITH unit AS (
    SELECT array_agg(code ORDER BY code) AS codes FROM units
    WHERE kind IN ('commune', 'department') AND (valid_to IS NULL OR valid_to > $1::timestamptz)
), procedure AS (SELECT array_agg(code ORDER BY code) AS codes FROM procedures),
numbered AS (
    SELECT n, (n * 7919) % 1000 AS dice, (n * 104729) % 97 AS hue,
           $1::timestamptz - make_interval(secs => n * 3456000.0 / $2::int) AS filed_at
    FROM generate_series(0::bigint, $2::int - 1) AS n
), drawn AS (
    SELECT n, filed_at, dice, hue,
           filed_at + make_interval(days => (3 + hue % 12)::int) AS due_at,
           CASE WHEN dice < 450
               THEN filed_at + make_interval(days => (1 + hue % 10)::int, hours => (dice % 24)::int) END AS finished_at
    FROM numbered
)
INSERT INTO dossiers (code, source, status, effective_at, told_at, content_id, receiving_unit, resolving_unit,
                      procedure_code, channel, filed_at, accepted_at, due_at, finished_at, supplements, is_open,
                      waiting_for_citizen, first_told_at, waiting_since, ended_at, end_status, deadline_at, late_at,
                      late_clock, lateness, accept_by, entered_at, entered_late)
SELECT 'H15.' || to_char(filed_at, 'YYMMDD') || '-' || lpad(n::text, 7, '0'), 'igate',
       CASE WHEN finished_at <= $1 THEN 9 WHEN dice > 980 THEN 5 WHEN dice > 960 THEN 1 ELSE 4 END,
       least(coalesce(finished_at, filed_at), $1), least(coalesce(finished_at, filed_at), $1), md5(n::text),
       unit.codes[1 + n % array_length(unit.codes, 1)],
       CASE WHEN hue <> 96 THEN unit.codes[1 + n % array_length(unit.codes, 1)] END,
       procedure.codes[1 + n % array_length(procedure.codes, 1)], 1 + (n % 2), filed_at,
       CASE WHEN dice <= 960 OR dice > 980 THEN filed_at END, due_at,
       CASE WHEN finished_at <= $1 THEN finished_at END, '[]',
       NOT coalesce(finished_at <= $1, false), dice > 980, filed_at, CASE WHEN dice > 980 THEN filed_at END,
       CASE WHEN finished_at <= $1 THEN finished_at END, CASE WHEN finished_at <= $1 THEN 9 END, due_at,
       CASE WHEN dice <= 960 THEN due_at END, CASE WHEN dice <= 960 THEN working_clock(due_at) END,
       CASE WHEN finished_at <= $1 AND dice <= 960
           THEN CASE WHEN date_trunc('minute', finished_at) < date_trunc('minute', due_at) THEN 1
                     WHEN date_trunc('minute', finished_at) = date_trunc('minute', due_at) THEN 2 ELSE 3 END END,
       CASE WHEN dice > 960 AND dice <= 980 AND n % 2 = 1 THEN add_working_seconds(filed_at, 28800) END,
       CASE WHEN finished_at <= $1 THEN finished_at + CASE WHEN hue % 20 = 0 THEN interval '90 days' ELSE '0' END END,
       coalesce(finished_at <= $1 AND dice <= 960 AND hue % 20 = 0
                AND date_trunc('minute', finished_at) <= date_trunc('minute', due_at), false)
FROM drawn, unit, procedure
"""

_SECURITY = """
INSERT INTO security_events (source, event_id, observed_at, received_at, event_category, event_severity, message,
                             event_action, host_name, source_ip, unit, system, raw)
SELECT 'syslog-igate', md5(n::text), $1::timestamptz - make_interval(secs => n * 60), $1, 'authentication',
       CASE WHEN n % 50 = 0 THEN 80 ELSE 20 END, 'Failed password for root', 'ssh_login', 'igate-01',
       '203.0.113.' || n % 200, CASE WHEN n % 3 = 0 THEN 'VPUBND' END, 'igate', '<38>raw'
FROM generate_series(0, $2 - 1) AS n
"""

_PROBES = """
WITH target AS (SELECT code, owner, row_number() OVER (ORDER BY code) AS k FROM systems)
INSERT INTO probe_current (target, source, kind, system, unit, observed_at, success, changed_at, duration_seconds,
                           status_code, certificate_not_after, error)
SELECT 'https://' || code || '.example', 'probe-http', 'http', code, owner, $1, k <> 2,
       $1::timestamptz - interval '1 hour', 0.12, CASE WHEN k <> 2 THEN 200 END, $1::timestamptz + interval '20 days',
       CASE WHEN k = 2 THEN 'timed out' END
FROM target
"""

_PROBE_RESULTS = """
INSERT INTO probe_results (target, observed_at, kind, success, duration_seconds, phases)
SELECT target, $1::timestamptz - make_interval(secs => n * 60), 'http', success OR n > 60, 0.1, '{}'
FROM probe_current, generate_series(0, 1499) AS n
"""

_SOURCES = """
INSERT INTO sources (name, kind, title, unit, system, expected_within_seconds, working_time_only) VALUES
    ('igate', 'dvcqg', 'Một cửa iGate', 'VPUBND', 'igate', 600, true),
    ('syslog-igate', 'syslog', 'Nhật ký máy chủ iGate', 'VPUBND', 'igate', 300, false),
    ('probe-http', 'probe', 'Giám sát cổng', NULL, NULL, 60, false),
    ('silent-one', 'events', 'Nguồn im lặng', 'STC', NULL, 60, false),
    ('never-one', 'events', 'Nguồn chưa từng báo', 'SNV', NULL, 60, false)
ON CONFLICT (name) DO NOTHING
"""

_ACTIVITY = """
INSERT INTO source_activity (source, first_seen_at, last_seen_at, last_observed_at, events_total, rejected_total)
VALUES
    ('igate', $1, $1, $1, 1000, 2),
    ('syslog-igate', $1, $1, $1, 500, 0),
    ('probe-http', $1, $1, $1, 90, 0),
    ('silent-one', $1, $1::timestamptz - interval '1 hour', $1, 5, 0)
ON CONFLICT (source) DO NOTHING
"""

_ALERTS = """
INSERT INTO alerts (fingerprint, rule, severity, labels, annotations, value, unit, state, pending_at, firing_at,
                    resolved_at, updated_at)
SELECT md5('a' || n), CASE n % 3 WHEN 0 THEN 'DossierOverdue' WHEN 1 THEN 'DossierDueSoon' ELSE 'SystemDown' END,
       1 + n % 4, jsonb_build_object('unit', unit.code),
       jsonb_build_object('summary', 'Cảnh báo số ' || n), n, unit.code,
       CASE WHEN n <= $2 THEN 'firing' ELSE 'resolved' END, $1::timestamptz - make_interval(mins => n::int),
       $1::timestamptz - make_interval(mins => n::int),
       CASE WHEN n > $2 THEN $1::timestamptz END, $1
FROM generate_series(1, $2 * 2) AS n
JOIN (SELECT code, row_number() OVER (ORDER BY code) AS k, count(*) OVER () AS units FROM units
      WHERE kind = 'commune') unit ON unit.k = 1 + n % unit.units
"""

_REJECTED = """
INSERT INTO rejected (id, received_at, source, port, reason, detail, raw)
SELECT md5('r' || n), $1::timestamptz - make_interval(secs => n * 30), 'igate', 'dvcqg', 'malformed',
       'Trường MaHoSo thiếu', convert_to('{"MaHoSo": ' || n, 'UTF8')
       || CASE WHEN n % 2 = 0 THEN '\\xff' ELSE '' END::bytea
FROM generate_series(1, $2) AS n
"""


async def seed_province(connection: Connection, now: datetime, *, dossiers: int = 3000, alerts: int = 30) -> None:
    """Fill every table that the API reads. About half of the dossiers are open, some of them overdue."""
    await connection.execute(_DOSSIERS, now, dossiers)
    await connection.execute(_SECURITY, now, 3000)
    await connection.execute(_PROBES, now)
    await connection.execute(_PROBE_RESULTS, now)
    await connection.execute(_SOURCES)
    await connection.execute(_ACTIVITY, now)
    await connection.execute(_ALERTS, now, alerts)
    await connection.execute(_REJECTED, now, 120)
    await connection.execute("ANALYZE")


async def seed_samples(connection: Connection, now: datetime, *, hours: int = 3) -> int:
    """Add one series with a sample each ten seconds (value: seconds since the start) and its rollups; its id."""
    series: int = await connection.fetchval(
        "INSERT INTO series (source, metric, labels) VALUES ('igate', 'dossiers_open', $1) RETURNING id",
        {"unit": "66", "level": "province"},
    )
    await connection.execute(
        "INSERT INTO samples SELECT $1, t, extract(epoch FROM t - $2::timestamptz)"
        " FROM generate_series($2::timestamptz - make_interval(hours => $3), $2::timestamptz, interval '10 s') AS t",
        series,
        now,
        hours,
    )
    await connection.execute(
        "INSERT INTO series_current SELECT series_id, time, value FROM samples WHERE series_id = $1"
        " ORDER BY time DESC LIMIT 1",
        series,
    )
    for table, unit in (("rollup_1m", "minute"), ("rollup_1h", "hour"), ("rollup_1d", "day")):
        bucket = f"date_trunc('{unit}', time, 'Asia/Ho_Chi_Minh')"
        await connection.execute(
            f"INSERT INTO {table} SELECT series_id, {bucket}, count(*), sum(value),"
            " min(value), max(value), (array_agg(value ORDER BY time))[1], (array_agg(value ORDER BY time DESC))[1]"
            " FROM samples WHERE series_id = $1 GROUP BY 1, 2",
            series,
        )
    return series
