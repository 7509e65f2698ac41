-- Lists of dossiers by what is worth looking at: few rows each, the last told of first. And by where they were handed in.
CREATE INDEX dossiers_list_waiting ON dossiers (told_at DESC, code DESC) WHERE is_open AND waiting_for_citizen;
CREATE INDEX dossiers_list_late ON dossiers (told_at DESC, code DESC) WHERE lateness = 3;
CREATE INDEX dossiers_list_receiving ON dossiers (receiving_unit, told_at DESC, code DESC);
DROP INDEX dossiers_open_due;
