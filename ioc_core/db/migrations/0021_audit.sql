-- Who changed what: append only, each row chained to the one before by SHA-256.

CREATE TABLE audit_log (
    seq bigint PRIMARY KEY,                     -- 1, 2, 3, … without a gap
    at timestamptz NOT NULL,
    actor text NOT NULL,                        -- user:NAME, token:NAME, or cli:OPERATING-SYSTEM-USER
    action text NOT NULL,                       -- a short constant such as alert.acknowledge
    target text NOT NULL,
    details jsonb NOT NULL,
    address text NOT NULL,
    previous bytea NOT NULL,                    -- hash of row seq - 1; empty for the first
    hash bytea NOT NULL
);

CREATE FUNCTION audit_hash(previous bytea, seq bigint, at timestamptz, actor text, action text, target text,
                           details jsonb, address text) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(previous || convert_to(
        jsonb_build_array(seq, (extract(epoch FROM at) * 1000000)::bigint, actor, action, target, details, address)::text,
        'UTF8'))
$$;

CREATE FUNCTION append_audit(at timestamptz, actor text, action text, target text, details jsonb, address text)
RETURNS TABLE (seq bigint, hash bytea) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    last_seq bigint;
    last_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(x'10C0020'::int);
    SELECT l.seq, l.hash INTO last_seq, last_hash FROM audit_log l ORDER BY l.seq DESC LIMIT 1;
    last_seq := coalesce(last_seq, 0) + 1;
    last_hash := coalesce(last_hash, '\x'::bytea);
    RETURN QUERY INSERT INTO audit_log (seq, at, actor, action, target, details, address, previous, hash)
        VALUES (last_seq, append_audit.at, append_audit.actor, append_audit.action, append_audit.target,
                append_audit.details, append_audit.address, last_hash,
                audit_hash(last_hash, last_seq, append_audit.at, append_audit.actor, append_audit.action,
                           append_audit.target, append_audit.details, append_audit.address))
        RETURNING audit_log.seq, audit_log.hash;
END $$;

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
