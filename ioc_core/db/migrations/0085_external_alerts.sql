-- Alerts that other systems send, as they were sent last: what the leader makes alerts of.

CREATE TABLE external_alerts (
    fingerprint text PRIMARY KEY,                         -- of the labels as they were sent
    rule text NOT NULL,                                   -- their alertname
    severity smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),
    labels jsonb NOT NULL,                                -- without alertname and severity
    details jsonb NOT NULL,                               -- starts_at, generator_url, sender
    annotations jsonb NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,                         -- over then, unless it is sent again before
    received_at timestamptz NOT NULL,                     -- when it was sent last
    sendings bigint NOT NULL DEFAULT 1,                   -- how often it was sent: what the leader saw is told by it
    waiting boolean NOT NULL DEFAULT true                 -- the leader hasn't seen yet what was sent
) WITH (fillfactor = 50);
CREATE INDEX external_alerts_waiting ON external_alerts (received_at) WHERE waiting;
CREATE INDEX external_alerts_ends_at ON external_alerts (ends_at);

ALTER TABLE alerts
    ADD COLUMN origin text NOT NULL DEFAULT 'rule' CHECK (origin IN ('rule', 'external'));  -- who says that it holds

-- A machine that sends alerts and may do nothing else.
ALTER TABLE tokens
    DROP CONSTRAINT tokens_role_check,
    ADD CONSTRAINT tokens_role_check
        CHECK (role IN ('kiosk', 'sender', 'viewer', 'operator', 'on-call', 'leader', 'admin'));
