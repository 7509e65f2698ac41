-- Alert state. The alert engine owns every row; people act on them through ioc_core.alert_actions.

CREATE TABLE alerts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,   -- one episode: from pending to resolved
    fingerprint text NOT NULL,                            -- of rule and labels
    rule text NOT NULL,
    severity smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),
    labels jsonb NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',                  -- columns of the rule's row that aren't identity
    annotations jsonb NOT NULL DEFAULT '{}',              -- summary, description, runbook_url: rendered
    content_id text NOT NULL DEFAULT '',                  -- of severity, value, details and annotations as written
    value double precision,
    unit text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
    pending_at timestamptz NOT NULL,
    firing_at timestamptz,
    absent_since timestamptz,                             -- firing on by keep_firing_for: the condition ended then
    resolved_at timestamptz,
    acknowledged_by text,
    acknowledged_at timestamptz,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX alerts_live ON alerts (fingerprint) WHERE state <> 'resolved';
CREATE INDEX alerts_by_state ON alerts (state, severity, firing_at);
CREATE INDEX alerts_firing_at ON alerts (firing_at DESC);
CREATE INDEX alerts_resolved_at ON alerts (resolved_at) WHERE state = 'resolved';

-- Everything that happened to an alert, in order.
CREATE TABLE alert_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES alerts ON DELETE CASCADE,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('pending', 'firing', 'resolved', 'severity_changed', 'acknowledged',
                                       'commented', 'notified', 'notification_failed')),
    actor text NOT NULL,                                  -- a user name, or 'engine'
    note text NOT NULL DEFAULT ''
);
CREATE INDEX ON alert_history (alert_id, at);
