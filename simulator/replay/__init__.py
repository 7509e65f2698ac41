"""A field report of the past, replayed: dossiers and registers that add up to exactly what it says."""
