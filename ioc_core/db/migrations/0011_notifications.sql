-- Who leads, how each rule's evaluation goes, what each group of alerts was told, and the outbox of notifications.

-- One row. A leader raises `epoch` when it takes over; every write of its alerts checks that the epoch is still its own.
CREATE TABLE alert_leader (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch bigint NOT NULL,
    leader text NOT NULL,
    since timestamptz NOT NULL
);
INSERT INTO alert_leader (epoch, leader, since) VALUES (0, '', now());

CREATE TABLE rule_evaluations (
    rule text PRIMARY KEY,
    rule_group text NOT NULL,
    file text NOT NULL,
    line int NOT NULL,
    severity text NOT NULL,                     -- 1 to 4, or the column that says it
    evaluated_at timestamptz,
    ok_at timestamptz,                          -- of the last evaluation that succeeded
    failing_since timestamptz,                  -- NULL: the last one succeeded
    error_at timestamptz,
    error text NOT NULL DEFAULT '',
    duration_seconds double precision,
    rows int
) WITH (fillfactor = 50);

-- A group of alerts that one receiver is told of together.
CREATE TABLE notification_groups (
    key text PRIMARY KEY,                       -- of receiver, route and the labels grouped by
    receiver text NOT NULL,
    labels jsonb NOT NULL,
    group_wait interval NOT NULL,
    group_interval interval NOT NULL,
    repeat_interval interval NOT NULL,
    notified_at timestamptz,                    -- when the last notification was written to the outbox
    due_at timestamptz,                         -- when it must be looked at again; NULL: when something changes
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX notification_groups_due ON notification_groups (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE notification_members (
    group_key text NOT NULL REFERENCES notification_groups ON DELETE CASCADE,
    alert_id bigint NOT NULL REFERENCES alerts ON DELETE CASCADE,
    news_at timestamptz,                        -- since when there is something new to tell of it; NULL: all is told
    told_severity smallint,                     -- as last told while firing; NULL: never told
    PRIMARY KEY (group_key, alert_id)
);
CREATE INDEX notification_members_alert ON notification_members (alert_id);

-- The outbox: one row a notification and channel.
CREATE TABLE notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idempotency_key text NOT NULL UNIQUE,
    group_key text NOT NULL,
    receiver text NOT NULL,
    channel text NOT NULL,                      -- its kind, and its place in the receiver: webhook/0
    severity smallint NOT NULL,                 -- the gravest told of; graver ones are sent first
    message jsonb NOT NULL,
    alert_ids bigint[] NOT NULL,
    observed_at timestamptz NOT NULL,           -- when what it tells of was committed: delay is counted from here
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,            -- retries end here
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
    attempts int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    leased_by text,
    leased_until timestamptz,
    error text NOT NULL DEFAULT '',
    finished_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX notifications_queued ON notifications (next_attempt_at) WHERE state = 'queued';
CREATE INDEX notifications_order ON notifications (group_key, channel, id) WHERE state = 'queued';
CREATE INDEX notifications_finished ON notifications (finished_at) WHERE state <> 'queued';

CREATE VIEW v_rule_evaluations AS
SELECT rule, rule_group, file, line, evaluated_at, ok_at, failing_since, error, duration_seconds, rows
FROM rule_evaluations;

CREATE VIEW v_notifications AS
SELECT id, receiver, channel, severity, state, attempts, created_at, next_attempt_at, finished_at, error
FROM notifications;

GRANT SELECT ON v_rule_evaluations, v_notifications TO ioc_rules;
