-- The catalogues of config/, mirrored for joins. `ioc db migrate` and every start bring them up to date.

CREATE TABLE units (
    code text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('province', 'department', 'district', 'commune')),
    name text NOT NULL,
    short_name text NOT NULL,
    parent text REFERENCES units DEFERRABLE INITIALLY DEFERRED,
    valid_from date,
    valid_to date,
    predecessors text[] NOT NULL DEFAULT '{}',
    latitude double precision,
    longitude double precision,
    national_id text
);

CREATE TABLE procedures (
    code text PRIMARY KEY,
    name text NOT NULL,
    field_code text NOT NULL,
    field_name text NOT NULL,
    level text NOT NULL,
    statutory_time double precision,
    statutory_unit text,
    fee_vnd bigint NOT NULL DEFAULT 0
);

CREATE TABLE systems (
    code text PRIMARY KEY,
    name text NOT NULL,
    owner text,
    security_level smallint,
    contact text,
    depends_on text[] NOT NULL DEFAULT '{}'
);

-- Working time: one row a working period; `worked_before` is the working time since the first row, in seconds.
CREATE TABLE working_periods (
    start_at timestamptz PRIMARY KEY,
    end_at timestamptz NOT NULL,
    worked_before double precision NOT NULL
);

-- Working seconds since the calendar began.
CREATE FUNCTION working_clock(at timestamptz) RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT worked_before + extract(epoch FROM least(at, end_at) - start_at)::double precision
                     FROM working_periods WHERE start_at <= at ORDER BY start_at DESC LIMIT 1), 0)
$$;

-- Working seconds between two instants; negative when `upto` is before `since`.
CREATE FUNCTION working_seconds(since timestamptz, upto timestamptz) RETURNS double precision LANGUAGE sql STABLE AS
$$ SELECT working_clock(upto) - working_clock(since) $$;

-- The first instant at which `seconds` (> 0) of working time have passed since `since`.
CREATE FUNCTION add_working_seconds(since timestamptz, seconds double precision) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT start_at + make_interval(secs => working_clock(since) + seconds - worked_before)
    FROM working_periods
    WHERE worked_before < working_clock(since) + seconds ORDER BY worked_before DESC LIMIT 1
$$;

CREATE INDEX ON working_periods (worked_before);
