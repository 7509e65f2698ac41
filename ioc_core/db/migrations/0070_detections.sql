-- Detections: what is missing, late or odd in what units enter (docs/rules.md describes each view and its columns).
-- Each view asks a function as of now; the function can be asked as of any instant. Functions run as their owner,
-- because rules may not read the tables. Eight working hours, one working day, are 28800 seconds.

-- Only what was told long after it was filed is in here, so that new dossiers cost nothing.
CREATE INDEX dossiers_told_late ON dossiers (first_told_at) WHERE first_told_at - filed_at > interval '8 hours';
CREATE INDEX dossiers_entered_late_at ON dossiers (entered_at) WHERE entered_late;
CREATE INDEX dossiers_asked_twice ON dossiers (work_unit) WHERE is_open AND requests > 1;

-- As before, but the clock is read once, not for each dossier.
CREATE OR REPLACE VIEW v_dossiers AS
SELECT d.code,
       coalesce(d.work_unit, 'unmapped') AS unit,
       coalesce(u.name, d.resolving_text, d.receiving_text, 'Chưa ánh xạ') AS unit_name,
       coalesce(d.receiving_unit, 'unmapped') AS receiving_unit,
       coalesce(d.procedure_code, '') AS procedure_code,
       coalesce(p.name, d.procedure_name, '') AS procedure_name,
       coalesce(p.field_name, d.field_name, '') AS field_name,
       d.channel, d.status, d.filed_at, d.accepted_at, d.due_at, d.deadline_at, d.late_at, d.ended_at, d.end_status,
       d.entered_at, d.entered_late, d.lateness, d.requests, d.waited_seconds, d.waiting_since, d.accept_by,
       d.step_department, d.step_due_at, d.effective_at, d.first_told_at, d.told_at, d.source, d.is_open,
       dossier_standing(d.accepted_at, d.ended_at, d.lateness, d.entered_late, d.waiting_since, d.late_at, d.late_clock,
                        d.accept_by, now(), c.clock, c.due_soon) AS standing,
       d.late_clock - c.clock AS working_seconds_left
FROM dossiers d
CROSS JOIN (SELECT working_clock(now()) AS clock, due_soon FROM clock_rules OFFSET 0) c
LEFT JOIN units u ON u.code = d.work_unit
LEFT JOIN procedures p ON p.code = d.procedure_code;

-- The working days that began by an instant: number 0 is the newest, -1 the one before. `until`: the next opening.
-- Closed for more than five hours is a night.
CREATE FUNCTION recent_working_days(at timestamptz, days int)
RETURNS TABLE (number int, opens_at timestamptz, closes_at timestamptz, until timestamptz)
LANGUAGE sql STABLE AS $$
    WITH periods AS (
        SELECT start_at, end_at, coalesce(start_at - lag(end_at) OVER (ORDER BY start_at) > interval '5 hours', true) AS opens
        FROM working_periods
        WHERE start_at BETWEEN at - make_interval(days => 2 * days + 30) AND at + interval '30 days'
    ), numbered AS (
        SELECT start_at, end_at, count(*) FILTER (WHERE opens) OVER (ORDER BY start_at) AS day FROM periods
    ), whole AS (
        SELECT min(start_at) AS opens_at, max(end_at) AS closes_at,
               coalesce(lead(min(start_at)) OVER (ORDER BY day), 'infinity') AS until
        FROM numbered GROUP BY day
    )
    SELECT (1 - row_number() OVER (ORDER BY w.opens_at DESC))::int, w.opens_at, w.closes_at, w.until
    FROM whole w WHERE w.opens_at <= at ORDER BY w.opens_at DESC LIMIT days
$$;

-- New dossiers by unit, source and working day of filing (from its opening to the next). `attended`: filed before closing.
-- `at_counter`: by hand or post, so that somebody had to enter them. `…_by_now`: told by the time of day that `at` is.
CREATE FUNCTION unit_entries(at timestamptz, days int)
RETURNS TABLE (unit text, source text, number int, entries bigint, attended bigint, attended_by_now bigint,
               at_counter bigint, at_counter_by_now bigint, last_told_at timestamptz)
