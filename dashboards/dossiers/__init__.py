"""Dossiers in words: where each stands, how it came there, and lists of them. Pure."""
