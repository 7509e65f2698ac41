"""Mutes: what keeps a firing alert from being told of, why, and until when."""
