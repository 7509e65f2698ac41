-- 2.1 of the scoreboard is counted from these indexes alone: what ended in a period, and what runs.

DROP INDEX dossiers_ended, dossiers_open_work;
CREATE INDEX dossiers_ended ON dossiers (ended_at) INCLUDE (work_unit, lateness, accepted_at, filed_at)
    WHERE ended_at IS NOT NULL;
CREATE INDEX dossiers_open_work ON dossiers (work_unit, late_at)
    INCLUDE (waiting_for_citizen, late_clock, accepted_at, filed_at) WHERE is_open;
