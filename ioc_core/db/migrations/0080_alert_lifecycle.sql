-- What people do with an alert: take it on, hand it over, put it off, close it, open it again; and one-time links.

-- closed: over by hand while the condition still holds. To the rule it goes on firing; everybody else sees it as over.
ALTER TABLE alerts
    DROP CONSTRAINT alerts_state_check,
    ADD CONSTRAINT alerts_state_check CHECK (state IN ('pending', 'firing', 'closed', 'resolved')),
    ADD COLUMN acknowledged_until timestamptz,            -- then nobody has it any more; NULL: no end
    ADD COLUMN assigned_to text,                          -- a user's name; NULL: nobody
    ADD COLUMN assigned_at timestamptz,
    ADD COLUMN snoozed_by text,
    ADD COLUMN snoozed_at timestamptz,
    ADD COLUMN snoozed_until timestamptz,                 -- until then it is no news; NULL: it isn't snoozed
    ADD COLUMN closed_by text,                            -- of the last time that it was closed by hand
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN closed_until timestamptz,                  -- then it is opened again; NULL: not by time
    ADD COLUMN close_reason text NOT NULL DEFAULT '',
    ADD COLUMN reopened_at timestamptz,
    ADD COLUMN stirred_at timestamptz,                    -- an act that the leader must still tell of; NULL: none
    ADD CONSTRAINT alerts_closed_by_somebody CHECK (state <> 'closed' OR closed_by IS NOT NULL);

-- Times that run out: whoever leads looks each second.
CREATE INDEX alerts_timers ON alerts (least(acknowledged_until, snoozed_until, closed_until))
    WHERE state <> 'resolved' AND least(acknowledged_until, snoozed_until, closed_until) IS NOT NULL;
CREATE INDEX alerts_stirred ON alerts (id) WHERE stirred_at IS NOT NULL;
CREATE INDEX alerts_assigned ON alerts (assigned_to, id) WHERE assigned_to IS NOT NULL;

ALTER TABLE alert_history
    DROP CONSTRAINT alert_history_kind_check,
    ADD CONSTRAINT alert_history_kind_check CHECK (kind IN (
        'pending', 'firing', 'resolved', 'severity_changed', 'acknowledged', 'unacknowledged', 'ack_expired', 'assigned',
        'commented', 'snoozed', 'unsnoozed', 'closed', 'reopened', 'muted', 'unmuted', 'escalated', 'flapping', 'storm',
        'notified', 'notification_failed')),
    ADD COLUMN until timestamptz,                         -- acknowledged, snoozed or closed until then
    ADD COLUMN person text NOT NULL DEFAULT '';           -- whom it was given to, or taken from

-- Keys that this centre made for itself, once.
CREATE TABLE signing_keys (
    name text PRIMARY KEY,
    key bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO signing_keys (name, key)
VALUES ('alert-links', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

-- One-time links in messages, from their use on: the token says which notification, who had it is that one's receiver.
CREATE TABLE alert_links (
    notification text PRIMARY KEY REFERENCES notifications (idempotency_key) ON DELETE CASCADE,
    action text NOT NULL,                                 -- what was chosen: acknowledge, snooze
    used_at timestamptz NOT NULL,
    used_by text NOT NULL,                                -- as the history of its alerts calls them
    address text NOT NULL,
    alert_ids bigint[] NOT NULL                           -- the alerts that it changed
);
