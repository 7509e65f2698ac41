"""The scoreboard of Decision 766 in words and pictures. Pure."""
