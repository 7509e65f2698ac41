-- Makes buckets of `target` anew, whole, from what `source` holds of some series from `since` (a bucket's beginning) up
-- to `upto`; returns how many. `unit`: minute, hour or day of the clock of `zone`. One caller at a time.
CREATE FUNCTION roll_up(target regclass, source regclass, members int[], since timestamptz, upto timestamptz,
                        unit text, zone text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    raw boolean := source = 'samples'::regclass;
    at text := CASE WHEN raw THEN 'time' ELSE 'bucket' END;
    -- Where the engine has them, its own aggregates: they needn't sort each bucket.
    ends text := CASE WHEN has_timescaledb() THEN 'first(%1$I, %3$I), last(%2$I, %3$I)'
                      ELSE '(array_agg(%1$I ORDER BY %3$I))[1], (array_agg(%2$I ORDER BY %3$I DESC))[1]' END;
    made bigint;
BEGIN
    -- Minutes are many and nearly always new, so clearing their place costs less than asking for each whether it is
    -- there; hours and days are few and nearly always there.
    IF raw THEN
        EXECUTE format('DELETE FROM %s WHERE series_id = ANY ($1) AND bucket >= $2 AND bucket < $3', target)
        USING members, since, upto;
    END IF;
    EXECUTE format('INSERT INTO %s (series_id, bucket, count, sum, min, max, first, last)
                    SELECT series_id, date_trunc(%L, %I, %L) AS whole, %s, %s
                    FROM %s WHERE series_id = ANY ($1) AND %I >= $2 AND %I < $3
                    GROUP BY series_id, whole %s',
                   target, unit, at, zone,
                   CASE WHEN raw THEN 'count(*), sum(value), min(value), max(value)'
                        ELSE 'sum(count), sum(sum), min(min), max(max)' END,
                   CASE WHEN raw THEN format(ends, 'value', 'value', 'time')
                        ELSE format(ends, 'first', 'last', 'bucket') END,
                   source, at, at,
                   CASE WHEN raw THEN '' ELSE
                       'ON CONFLICT (series_id, bucket) DO UPDATE SET
                            count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
                            first = excluded.first, last = excluded.last' END)
    USING members, since, upto;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;
