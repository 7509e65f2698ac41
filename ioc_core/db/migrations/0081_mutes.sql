-- What keeps alerts from being told of: silences that people make, and the mutes that follow from them and from rules.

CREATE TABLE silences (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL DEFAULT 'silence' CHECK (kind IN ('silence', 'maintenance')),
    matchers jsonb NOT NULL,                              -- [{"name", "value", "isRegex", "isEqual"}]: all must match
    scope text,                                           -- only alerts of this unit and those below; NULL: of all
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    recurrence text,                                      -- RRULE (RFC 5545) of its beginnings; NULL: once
    until timestamptz,                                    -- no occurrence begins later; NULL: no end
    created_by text NOT NULL,
    comment text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expired_at timestamptz,                               -- ended by hand then
    over_at timestamptz,                                  -- its last occurrence ends then; NULL: none is the last
    stirred_at timestamptz,                               -- a change that the leader must still see to; NULL: none
    CHECK (recurrence IS NOT NULL OR until IS NULL)
) WITH (fillfactor = 70);
CREATE INDEX silences_stirred ON silences (id) WHERE stirred_at IS NOT NULL;
CREATE INDEX silences_running ON silences (over_at) WHERE expired_at IS NULL;
CREATE INDEX silences_created ON silences (created_at DESC, id);

-- The mutes of firing alerts as of now; the alert engine's leader keeps them in its fenced transactions.
CREATE TABLE alert_mutes (
    alert_id bigint NOT NULL REFERENCES alerts ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('silence', 'inhibited', 'dependency', 'maintenance', 'flapping', 'storm')),
    ref text NOT NULL,                                    -- which silence, rule, system, source, …
    reason text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,                                    -- NULL: until something changes
    warned_at timestamptz,                                -- when the history said that it ends soon
    PRIMARY KEY (alert_id, kind, ref)
);
CREATE INDEX alert_mutes_by_ref ON alert_mutes (kind, ref);

-- How often an alert began lately: flapping.
CREATE INDEX alerts_beginnings ON alerts (fingerprint, firing_at DESC) WHERE firing_at IS NOT NULL;

ALTER TABLE alert_history
    DROP CONSTRAINT alert_history_kind_check,
    ADD CONSTRAINT alert_history_kind_check CHECK (kind IN (
        'pending', 'firing', 'resolved', 'severity_changed', 'acknowledged', 'unacknowledged', 'ack_expired', 'assigned',
        'commented', 'snoozed', 'unsnoozed', 'closed', 'reopened', 'muted', 'unmuted', 'escalated',
        'escalation_stopped', 'digest', 'flapping', 'storm', 'way_failed', 'no_data', 'forwarded',
        'notified', 'notification_failed'));

-- What mutes alerts now, and how many.
CREATE VIEW v_mutes AS
SELECT m.kind, m.ref, coalesce(s.created_by, '') AS created_by, coalesce(s.comment, min(m.reason)) AS reason,
       min(m.since) AS since, max(m.until) AS until, count(*) AS alerts, min(a.severity)::int AS severity
FROM alert_mutes m JOIN alerts a ON a.id = m.alert_id
LEFT JOIN silences s ON m.kind IN ('silence', 'maintenance') AND s.id::text = m.ref
GROUP BY m.kind, m.ref, s.created_by, s.comment;

GRANT SELECT ON v_mutes TO ioc_rules;
