-- Lists of dossiers by what is worth looking at: few rows each, the last told of first. And by where they were handed in.
CREATE INDEX dossiers_waiting ON dossiers (told_at DESC, code DESC) WHERE is_open AND waiting_for_citizen;
CREATE INDEX dossiers_late ON dossiers (told_at DESC, code DESC) WHERE lateness = 3;
CREATE INDEX dossiers_entered_late ON dossiers (told_at DESC, code DESC) WHERE entered_late;
CREATE INDEX dossiers_receiving_told ON dossiers (receiving_unit, told_at DESC, code DESC);
DROP INDEX dossiers_open_due;
