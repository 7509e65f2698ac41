-- What retention has dropped, and what keeps tables fast without hypertables.

-- Facts of a table before `floor` are gone: they are neither accepted nor rolled up any more. It never goes back.
CREATE TABLE retention_floors (
    table_name text PRIMARY KEY,
    floor timestamptz NOT NULL,
    checked_at timestamptz NOT NULL
);

-- Rows arrive about in the order of their time, so a few pages of BRIN find what is old on a plain table.
DO $$ BEGIN
    IF NOT has_timescaledb() THEN
        CREATE INDEX samples_time ON samples USING brin (time);
        CREATE INDEX probe_results_time ON probe_results USING brin (observed_at);
        CREATE INDEX rollup_1m_bucket ON rollup_1m USING brin (bucket);
    END IF;
END $$;
