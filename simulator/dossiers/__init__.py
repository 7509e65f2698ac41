"""The synthetic one-stop system's dossiers: who files what, when, and what becomes of it. Pure."""
