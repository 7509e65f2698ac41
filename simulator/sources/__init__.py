"""Sources of the centre that the simulator stands behind; name this folder in IOC_EXTRA_SOURCES."""
