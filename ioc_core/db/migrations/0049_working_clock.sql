-- Working time to the second, and many times faster: the functions hold the calendar as sorted arrays.
--
-- `working_periods` stays what is true: whenever it changes, a trigger writes the functions anew from its rows, in the
-- same transaction. A constant array is searched where it lies, so a call costs some binary searches and no query.
-- Instants are cut to their whole second. Outside of the calendar the clock stands still. NULL gives NULL.

DROP INDEX working_periods_worked_before_idx;

-- Of each period: `lost` is what to take off an instant in it to have its working clock, `through` the clock at its end.
CREATE FUNCTION compile_working_clock() RETURNS trigger LANGUAGE plpgsql AS $compile$
DECLARE
    starts bigint[];
    lost bigint[];
    through bigint[];
BEGIN
    SELECT coalesce(array_agg(since ORDER BY since), '{}'),
           coalesce(array_agg(since - worked ORDER BY since), '{}'),
           coalesce(array_agg(worked + upto - since ORDER BY since), '{}')
    INTO starts, lost, through
    FROM (SELECT date_part('epoch', start_at)::bigint AS since, date_part('epoch', end_at)::bigint AS upto,
                 worked_before::bigint AS worked FROM working_periods) periods;

    -- Working seconds since the calendar began.
    EXECUTE format($define$
        CREATE OR REPLACE FUNCTION working_clock(at timestamptz) RETURNS double precision
        LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
        DECLARE
            instant double precision := floor(date_part('epoch', at));
            period int := width_bucket(instant, %1$L::double precision[]);
        BEGIN
            IF period = 0 THEN
                RETURN 0;
            END IF;
            RETURN least(instant - (%2$L::double precision[])[period], (%3$L::double precision[])[period]);
        END $body$
    $define$, starts, lost, through);

    -- The first instant at which `seconds` of working time have passed since `since`; when negative, the last one from
    -- which so much passes until `since`. Fractions are rounded. NULL where the calendar has no such instant.
    EXECUTE format($define$
        CREATE OR REPLACE FUNCTION add_working_seconds(since timestamptz, seconds double precision)
        RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
        DECLARE
            amount double precision := round(seconds);
            target double precision := working_clock(since) + amount;
            period int;
        BEGIN
            IF amount = 0 THEN
                RETURN to_timestamp(floor(date_part('epoch', since)));
            ELSIF target NOT BETWEEN 0 AND %1$s THEN
                RETURN NULL;
            END IF;
            period := width_bucket(CASE WHEN amount > 0 THEN target - 1 ELSE target END, %2$L::double precision[]) + 1;
            RETURN to_timestamp(target + (%4$L::double precision[])[least(period, %3$s)]);
        END $body$
    $define$, coalesce(through[cardinality(through)], 0), through, cardinality(through), lost);
    RETURN NULL;
END $compile$;

CREATE TRIGGER compile_working_clock AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON working_periods
FOR EACH STATEMENT EXECUTE FUNCTION compile_working_clock();

-- A trigger of statements fires for no rows, too: the rows that are there already.
UPDATE working_periods SET start_at = start_at WHERE false;

ALTER FUNCTION working_seconds(timestamptz, timestamptz) PARALLEL SAFE;
