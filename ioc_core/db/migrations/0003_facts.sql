-- What the writer stores: facts, current state, stream positions.

-- Which messages of which stream are in the database: written in the same transaction as their facts.
CREATE TABLE stream_positions (
    stream text PRIMARY KEY,              -- name and creation time: a stream made anew is another stream
    applied int8multirange NOT NULL DEFAULT '{}'
);

-- Every source that was ever heard of; `config/sources` says what is expected of it.
CREATE TABLE sources (
    name text PRIMARY KEY,
    kind text NOT NULL DEFAULT 'unknown',
    title text,
    unit text,
    system text,
    expected_within_seconds double precision,   -- silent after this; NULL: never called silent
    working_time_only boolean NOT NULL DEFAULT false,
    retired boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);

-- Counters of a source, apart from its description: this row is updated with every batch.
CREATE TABLE source_activity (
    source text PRIMARY KEY,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,          -- by our clock
    last_observed_at timestamptz NOT NULL,      -- by the source's clock
    events_total bigint NOT NULL DEFAULT 0,
    rejected_total bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE series (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    metric text NOT NULL,
    labels jsonb NOT NULL,
    UNIQUE (metric, source, labels)
);

CREATE TABLE samples (
    series_id int NOT NULL,
    time timestamptz NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (series_id, time)
);
SELECT make_hypertable('samples', 'time', interval '1 day');

CREATE TABLE series_current (
    series_id int PRIMARY KEY,
    time timestamptz NOT NULL,
    value double precision NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE dossier_events (
    code text NOT NULL,
    content_id text NOT NULL,                   -- the same update again has the same id
    observed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,           -- of its first arrival
    source text NOT NULL,
    record boolean NOT NULL,
    status smallint NOT NULL,
    resolving_unit text,
    step_department text,
    body jsonb NOT NULL,                        -- the whole DossierEvent
    PRIMARY KEY (code, content_id, observed_at)
);
SELECT make_hypertable('dossier_events', 'observed_at', interval '30 days');
CREATE INDEX ON dossier_events (observed_at DESC);

CREATE TABLE dossiers (
    code text PRIMARY KEY,
    source text NOT NULL,
    status smallint NOT NULL,
    effective_at timestamptz NOT NULL,
    told_at timestamptz NOT NULL,
    content_id text NOT NULL,
    receiving_unit text,
    resolving_unit text,
    receiving_text text,
    resolving_text text,
    procedure_code text,
    procedure_name text,
    field_code text,
    field_name text,
    channel smallint,
    filed_at timestamptz,
    accepted_at timestamptz,
    due_at timestamptz,
    finished_at timestamptz,
    returned_at timestamptz,
    supplements jsonb NOT NULL DEFAULT '[]',
    paid_online boolean,
    electronic_result boolean,
    step_department text,
    step_due_at timestamptz,
    step_effective_at timestamptz,
    step_content_id text NOT NULL DEFAULT '',
    record_effective_at timestamptz,
    record_told_at timestamptz,
    record_content_id text NOT NULL DEFAULT '',
    is_open boolean NOT NULL,
    waiting_for_citizen boolean NOT NULL         -- an unanswered supplement or fee request
) WITH (fillfactor = 80);
CREATE INDEX dossiers_open_due ON dossiers (due_at) WHERE is_open;
CREATE INDEX dossiers_open_unit ON dossiers (resolving_unit) WHERE is_open;
CREATE INDEX dossiers_filed ON dossiers (filed_at);
CREATE INDEX dossiers_finished ON dossiers (finished_at);
CREATE INDEX dossiers_told ON dossiers (told_at DESC);

CREATE TABLE probe_results (
    target text NOT NULL,
    observed_at timestamptz NOT NULL,
    kind text NOT NULL,
    success boolean NOT NULL,
    duration_seconds double precision NOT NULL,
    phases jsonb NOT NULL,
    status_code int,
    certificate_not_after timestamptz,
    error text,
    PRIMARY KEY (target, observed_at)
);
SELECT make_hypertable('probe_results', 'observed_at', interval '7 days');

CREATE TABLE probe_current (
    target text PRIMARY KEY,
    source text NOT NULL,
    kind text NOT NULL,
    system text,
    unit text,
    observed_at timestamptz NOT NULL,
    success boolean NOT NULL,
    changed_at timestamptz NOT NULL,            -- since when `success` has this value
    duration_seconds double precision NOT NULL,
    status_code int,
    certificate_not_after timestamptz,
    error text
) WITH (fillfactor = 50);

CREATE TABLE security_events (
    source text NOT NULL,
    event_id text NOT NULL,
    observed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    event_category text NOT NULL,
    event_severity smallint NOT NULL,
    message text NOT NULL,
    event_action text,
    event_outcome text,
    host_name text,
    source_ip text,
    user_name text,
    rule_name text,
    process_name text,
    unit text,
    system text,
    raw text NOT NULL,
    PRIMARY KEY (source, event_id, observed_at)
);
SELECT make_hypertable('security_events', 'observed_at', interval '7 days');
CREATE INDEX ON security_events (observed_at DESC);
CREATE INDEX ON security_events (event_severity, observed_at DESC) WHERE event_severity >= 70;

CREATE TABLE rejected (
    id text NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    port text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    raw bytea NOT NULL,
    PRIMARY KEY (id, received_at)
);
SELECT make_hypertable('rejected', 'received_at', interval '7 days');
CREATE INDEX ON rejected (received_at DESC);

-- Stretches of samples whose rollups must be made again (whole minutes, `upto` excluded, within one UTC hour); append
-- only, so that the writer never waits for the roller.
CREATE TABLE rollup_marks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    since timestamptz NOT NULL,
    upto timestamptz NOT NULL,
    series int[] NOT NULL
);

CREATE TABLE rollup_1m (
    series_id int NOT NULL,
    bucket timestamptz NOT NULL,
    count bigint NOT NULL,
    sum double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    first double precision NOT NULL,
    last double precision NOT NULL,
    PRIMARY KEY (series_id, bucket)
);
SELECT make_hypertable('rollup_1m', 'bucket', interval '7 days');
CREATE TABLE rollup_1h (LIKE rollup_1m INCLUDING ALL);
SELECT make_hypertable('rollup_1h', 'bucket', interval '90 days');
CREATE TABLE rollup_1d (LIKE rollup_1m INCLUDING ALL);   -- days of the province's time zone
SELECT make_hypertable('rollup_1d', 'bucket', interval '730 days');
