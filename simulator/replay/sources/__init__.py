"""Sources of a centre that a replay is sent to; name this folder in IOC_EXTRA_SOURCES."""
