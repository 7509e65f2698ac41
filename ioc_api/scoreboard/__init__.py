"""The scoreboard of Decision 766/QĐ-TTg: definitions, counts, scores, ranks, forecasts, what-ifs. Pure but `board`."""
