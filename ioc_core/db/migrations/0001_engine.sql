-- What differs between TimescaleDB (Community, Apache) and plain PostgreSQL lives in these functions alone.

CREATE FUNCTION has_timescaledb() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') $$;

-- Turn an empty table into a hypertable where the engine has them; a plain table otherwise.
CREATE FUNCTION make_hypertable(target regclass, time_column name, chunk interval) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF has_timescaledb() THEN
        EXECUTE format('SELECT create_hypertable(%L::regclass, by_range(%L, %L::interval), create_default_indexes => false)',
                       target, time_column, chunk);
    END IF;
END $$;

-- Drop what is older than `cutoff`. Returns the number of chunks (hypertables) or rows (plain tables) dropped.
CREATE FUNCTION drop_before(target regclass, time_column name, cutoff timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE dropped bigint;
BEGIN
    IF has_timescaledb() THEN
        EXECUTE format('SELECT count(*) FROM drop_chunks(%L::regclass, %L::timestamptz)', target, cutoff) INTO dropped;
    ELSE
        EXECUTE format('DELETE FROM %s WHERE %I < %L::timestamptz', target, time_column, cutoff);
        GET DIAGNOSTICS dropped = ROW_COUNT;
    END IF;
    RETURN dropped;
END $$;
