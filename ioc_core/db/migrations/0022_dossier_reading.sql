-- What screens and reports ask of a dossier, derived once when it is written; and the indexes for their pages.

-- Time that the citizen took to answer supplement requests: taken off the authority's time (Decision 766, 2.1).
CREATE FUNCTION supplement_seconds(supplements jsonb) RETURNS double precision LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF supplements = '[]'::jsonb THEN
        RETURN 0;
    END IF;
    RETURN (SELECT coalesce(sum(extract(epoch FROM (s ->> 'received_at')::timestamptz)
                                - extract(epoch FROM (s ->> 'requested_at')::timestamptz)), 0)
            FROM jsonb_array_elements(supplements) s);
END $$;

-- Whether a dossier that has ended did so in time, to the minute; NULL when that can't be told (it wasn't accepted, or
-- has no due date).
CREATE FUNCTION ended_on_time(ended_at timestamptz, accepted_at timestamptz, due_at timestamptz, supplements jsonb)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF ended_at IS NULL OR accepted_at IS NULL OR due_at IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN floor(extract(epoch FROM ended_at) / 60) * 60 - supplement_seconds(supplements)
        <= extract(epoch FROM due_at);
END $$;

ALTER TABLE dossiers
    ADD COLUMN work_unit text GENERATED ALWAYS AS (coalesce(resolving_unit, receiving_unit)) STORED,
    ADD COLUMN ended_at timestamptz GENERATED ALWAYS AS
        (CASE WHEN NOT is_open THEN coalesce(finished_at, returned_at, effective_at) END) STORED,
    ADD COLUMN on_time boolean GENERATED ALWAYS AS
        (ended_on_time(CASE WHEN NOT is_open THEN coalesce(finished_at, returned_at, effective_at) END,
                       accepted_at, due_at, supplements)) STORED;

CREATE INDEX dossiers_open_work ON dossiers (work_unit, due_at) INCLUDE (waiting_for_citizen) WHERE is_open;
CREATE INDEX dossiers_ended ON dossiers (ended_at) INCLUDE (work_unit, on_time, due_at) WHERE ended_at IS NOT NULL;
CREATE INDEX dossiers_told_code ON dossiers (told_at DESC, code DESC);
CREATE INDEX dossiers_unit_told ON dossiers (work_unit, told_at DESC, code DESC);
CREATE INDEX dossiers_procedure_told ON dossiers (procedure_code, told_at DESC, code DESC);
CREATE INDEX dossiers_code_prefix ON dossiers (code text_pattern_ops);
DROP INDEX dossiers_told;

CREATE INDEX series_labels ON series USING gin (labels jsonb_path_ops);
