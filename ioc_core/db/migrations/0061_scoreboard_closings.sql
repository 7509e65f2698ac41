-- Closed months of the scoreboard of Decision 766, each version of each closing for good, and the running month day by day.

CREATE TABLE scoreboard_closings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    version int NOT NULL CHECK (version >= 1),          -- of this month: 1, 2, …
    definition jsonb NOT NULL,                          -- indicators, maxima, targets and grades that it was scored by
    closed_at timestamptz NOT NULL,
    closed_by text NOT NULL,                            -- as in audit_log; system: by itself
    reason text NOT NULL DEFAULT '',
    reopened_at timestamptz,
    reopened_by text,
    reopen_reason text,
    UNIQUE (month, version),
    CHECK (num_nonnulls(reopened_at, reopened_by, reopen_reason) IN (0, 3)),
    CHECK (version = 1 OR reason <> ''),
    CHECK (reopen_reason <> '')
);

CREATE TABLE scoreboard_closed_units (
    closing bigint NOT NULL REFERENCES scoreboard_closings,
    unit text NOT NULL,                                 -- unmapped: what no unit of the catalogue answers for
    name text NOT NULL,
    peers text NOT NULL,
    parent text,
    PRIMARY KEY (closing, unit)
);

-- What isn't there wasn't measured.
CREATE TABLE scoreboard_closed_counts (
    closing bigint NOT NULL REFERENCES scoreboard_closings,
    unit text NOT NULL,
    indicator text NOT NULL,
    numerator double precision NOT NULL,
    denominator double precision NOT NULL CHECK (denominator > 0),
    PRIMARY KEY (closing, unit, indicator),
    FOREIGN KEY (closing, unit) REFERENCES scoreboard_closed_units
);

-- Of a closing only its re-opening may be added, once; its figures never change.
CREATE FUNCTION refuse_closing_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a closing of the scoreboard is kept as it is' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION allow_reopening_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.reopened_at IS NULL
       AND to_jsonb(NEW) - '{reopened_at,reopened_by,reopen_reason}'::text[]
           = to_jsonb(OLD) - '{reopened_at,reopened_by,reopen_reason}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a closing of the scoreboard is kept as it is' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER scoreboard_closings_reopened BEFORE UPDATE ON scoreboard_closings
    FOR EACH ROW EXECUTE FUNCTION allow_reopening_once();
CREATE TRIGGER scoreboard_closings_kept BEFORE DELETE ON scoreboard_closings
    FOR EACH ROW EXECUTE FUNCTION refuse_closing_change();
CREATE TRIGGER scoreboard_closed_units_kept BEFORE UPDATE OR DELETE ON scoreboard_closed_units
    FOR EACH ROW EXECUTE FUNCTION refuse_closing_change();
CREATE TRIGGER scoreboard_closed_counts_kept BEFORE UPDATE OR DELETE ON scoreboard_closed_counts
    FOR EACH ROW EXECUTE FUNCTION refuse_closing_change();
DO $$
DECLARE kept text;
BEGIN
    FOREACH kept IN ARRAY '{scoreboard_closings,scoreboard_closed_units,scoreboard_closed_counts}'::text[] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                        EXECUTE FUNCTION refuse_closing_change()', kept || '_not_emptied', kept);
    END LOOP;
END $$;

-- The figures of closed months with their points and targets, for reports in SQL.
CREATE VIEW v_scoreboard_closed AS
SELECT c.month, c.version, c.closed_at, c.closed_by, c.reopened_at, u.unit, u.name AS unit_name, u.peers, u.parent,
       n.indicator, n.numerator, n.denominator, (i.value ->> 'maximum')::double precision AS maximum,
       (i.value ->> 'full_at')::double precision AS full_at
FROM scoreboard_closings c
JOIN scoreboard_closed_units u ON u.closing = c.id
JOIN scoreboard_closed_counts n ON n.closing = u.closing AND n.unit = u.unit
JOIN LATERAL jsonb_path_query(c.definition, '$.groups[*].indicators[*]') AS i(value) ON i.value ->> 'id' = n.indicator;

-- The running month at the end of each of its days, so that tomorrow can be held against today as it was known then.
CREATE TABLE scoreboard_days (
    day date PRIMARY KEY,
    taken_at timestamptz NOT NULL
);
CREATE TABLE scoreboard_day_counts (
    day date NOT NULL REFERENCES scoreboard_days ON DELETE CASCADE,
    unit text NOT NULL,
    indicator text NOT NULL,
    numerator double precision NOT NULL,
    denominator double precision NOT NULL,
    PRIMARY KEY (day, unit, indicator)
);
