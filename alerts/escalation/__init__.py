"""Escalation: a group of alerts goes from step to step of a policy until somebody has it."""
