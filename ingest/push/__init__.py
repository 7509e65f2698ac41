"""What pushes to ingest over HTTP: the national dossier protocol and POST /v1/events."""
