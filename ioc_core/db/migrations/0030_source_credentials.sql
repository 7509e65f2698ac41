-- Credentials of the sources that push: only hashes; the secret itself is shown once, when it is issued.

CREATE TABLE source_credentials (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('token', 'password')),
    username text CHECK ((kind = 'password') = (username IS NOT NULL)),
    secret_hash bytea NOT NULL UNIQUE,            -- SHA-256: secrets are random, 256 bits
    session_key bytea NOT NULL,                   -- signs the sessions opened with it
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz                        -- NULL: valid until it is rotated
);
CREATE INDEX source_credentials_source ON source_credentials (source);
