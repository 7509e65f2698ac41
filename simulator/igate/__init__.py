"""The one-stop system's edge: its session with ingest, its outbox, its first synchronisation and its live traffic."""
