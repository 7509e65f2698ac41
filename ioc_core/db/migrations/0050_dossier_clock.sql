-- How each dossier stands by the clock of Decision 766, derived from its whole history when it is written
-- (ioc_core/dossier; docs/decisions/0008). What time alone changes is a comparison with `late_at`.

DROP INDEX dossiers_ended, dossiers_open_work, dossiers_open_unit, dossiers_finished;
ALTER TABLE dossiers
    DROP COLUMN on_time,
    DROP COLUMN ended_at,
    DROP COLUMN step_effective_at,
    DROP COLUMN step_content_id,
    DROP COLUMN record_effective_at,
    DROP COLUMN record_told_at,
    DROP COLUMN record_content_id,
    ADD COLUMN marks bytea NOT NULL DEFAULT '',    -- every message, in short; empty: to be made from dossier_events
    ADD COLUMN record_mark bigint,
    ADD COLUMN step_mark bigint,
    ADD COLUMN papers_digitised boolean,
    ADD COLUMN papers_reused boolean,
    ADD COLUMN papers_from_store boolean,
    ADD COLUMN population_data boolean,
    ADD COLUMN fee_vnd bigint,
    ADD COLUMN first_told_at timestamptz,
    ADD COLUMN ended_at timestamptz,               -- end of processing; NULL: it runs
    ADD COLUMN end_status smallint,
    ADD COLUMN entered_at timestamptz,             -- when the system was told of the end
    ADD COLUMN entered_late boolean NOT NULL DEFAULT false,   -- ended in time, entered late: overdue by entry
    ADD COLUMN requests smallint NOT NULL DEFAULT 0,          -- supplement requests
    ADD COLUMN waited_seconds double precision NOT NULL DEFAULT 0,
    ADD COLUMN waiting_since timestamptz,          -- a supplement or fee request stands unanswered
    ADD COLUMN deadline_at timestamptz,            -- term with the time waited
    ADD COLUMN late_at timestamptz,                -- while it runs, overdue after this instant; NULL: never
    ADD COLUMN late_clock double precision,        -- late_at in working seconds (working_clock)
    ADD COLUMN lateness smallint,                  -- 1 early, 2 on time, 3 late; NULL: it runs, or can't be told
    ADD COLUMN accept_by timestamptz;              -- filed online, not yet accepted: until when it must be

-- Until the writer has made them anew, rows of before stand as they stood.
UPDATE dossiers SET
    first_told_at = told_at,
    ended_at = CASE WHEN NOT is_open THEN coalesce(finished_at, returned_at, effective_at) END,
    end_status = CASE WHEN NOT is_open THEN status END,
    lateness = CASE ended_on_time(CASE WHEN NOT is_open THEN coalesce(finished_at, returned_at, effective_at) END,
                                  accepted_at, due_at, supplements) WHEN true THEN 2 WHEN false THEN 3 END,
    waited_seconds = supplement_seconds(supplements),
    waiting_since = CASE WHEN waiting_for_citizen THEN effective_at END,
    deadline_at = due_at,
    late_at = CASE WHEN accepted_at IS NOT NULL AND NOT waiting_for_citizen THEN due_at END,
    late_clock = CASE WHEN accepted_at IS NOT NULL AND NOT waiting_for_citizen THEN working_clock(due_at) END,
    accept_by = CASE WHEN is_open AND status = 1 AND channel = 2 THEN add_working_seconds(filed_at, 28800) END;
DROP FUNCTION ended_on_time, supplement_seconds, waited_for_citizen;

ALTER TABLE dossiers
    ALTER COLUMN first_told_at SET NOT NULL,
    ADD COLUMN on_time boolean GENERATED ALWAYS AS (lateness <= 2) STORED;

CREATE INDEX dossiers_open_work ON dossiers (work_unit, late_at) INCLUDE (waiting_for_citizen, late_clock) WHERE is_open;
CREATE INDEX dossiers_open_late ON dossiers (late_at) WHERE is_open;
CREATE INDEX dossiers_open_clock ON dossiers (late_clock) WHERE is_open;
CREATE INDEX dossiers_accept_by ON dossiers (accept_by) WHERE is_open AND accept_by IS NOT NULL;
CREATE INDEX dossiers_ended ON dossiers (ended_at) INCLUDE (work_unit, lateness, accepted_at) WHERE ended_at IS NOT NULL;

