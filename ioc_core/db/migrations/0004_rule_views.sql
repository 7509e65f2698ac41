-- The documented views: all that a rule, and a person with SQL, may read (docs/rules.md describes each column).

CREATE VIEW v_open_dossiers AS
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
       (d.due_at < now() AND NOT d.waiting_for_citizen) AS overdue,
       greatest(extract(epoch FROM now() - d.due_at), 0)::double precision AS overdue_seconds
FROM dossiers d
LEFT JOIN units u ON u.code = coalesce(d.resolving_unit, d.receiving_unit)
LEFT JOIN procedures p ON p.code = d.procedure_code
WHERE d.is_open;

CREATE VIEW v_probes AS
SELECT p.target, p.source, p.kind, coalesce(p.system, '') AS system, coalesce(s.name, p.target) AS system_name,
       coalesce(p.unit, '') AS unit, coalesce(u.name, '') AS unit_name,
       p.success, p.changed_at, p.observed_at, p.duration_seconds, p.status_code, p.error,
       p.certificate_not_after,
       extract(epoch FROM p.certificate_not_after - now())::double precision / 86400 AS certificate_days_left
FROM probe_current p
LEFT JOIN systems s ON s.code = p.system
LEFT JOIN units u ON u.code = p.unit;

CREATE VIEW v_sources AS
SELECT s.name AS source, s.kind, coalesce(s.title, s.name) AS title, coalesce(s.unit, '') AS unit,
       coalesce(s.system, '') AS system, s.expected_within_seconds, s.working_time_only,
       a.last_seen_at, coalesce(a.events_total, 0) AS events_total, coalesce(a.rejected_total, 0) AS rejected_total,
       CASE WHEN a.last_seen_at IS NULL THEN NULL
            WHEN s.working_time_only THEN working_seconds(a.last_seen_at, now())
            ELSE extract(epoch FROM now() - a.last_seen_at) END::double precision AS silent_seconds
FROM sources s LEFT JOIN source_activity a ON a.source = s.name
WHERE NOT s.retired;

CREATE VIEW v_security_events AS
SELECT source, event_id, observed_at, received_at, event_category, event_severity, message, event_action,
       event_outcome, coalesce(host_name, '') AS host_name, coalesce(source_ip, '') AS source_ip,
       coalesce(user_name, '') AS user_name, coalesce(rule_name, '') AS rule_name,
       coalesce(unit, '') AS unit, coalesce(system, '') AS system
FROM security_events;

CREATE VIEW v_series AS
SELECT s.id AS series_id, s.source, s.metric, s.labels, c.time, c.value
FROM series s JOIN series_current c ON c.series_id = s.id;

CREATE VIEW v_samples AS
SELECT s.source, s.metric, s.labels, x.time, x.value FROM samples x JOIN series s ON s.id = x.series_id;

CREATE VIEW v_rejected AS
SELECT r.source, coalesce(s.title, r.source) AS title, r.received_at, r.port, r.reason, r.detail
FROM rejected r LEFT JOIN sources s ON s.name = r.source;

-- The role that evaluates rules. A role belongs to the whole server, so it may be there already.
DO $$ BEGIN
    CREATE ROLE ioc_rules NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA public TO ioc_rules;
GRANT SELECT ON v_open_dossiers, v_probes, v_sources, v_security_events, v_series, v_samples, v_rejected,
                units, procedures, systems, working_periods TO ioc_rules;
DO $$ BEGIN EXECUTE format('GRANT ioc_rules TO %I', current_user); END $$;
