-- Channels: how often each may send, whose turn it is, and tokens that a service changes with each use.

ALTER TABLE alert_history
    DROP CONSTRAINT alert_history_kind_check,
    ADD CONSTRAINT alert_history_kind_check CHECK (kind IN (
        'pending', 'firing', 'resolved', 'severity_changed', 'acknowledged', 'unacknowledged', 'ack_expired', 'assigned',
        'commented', 'snoozed', 'unsnoozed', 'closed', 'reopened', 'muted', 'unmuted', 'escalated', 'escalation_stopped',
        'digest', 'flapping', 'storm', 'way_failed', 'no_data', 'forwarded', 'notified', 'notification_failed'));

-- What shares a limit: a receiver's channel; for persons' contact ways all of one kind, for they share a gateway.
ALTER TABLE notifications
    ADD COLUMN bucket text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN receiver LIKE 'person:%' THEN 'person: ' || split_part(channel, '/', 1)
             ELSE receiver || ' ' || channel END) STORED;
CREATE INDEX notifications_bucket ON notifications (bucket, severity, id) WHERE state = 'queued';

CREATE TABLE channel_rates (
    bucket text PRIMARY KEY,
    full_at timestamptz NOT NULL                          -- when all of its messages may be sent at once again
) WITH (fillfactor = 50);

-- Zalo's refresh token is good for one use and changes with it. Nobody but the owner may read this.
CREATE TABLE zalo_tokens (
    app_id text PRIMARY KEY,
    seed bytea NOT NULL,                                  -- SHA-256 of the refresh token that an operator gave
    refresh_token text NOT NULL,                          -- the one to use next
    access_token text,
    access_until timestamptz,
    refreshed_at timestamptz
);
REVOKE ALL ON zalo_tokens FROM PUBLIC;
