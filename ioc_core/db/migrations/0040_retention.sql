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

-- The roller takes the newest marks first.
CREATE INDEX rollup_marks_since ON rollup_marks (since);

-- Compress what is older than `after`, by the engine itself; true where the engine can (TimescaleDB Community).
-- Samples that come later still find their place. Safe to call again.
CREATE FUNCTION make_columnstore(target regclass, segment_by name, order_by name, after interval) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT has_timescaledb() OR current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale' THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM timescaledb_information.hypertables
                   WHERE format('%I.%I', hypertable_schema, hypertable_name)::regclass = target
                     AND compression_enabled) THEN
        EXECUTE format('ALTER TABLE %s SET (timescaledb.compress, timescaledb.compress_segmentby = %L,'
                       ' timescaledb.compress_orderby = %L)', target, quote_ident(segment_by), quote_ident(order_by));
    END IF;
    EXECUTE format('SELECT add_compression_policy(%L::regclass, %L::interval, if_not_exists => true)', target, after);
    RETURN true;
END $$;
