-- Whether at an instant a supplement request was still unanswered, as known today.
CREATE FUNCTION waited_for_citizen(supplements jsonb, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM jsonb_array_elements(supplements) s
        WHERE (s ->> 'requested_at')::timestamptz <= at
          AND coalesce((s ->> 'received_at')::timestamptz > at, true))
$$;
