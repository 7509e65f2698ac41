"""Takes what an office exports (units as CSV, boundaries as GeoJSON, aliases) over into config/, or says why not."""
