"""A synthetic province that speaks the real protocols to ingest."""
