-- On call: who stands in for whom, escalations and the steps they have done, what each person was told, gaps ahead.

CREATE TABLE oncall_overrides (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rotation text NOT NULL,                               -- of config/oncall.yaml
    person text,                                          -- NULL: nobody
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    reason text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    cancelled_by text,
    cancelled_at timestamptz
);
CREATE INDEX oncall_overrides_ends ON oncall_overrides (ends_at) WHERE cancelled_at IS NULL;

-- Whom a group of alerts has gone to, and where it goes next. The leader alone writes it, in its fenced transactions.
CREATE TABLE escalations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_key text NOT NULL REFERENCES notification_groups ON DELETE CASCADE,
    policy text NOT NULL,
    round int NOT NULL DEFAULT 0,                         -- how many times all steps have been done
    step int NOT NULL DEFAULT 0,                          -- the next one, from 0
    due_at timestamptz NOT NULL,                          -- when that one is, or was, due
    state text NOT NULL CHECK (state IN ('running', 'stopped', 'finished')),
    reason text NOT NULL DEFAULT '',                      -- why it was stopped
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((state = 'running') = (ended_at IS NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX escalations_running ON escalations (group_key) WHERE state = 'running';
CREATE INDEX escalations_due ON escalations (due_at, id) WHERE state = 'running';
CREATE INDEX escalations_group ON escalations (group_key, id);

-- Every step that was done. The key keeps any from being done twice.
CREATE TABLE escalation_steps (
    escalation_id bigint NOT NULL REFERENCES escalations ON DELETE CASCADE,
    round int NOT NULL,
    step int NOT NULL,
    due_at timestamptz NOT NULL,
    done_at timestamptz NOT NULL,
    called text[] NOT NULL,                               -- receivers: person:NAME, or one of config/routes.yaml
    PRIMARY KEY (escalation_id, round, step)
);

-- Every message to a person: a page of a step, news of a group that is on its way, several of these in one (digest), or
-- that a group is over (end).
CREATE TABLE person_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('page', 'news', 'digest', 'end')),
    escalation_id bigint REFERENCES escalations ON DELETE CASCADE,
    round int,
    step int,
    channels text[] NOT NULL,                             -- by which ways: kind and place among the person's
    severity smallint NOT NULL,
    alert_ids bigint[] NOT NULL,
    called_at timestamptz NOT NULL,
    told_at timestamptz,                                  -- NULL: it waits for a digest, or was dropped
    dropped_at timestamptz,                               -- it waited, and then nobody needed to be told any more
    digest bigint REFERENCES person_messages ON DELETE SET NULL,            -- the message that told of it; NULL: it went by itself
    UNIQUE (escalation_id, round, step, person, kind)
);
CREATE INDEX person_messages_told ON person_messages (person, told_at);
CREATE INDEX person_messages_waiting ON person_messages (person, id) WHERE told_at IS NULL AND dropped_at IS NULL;
CREATE INDEX person_messages_digest ON person_messages (digest) WHERE digest IS NOT NULL;

ALTER TABLE notifications
    ADD COLUMN escalation_id bigint REFERENCES escalations ON DELETE SET NULL,
    ADD COLUMN step int;
CREATE INDEX notifications_escalation ON notifications (escalation_id) WHERE escalation_id IS NOT NULL;

-- Stretches ahead in which nobody is on call, as the leader last found them.
CREATE TABLE oncall_gaps (
    rotation text NOT NULL,
    title text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (rotation, starts_at)
);
CREATE VIEW v_oncall_gaps AS SELECT rotation, title, starts_at, ends_at FROM oncall_gaps;
GRANT SELECT ON v_oncall_gaps TO ioc_rules;

ALTER TABLE alert_history
    DROP CONSTRAINT alert_history_kind_check,
    ADD CONSTRAINT alert_history_kind_check CHECK (kind IN (
        'pending', 'firing', 'resolved', 'severity_changed', 'acknowledged', 'unacknowledged', 'ack_expired', 'assigned',
        'commented', 'snoozed', 'unsnoozed', 'closed', 'reopened', 'muted', 'unmuted', 'escalated',
        'escalation_stopped', 'digest', 'flapping', 'storm', 'way_failed', 'no_data', 'forwarded',
        'notified', 'notification_failed'));
