"""The writer: EVENTS into the database, exactly once."""