LANGUAGE sql STABLE AS $$
    WITH calendar AS MATERIALIZED (
        SELECT array_agg(r.opens_at ORDER BY r.number) AS opens, array_agg(r.closes_at ORDER BY r.number) AS closes,
               min(r.number) - 1 AS before, at - max(r.opens_at) AS elapsed
        FROM recent_working_days(at, days) r
    ), filed AS (
        SELECT d.work_unit, d.source, d.channel, d.filed_at, d.first_told_at, width_bucket(d.filed_at, c.opens) AS place
        FROM calendar c, dossiers d
        WHERE d.filed_at >= c.opens[1] AND d.filed_at <= at AND d.work_unit IS NOT NULL
    )
    SELECT f.work_unit, f.source, c.before + f.place, count(*),
           count(*) FILTER (WHERE f.filed_at < c.closes[f.place]),
           count(*) FILTER (WHERE f.filed_at < c.closes[f.place] AND f.first_told_at - c.opens[f.place] <= c.elapsed),
           count(*) FILTER (WHERE f.channel IN (1, 3)),
           count(*) FILTER (WHERE f.channel IN (1, 3) AND f.first_told_at - c.opens[f.place] <= c.elapsed),
           max(f.first_told_at)
    FROM filed f, calendar c
    GROUP BY f.work_unit, f.source, c.before, f.place
$$;

