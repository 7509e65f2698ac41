"""The page that says why somebody was, or wasn't, told of an alert."""