ALTER TABLE procedures
    ADD COLUMN service_level text,
    ADD COLUMN service_mode text,
    ADD COLUMN needs_paper_result boolean NOT NULL DEFAULT false;

-- config/calendar.yaml beside the periods; one row. `judged_by`: the clock that every row of dossiers was judged by.
CREATE TABLE clock_rules (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    due_soon double precision[] NOT NULL DEFAULT '{86400,28800,14400}',   -- working seconds left: tiers 3, 2, 1
    acceptance_seconds double precision NOT NULL DEFAULT 28800,
    judged_by text NOT NULL DEFAULT ''
);
INSERT INTO clock_rules DEFAULT VALUES;

-- One word for how a dossier stands at an instant (ioc_core/dossier/standing.py says the same). `clock`:
-- working_clock(at); `due_soon`: working seconds left, the longest first.
CREATE FUNCTION dossier_standing(
    accepted_at timestamptz, ended_at timestamptz, lateness smallint, entered_late boolean, waiting_since timestamptz,
    late_at timestamptz, late_clock double precision, accept_by timestamptz,
    at timestamptz, clock double precision, due_soon double precision[]
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN ended_at IS NOT NULL THEN
            CASE WHEN accepted_at IS NULL THEN 'refused'
                 WHEN entered_late THEN 'entered_late'
                 WHEN lateness = 1 THEN 'early'
                 WHEN lateness = 2 THEN 'on_time'
                 WHEN lateness = 3 THEN 'late'
                 ELSE 'unmeasured' END
        WHEN accepted_at IS NULL THEN CASE WHEN accept_by < at THEN 'unaccepted' ELSE 'registered' END
        WHEN late_at < at THEN 'overdue'
        WHEN waiting_since IS NOT NULL THEN 'waiting'
        WHEN late_clock - clock <= due_soon[3] THEN 'due_soon_1'
        WHEN late_clock - clock <= due_soon[2] THEN 'due_soon_2'
        WHEN late_clock - clock <= due_soon[1] THEN 'due_soon_3'
        ELSE 'running' END
$$;

CREATE VIEW v_dossiers AS
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
CROSS JOIN (SELECT working_clock(now()) AS clock, due_soon FROM clock_rules) c
LEFT JOIN units u ON u.code = d.work_unit
LEFT JOIN procedures p ON p.code = d.procedure_code;

CREATE OR REPLACE VIEW v_open_dossiers AS
SELECT d.code,
       coalesce(d.resolving_unit, d.receiving_unit, 'unmapped') AS unit,
       coalesce(u.name, d.resolving_text, d.receiving_text, 'Chưa ánh xạ') AS unit_name,
       coalesce(d.receiving_unit, 'unmapped') AS receiving_unit,
       coalesce(d.procedure_code, '') AS procedure_code,
       coalesce(p.name, d.procedure_name, '') AS procedure_name,
       coalesce(p.field_name, d.field_name, '') AS field_name,
       d.channel,
       d.status,
       d.filed_at,
       d.accepted_at,
       d.due_at,
       d.step_department,
       d.waiting_for_citizen,
       d.told_at,
       coalesce(d.late_at < now(), false) AS overdue,
       coalesce(greatest(extract(epoch FROM now() - d.late_at), 0), 0)::double precision AS overdue_seconds,
       d.late_at,
       d.late_clock,
       d.deadline_at,
       d.accept_by,
       d.waiting_since,
       d.requests,
       d.step_due_at,
       d.effective_at
FROM dossiers d
LEFT JOIN units u ON u.code = coalesce(d.resolving_unit, d.receiving_unit)
LEFT JOIN procedures p ON p.code = d.procedure_code
WHERE d.is_open;

GRANT SELECT ON v_dossiers, clock_rules TO ioc_rules;