-- Units of which nothing new was told on whole working days, or today until now, and how many dossiers would usually have
-- come in that time. What is usual is reduced by what the unit's source delivered: when it was away, nothing was expected.
CREATE FUNCTION silent_units(at timestamptz)
RETURNS TABLE (unit text, unit_name text, source text, intake text, since timestamptz, silent_days bigint,
               usual_per_day double precision, days_with_entry bigint, expected double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH days AS MATERIALIZED (
        SELECT r.number, r.opens_at, r.closes_at > at AS running FROM recent_working_days(at, 40) r
    ), told AS MATERIALIZED (
        SELECT e.unit, e.source, e.number, s.intake, s.entries, s.by_now
        FROM unit_entries(at, 40) e
        CROSS JOIN LATERAL (VALUES ('all', e.attended, e.attended_by_now),
                                   ('counter', e.at_counter, e.at_counter_by_now)) AS s (intake, entries, by_now)
        WHERE s.entries > 0
    ), feeds AS (
        SELECT DISTINCT ON (t.unit) t.unit, t.source FROM told t
        GROUP BY t.unit, t.source ORDER BY t.unit, sum(t.entries) DESC, t.source
    ), last AS (
        SELECT t.unit, t.intake, max(t.number) AS number FROM told t GROUP BY t.unit, t.intake
    ), usual AS (
        SELECT t.unit, t.intake, l.number AS last, sum(t.entries)::float8 / 20 AS daily,
               sum(t.by_now)::float8 / 20 AS by_now, count(DISTINCT t.number) AS days
        FROM told t JOIN last l ON l.unit = t.unit AND l.intake = t.intake
        WHERE l.number < 0 AND t.number > l.number - 20
        GROUP BY t.unit, t.intake, l.number
    ), delivered AS (
        SELECT f.source, f.intake, d.number, d.running,
               coalesce(sum(t.entries), 0)::float8 AS entries, coalesce(sum(t.by_now), 0)::float8 AS by_now
        FROM (SELECT t.source, t.intake, min(t.number) AS first FROM told t GROUP BY t.source, t.intake) f
        JOIN days d ON d.number >= f.first
        LEFT JOIN told t ON t.source = f.source AND t.intake = f.intake AND t.number = d.number
        GROUP BY f.source, f.intake, d.number, d.running
    ), flow AS (
        SELECT d.source, d.intake, d.number,
               least(1, d.entries / nullif(CASE WHEN d.running THEN m.by_now ELSE m.entries END, 0)) AS share
        FROM delivered d
        JOIN (SELECT x.source, x.intake, percentile_cont(0.5) WITHIN GROUP (ORDER BY x.entries) AS entries,
                     percentile_cont(0.5) WITHIN GROUP (ORDER BY x.by_now) AS by_now
              FROM delivered x WHERE x.number < 0 GROUP BY x.source, x.intake) m
          ON m.source = d.source AND m.intake = d.intake
    )
    SELECT u.unit, c.name, f.source, u.intake, min(d.opens_at), count(*) FILTER (WHERE NOT d.running),
           u.daily, u.days, sum(CASE WHEN d.running THEN u.by_now ELSE u.daily END * coalesce(w.share, 0))
    FROM usual u
    JOIN units c ON c.code = u.unit
    JOIN feeds f ON f.unit = u.unit
    JOIN days d ON d.number > u.last
    LEFT JOIN flow w ON w.source = f.source AND w.intake = u.intake AND w.number = d.number
    WHERE c.valid_to IS NULL OR c.valid_to >= (SELECT max(x.opens_at) FROM days x)::date
    GROUP BY u.unit, c.name, f.source, u.intake, u.daily, u.days
$$;
CREATE VIEW v_silent_units AS SELECT * FROM silent_units(now());

-- Since when a source has told of no new dossier, and how many would usually have come in that working time.
CREATE FUNCTION source_intake(at timestamptz)
RETURNS TABLE (source text, last_told_at timestamptz, quiet_seconds double precision, expected double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.source, s.last_told_at, q.seconds, q.seconds * s.attended / (s.days * 28800)
    FROM (SELECT e.source, max(e.last_told_at) AS last_told_at, sum(e.attended) FILTER (WHERE e.number < 0) AS attended,
                 -min(e.number) AS days
          FROM unit_entries(at, 21) e GROUP BY e.source) s
    CROSS JOIN LATERAL (SELECT working_seconds(s.last_told_at, at) AS seconds) q
    WHERE s.days > 0
$$;
CREATE VIEW v_source_intake AS SELECT * FROM source_intake(now());

-- What each unit took in within the last five working days that are over, beside its own eight times five days before, and
-- beside what units of its kind and source did at the same time.
CREATE FUNCTION unit_intake(at timestamptz)
RETURNS TABLE (unit text, unit_name text, source text, intake text, since timestamptz, upto timestamptz, recent bigint,
               usual double precision, weeks bigint, peers double precision, expected double precision,
               deviation double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH days AS MATERIALIZED (
        SELECT r.number, r.opens_at, r.closes_at,
               (max(r.number) FILTER (WHERE r.closes_at <= at) OVER () - r.number) / 5 AS week
        FROM recent_working_days(at, 47) r
    ), told AS MATERIALIZED (
        SELECT e.unit, e.source, e.number, s.intake, s.entries
        FROM unit_entries(at, 47) e
        CROSS JOIN LATERAL (VALUES ('all', e.entries), ('counter', e.at_counter)) AS s (intake, entries)
    ), feeds AS (
        SELECT DISTINCT ON (t.unit) t.unit, t.source FROM told t WHERE t.intake = 'all'
        GROUP BY t.unit, t.source ORDER BY t.unit, sum(t.entries) DESC, t.source
    ), weeks AS (   -- those of which we have all days
        SELECT d.week, min(d.opens_at) AS since, max(d.closes_at) AS upto
        FROM days d WHERE d.week BETWEEN 0 AND 8 AND d.closes_at <= at
        GROUP BY d.week HAVING min(d.number) > (SELECT min(t.number) FROM told t)
    ), sums AS (
        SELECT t.unit, t.intake, d.week, sum(t.entries) AS entries
        FROM told t JOIN days d ON d.number = t.number GROUP BY t.unit, t.intake, d.week
    ), counts AS (
        SELECT f.unit, f.source, c.kind, c.name, i.intake, w.week, w.since, w.upto, coalesce(s.entries, 0) AS entries
        FROM feeds f
        JOIN units c ON c.code = f.unit
        CROSS JOIN (VALUES ('all'), ('counter')) AS i (intake)
        JOIN weeks w ON c.valid_from IS NULL OR c.valid_from <= w.since::date
        LEFT JOIN sums s ON s.unit = f.unit AND s.intake = i.intake AND s.week = w.week
        WHERE c.valid_to IS NULL OR c.valid_to >= (SELECT max(d.opens_at) FROM days d)::date
    ), usual AS (
        SELECT c.unit, c.intake, percentile_cont(0.5) WITHIN GROUP (ORDER BY c.entries) AS entries, count(*) AS weeks
        FROM counts c WHERE c.week > 0 GROUP BY c.unit, c.intake
    ), spread AS (
        SELECT c.unit, c.intake, 1.4826 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(c.entries - u.entries)) AS entries
        FROM counts c JOIN usual u ON u.unit = c.unit AND u.intake = c.intake WHERE c.week > 0 GROUP BY c.unit, c.intake
    ), compared AS (
        SELECT c.unit, c.source, c.kind, c.name, c.intake, c.since, c.upto, c.entries AS recent, u.entries AS usual, u.weeks,
               CASE WHEN u.entries >= 10 THEN c.entries / u.entries END AS ratio
        FROM counts c JOIN usual u ON u.unit = c.unit AND u.intake = c.intake WHERE c.week = 0
    ), peers AS MATERIALIZED (
        SELECT c.source, c.kind, c.intake, percentile_cont(0.5) WITHIN GROUP (ORDER BY c.ratio) AS ratio,
               count(c.ratio) >= 5 OR grouping(c.kind) = 1 AS enough
        FROM compared c GROUP BY GROUPING SETS ((c.source, c.kind, c.intake), (c.source, c.intake))
    )
    SELECT c.unit, c.name, c.source, c.intake, c.since, c.upto, c.recent::bigint, c.usual, c.weeks, p.ratio, e.entries,
           (e.entries - c.recent) / nullif(greatest(sqrt(e.entries), s.entries * least(1, p.ratio)), 0)
    FROM compared c
    JOIN spread s ON s.unit = c.unit AND s.intake = c.intake
    CROSS JOIN LATERAL (
        SELECT p.ratio FROM peers p
        WHERE p.source = c.source AND p.intake = c.intake AND p.enough AND (p.kind = c.kind OR p.kind IS NULL)
        ORDER BY p.kind IS NULL LIMIT 1) p
    CROSS JOIN LATERAL (SELECT c.usual * least(1, coalesce(p.ratio, 1)) AS entries) e
$$;
CREATE VIEW v_unit_intake AS SELECT * FROM unit_intake(now());

-- Dossiers first told at least one working day after they were filed, by unit and working day of telling. Left out: a source's
-- first day with us, a unit's first day, and hours in which so many units were late at once that the source was.
CREATE FUNCTION backdated_entry(at timestamptz)
RETURNS TABLE (unit text, unit_name text, source text, day timestamptz, working_days_ago int, entries bigint, total bigint,
               share double precision, largest_lag_seconds double precision, first_told_at timestamptz, last_told_at timestamptz, codes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH calendar AS MATERIALIZED (
        SELECT array_agg(r.opens_at ORDER BY r.number) AS opens FROM recent_working_days(at, 5) r
    ), late AS MATERIALIZED (
        SELECT d.code, d.work_unit, d.source, d.filed_at, d.first_told_at,
               working_seconds(d.filed_at, d.first_told_at) AS lag
        FROM calendar c
        CROSS JOIN source_activity a
        CROSS JOIN LATERAL (
            SELECT x.code, x.work_unit, x.source, x.filed_at, x.first_told_at FROM dossiers x
            WHERE x.first_told_at - x.filed_at > interval '8 hours' AND x.source = a.source
              AND x.first_told_at >= greatest(c.opens[1], a.first_seen_at + interval '1 day') AND x.first_told_at <= at
            OFFSET 0) d
        WHERE d.work_unit IS NOT NULL
    ), prompt AS MATERIALIZED (
        SELECT d.work_unit, d.source, width_bucket(d.first_told_at, c.opens) AS place, count(*) AS entries
        FROM calendar c, dossiers d
        WHERE d.filed_at >= c.opens[1] - interval '8 hours' AND d.filed_at <= at
          AND d.first_told_at - d.filed_at <= interval '8 hours' AND d.first_told_at >= c.opens[1]
        GROUP BY d.work_unit, d.source, place
    ), active AS (
        SELECT b.source, count(DISTINCT b.work_unit) AS units
        FROM (SELECT p.source, p.work_unit FROM prompt p UNION ALL SELECT y.source, y.work_unit FROM late y) b GROUP BY b.source
    ), crowds AS (
        SELECT l.source, date_trunc('hour', l.first_told_at) AS hour
        FROM late l JOIN active b ON b.source = l.source WHERE l.lag >= 28800
        GROUP BY l.source, hour, b.units HAVING count(DISTINCT l.work_unit) >= greatest(5, 0.2 * b.units)
    ), days AS (
        SELECT l.work_unit, l.source, width_bucket(l.first_told_at, c.opens) AS place, count(*) FILTER (WHERE l.back) AS back,
               count(*) AS entries, max(l.lag) FILTER (WHERE l.back) AS lag, min(l.first_told_at) FILTER (WHERE l.back) AS first,
               max(l.first_told_at) FILTER (WHERE l.back) AS last,
               (array_agg(l.code ORDER BY l.filed_at, l.code) FILTER (WHERE l.back))[1:20] AS codes
        FROM calendar c, (
            SELECT y.*, y.lag >= 28800 AND w.hour IS NULL AS back
            FROM late y LEFT JOIN crowds w ON w.source = y.source AND w.hour = date_trunc('hour', y.first_told_at)) l
        GROUP BY l.work_unit, l.source, place
    )
    SELECT d.work_unit, u.name, d.source, c.opens[d.place], cardinality(c.opens) - d.place, d.back, d.entries + coalesce(p.entries, 0),
           d.back::float8 / (d.entries + coalesce(p.entries, 0)), d.lag, d.first, d.last, d.codes
    FROM calendar c
    CROSS JOIN days d
    JOIN units u ON u.code = d.work_unit
    LEFT JOIN prompt p ON p.work_unit = d.work_unit AND p.source = d.source AND p.place = d.place
    WHERE d.back > 0
      AND (SELECT true FROM dossiers x WHERE x.work_unit = d.work_unit AND x.first_told_at < c.opens[d.place] LIMIT 1)
$$;
CREATE VIEW v_backdated_entry AS SELECT * FROM backdated_entry(now());

-- How long after the real end of processing units enter it: accepted dossiers that ended within 30 days.
CREATE FUNCTION entry_lag(at timestamptz)
RETURNS TABLE (unit text, unit_name text, ended bigint, median_hours double precision, worst_hours double precision,
               entered_late bigint, rank bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH lags AS MATERIALIZED (
        SELECT d.work_unit AS unit, d.entered_late,
               CASE WHEN d.entered_at <= d.ended_at THEN 0
                    ELSE working_seconds(d.ended_at, d.entered_at) / 3600 END AS hours
        FROM dossiers d
        WHERE d.ended_at > at - interval '30 days' AND d.ended_at <= at AND d.accepted_at IS NOT NULL
    )
    SELECT l.unit, u.name, l.ended, l.median_hours, l.worst_hours, l.entered_late,
           CASE WHEN l.ended >= 20 THEN rank() OVER (PARTITION BY l.ended >= 20 ORDER BY l.median_hours DESC) END
    FROM (SELECT x.unit, count(*) AS ended, percentile_cont(0.5) WITHIN GROUP (ORDER BY x.hours) AS median_hours,
                 max(x.hours) AS worst_hours, count(*) FILTER (WHERE x.entered_late) AS entered_late
          FROM lags x WHERE x.hours IS NOT NULL GROUP BY x.unit) l
    JOIN units u ON u.code = l.unit
$$;
CREATE VIEW v_entry_lag AS SELECT * FROM entry_lag(now());

-- Accepted dossiers that run, aren't overdue and don't wait for the citizen, yet don't move: their step should have ended, or
-- nothing was said for ten working days.
CREATE FUNCTION stuck_dossiers(at timestamptz)
RETURNS TABLE (code text, unit text, unit_name text, procedure_name text, step_department text, step_due_at timestamptz,
               step_overdue boolean, effective_at timestamptz, idle_days double precision, late_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH idle AS MATERIALIZED (SELECT add_working_seconds(at, -10 * 28800) AS before, working_clock(at) AS clock)
    SELECT d.code, coalesce(d.work_unit, 'unmapped'), coalesce(u.name, d.resolving_text, d.receiving_text, 'Chưa ánh xạ'),
           coalesce(p.name, d.procedure_name, ''), coalesce(d.step_department, ''), d.step_due_at,
           coalesce(d.step_due_at < at, false), d.effective_at,
           (i.clock - working_clock(d.effective_at)) / 28800, d.late_at
    FROM idle i
    CROSS JOIN dossiers d
    LEFT JOIN units u ON u.code = d.work_unit
    LEFT JOIN procedures p ON p.code = d.procedure_code
    WHERE d.is_open AND d.accepted_at IS NOT NULL AND d.waiting_since IS NULL AND (d.late_at IS NULL OR d.late_at >= at)
      AND (d.step_due_at < at OR d.effective_at < i.before)
$$;
CREATE VIEW v_stuck_dossiers AS SELECT * FROM stuck_dossiers(now());

-- What reaches the national portal, by what the one-stop system itself says of each unit (counters: growth within 24 hours).
CREATE FUNCTION national_sync(at timestamptz)
RETURNS TABLE (source text, unit text, unit_name text, received double precision, synchronised double precision,
               errors double precision, share double precision, lag_seconds double precision, grew_at timestamptz,
               stalled_seconds double precision, reported_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH watched AS MATERIALIZED (
        SELECT s.id, s.source, s.metric, coalesce(s.labels ->> 'unit', '') AS unit, c.time, c.value
        FROM series s JOIN series_current c ON c.series_id = s.id
        WHERE s.metric IN ('dossiers_received_total', 'dossiers_synchronised_total', 'dossiers_synchronised_ratio',
                           'dossier_sync_lag_seconds', 'national_sync_errors_total')
          AND c.time > at - interval '24 hours'
    ), hours AS (
        SELECT w.source, w.unit, w.metric, r.bucket, r.first, r.last,
               lag(r.last) OVER (PARTITION BY w.id ORDER BY r.bucket) AS before
        FROM watched w JOIN rollup_1h r ON r.series_id = w.id
        WHERE w.metric LIKE '%_total' AND r.bucket > at - interval '25 hours' AND r.bucket <= at
    ), grown AS (   -- a counter that falls began anew
        SELECT h.source, h.unit, h.metric, h.bucket,
               CASE WHEN h.last >= h.first THEN h.last - h.first ELSE h.last END
               + CASE WHEN h.before IS NULL THEN 0 WHEN h.first >= h.before THEN h.first - h.before ELSE h.first END AS growth
        FROM hours h
    ), counted AS (
        SELECT g.source, g.unit,
               sum(g.growth) FILTER (WHERE g.metric = 'dossiers_received_total') AS received,
               sum(g.growth) FILTER (WHERE g.metric = 'dossiers_synchronised_total') AS synchronised,
               sum(g.growth) FILTER (WHERE g.metric = 'national_sync_errors_total') AS errors,
               max(least(g.bucket + interval '1 hour', at))
                   FILTER (WHERE g.metric = 'dossiers_synchronised_total' AND g.growth > 0) AS grew_at
        FROM grown g GROUP BY g.source, g.unit
    ), filed AS MATERIALIZED (
        SELECT d.work_unit, count(*) AS entries FROM dossiers d
        WHERE d.filed_at > at - interval '24 hours' AND d.filed_at <= at GROUP BY d.work_unit
    ), said AS (
        SELECT w.source, w.unit, max(w.time) AS reported_at,
               max(w.value) FILTER (WHERE w.metric = 'dossiers_synchronised_ratio') AS ratio,
               max(w.value) FILTER (WHERE w.metric = 'dossier_sync_lag_seconds') AS lag,
               bool_or(w.metric = 'dossiers_synchronised_total') AS counts
        FROM watched w WHERE w.metric <> 'dossiers_received_total' GROUP BY w.source, w.unit
    )
    SELECT s.source, s.unit, coalesce(u.name, s.source), n.received, c.synchronised, coalesce(c.errors, 0),
           least(1, coalesce(s.ratio, CASE WHEN n.received >= 20 THEN c.synchronised / n.received END)), s.lag,
           c.grew_at, CASE WHEN s.counts THEN working_seconds(coalesce(c.grew_at, at - interval '24 hours'), at) END,
           s.reported_at
    FROM said s
    LEFT JOIN units u ON u.code = s.unit
    LEFT JOIN counted c ON c.source = s.source AND c.unit = s.unit
    CROSS JOIN LATERAL (
        SELECT coalesce(c.received, (SELECT sum(f.entries) FROM filed f
                                     WHERE u.parent IS NULL OR f.work_unit = u.code), 0)::float8 AS received) n
$$;
CREATE VIEW v_national_sync AS SELECT * FROM national_sync(now());

REVOKE EXECUTE ON FUNCTION silent_units, source_intake, unit_intake, backdated_entry, entry_lag, stuck_dossiers, national_sync
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION silent_units, source_intake, unit_intake, backdated_entry, entry_lag, stuck_dossiers, national_sync
    TO ioc_rules;
GRANT SELECT ON v_silent_units, v_source_intake, v_unit_intake, v_backdated_entry, v_entry_lag, v_stuck_dossiers,
                v_national_sync TO ioc_rules;
