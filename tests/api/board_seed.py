"""Dossiers for the scoreboard, made in the database itself: repeatable, every column that it reads is drawn."""

from datetime import datetime

from ioc_core.db import Connection

_DOSSIERS = """
WITH unit AS (
    SELECT array_agg(code ORDER BY code) AS codes FROM units
    WHERE kind IN ('commune', 'department') AND (valid_to IS NULL OR valid_to > $2::timestamptz)
), procedure AS (SELECT array_agg(code ORDER BY code) AS codes FROM procedures),
drawn AS (
    SELECT n, abs(hashint8extended(n, 1)) AS a, abs(hashint8extended(n, 2)) AS b, abs(hashint8extended(n, 3)) AS c,
           $1::timestamptz + ($2::timestamptz - $1::timestamptz) * (n::double precision / $3::bigint) AS filed_at
    FROM generate_series(0::bigint, $3::bigint - 1) AS n
), timed AS (
    SELECT *, filed_at + make_interval(days => (2 + a % 14)::int) AS due_at,
           filed_at + make_interval(hours => (4 + b % 400)::int) AS ends_at
    FROM drawn
), judged AS (
    SELECT *, CASE WHEN ends_at <= $5 AND c % 100 < 97 THEN ends_at END AS ended_at, c % 50 <> 0 AS accepted
    FROM timed
)
INSERT INTO dossiers (code, source, status, effective_at, told_at, content_id, marks, receiving_unit, resolving_unit,
                      procedure_code, channel, filed_at, accepted_at, due_at, finished_at, supplements, is_open,
                      waiting_for_citizen, first_told_at, ended_at, end_status, deadline_at, late_at, late_clock,
                      lateness, paid_online, electronic_result, papers_digitised, papers_reused, papers_from_store,
                      population_data, fee_vnd)
SELECT $4::text || '.' || to_char(filed_at, 'YYMMDD') || '-' || lpad(n::text, 8, '0'), 'igate',
       CASE WHEN ended_at IS NOT NULL THEN 9 WHEN accepted THEN 4 ELSE 1 END, coalesce(ended_at, filed_at),
       coalesce(ended_at, filed_at), md5(n::text), decode(repeat(md5(n::text), 4), 'hex'),
       CASE WHEN a % 4 <> 0 THEN unit.codes[1 + a % array_length(unit.codes, 1)] END,
       CASE WHEN b % 50 <> 0 THEN unit.codes[1 + b % array_length(unit.codes, 1)] END,
       procedure.codes[1 + c % array_length(procedure.codes, 1)], 1 + a % 3, filed_at,
       CASE WHEN accepted THEN filed_at END, due_at, ended_at, '[]', ended_at IS NULL, false, filed_at, ended_at,
       CASE WHEN ended_at IS NOT NULL THEN 9 END, due_at, CASE WHEN accepted THEN due_at END,
       CASE WHEN accepted THEN extract(epoch FROM due_at) END,
       CASE WHEN ended_at IS NOT NULL AND accepted THEN CASE WHEN ended_at <= due_at THEN 1 ELSE 3 END END,
       CASE WHEN a % 5 > 0 THEN a % 2 = 0 END, CASE WHEN ended_at IS NOT NULL THEN b % 4 > 0 END, c % 3 > 0,
       a % 7 = 0, b % 5 = 0, c % 2 = 0, CASE WHEN c % 4 > 0 THEN (c % 3) * 10000 END
FROM judged, unit, procedure
"""


async def seed_dossiers(
    connection: Connection,
    since: datetime,
    until: datetime,
    count: int,
    *,
    prefix: str = "H15",
    known_at: datetime | None = None,
) -> None:
    """Add `count` dossiers filed evenly from `since` to `until`, as they are known then, or at `known_at`."""
    await connection.execute(_DOSSIERS, since, until, count, prefix, known_at or until, timeout=300)
