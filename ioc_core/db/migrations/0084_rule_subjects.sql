-- Rules that know of what isn't there: subjects that must have data, and whether the rule files in use are the newest.

-- What a rule with a no-data policy remembers: under `alert` every subject that ever had a value, under `keep` those
-- that fire without data. The alert engine owns every row.
CREATE TABLE rule_subjects (
    rule text NOT NULL,
    fingerprint text NOT NULL,
    definition text NOT NULL,                     -- of the rule when the row was written: subjects of another are void
    labels jsonb NOT NULL,
    severity smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),   -- as last seen
    details jsonb NOT NULL,
    seen_at timestamptz NOT NULL,                 -- first seen; once it is silent: last seen
    silent_since timestamptz,                     -- the first evaluation that missed it; NULL: it has data
    held boolean NOT NULL DEFAULT false,          -- its condition held when it fell silent
    PRIMARY KEY (rule, fingerprint)
);

-- The configuration of rules and routes that is in use, and why a newer one isn't; one row.
CREATE TABLE rule_files (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    loaded_at timestamptz,                        -- when the files in use were taken over
    refused_at timestamptz,                       -- since when newer ones are refused; NULL: they are the newest
    problems text[] NOT NULL DEFAULT '{}'         -- each `file:line: what: why`
);
INSERT INTO rule_files DEFAULT VALUES;
CREATE VIEW v_rule_files AS SELECT loaded_at, refused_at, problems FROM rule_files;
GRANT SELECT ON v_rule_files TO ioc_rules;

ALTER TABLE alert_history
    DROP CONSTRAINT alert_history_kind_check,
    ADD CONSTRAINT alert_history_kind_check CHECK (kind IN (
        'pending', 'firing', 'resolved', 'severity_changed', 'acknowledged', 'unacknowledged', 'ack_expired', 'assigned',
        'commented', 'snoozed', 'unsnoozed', 'closed', 'reopened', 'muted', 'unmuted', 'escalated', 'escalation_stopped',
        'digest', 'flapping', 'storm', 'way_failed', 'no_data', 'forwarded', 'notified', 'notification_failed'));
