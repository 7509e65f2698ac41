"""The live feed: the state held by each API process, and its clients."""
