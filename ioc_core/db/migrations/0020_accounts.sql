-- People, machines and screens that use the API. Secrets are stored only as hashes.

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9._-]{1,62}$'),
    full_name text NOT NULL DEFAULT '',
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'on-call', 'leader', 'admin')),
    scope text,                                 -- a unit's code: that unit and all below; NULL: the province
    password_hash text NOT NULL,                -- argon2id, PHC string
    password_changed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz
);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,               -- SHA-256 of the token
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    address text NOT NULL DEFAULT ''
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    token_hash bytea NOT NULL UNIQUE,
    role text NOT NULL CHECK (role IN ('kiosk', 'viewer', 'operator', 'on-call', 'leader', 'admin')),
    scope text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX tokens_live ON tokens (name) WHERE revoked_at IS NULL;

-- Admits to the live feed once, in place of the credential it was issued for: browsers can't send a header there.
CREATE TABLE feed_tickets (
    ticket_hash bytea PRIMARY KEY,
    session_hash bytea REFERENCES sessions ON DELETE CASCADE,
    token_id bigint REFERENCES tokens ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    CHECK (num_nonnulls(session_hash, token_id) = 1)
);
CREATE INDEX feed_tickets_expires ON feed_tickets (expires_at);
CREATE INDEX feed_tickets_session ON feed_tickets (session_hash);
CREATE INDEX feed_tickets_token ON feed_tickets (token_id);

-- A leaky bucket for each user name and each address: `level` attempts at `at`, leaking at a steady rate.
CREATE TABLE sign_in_attempts (
    key text PRIMARY KEY,
    level double precision NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 70);

-- The unit itself and all below it, of all times.
CREATE FUNCTION units_within(scope text) RETURNS text[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE within AS (
        SELECT scope AS code
        UNION
        SELECT u.code FROM units u JOIN within w ON u.parent = w.code
    )
    SELECT array_agg(code) FROM within
$$;
