"""Runs the whole centre on one machine: starts, watches, restarts and stops its processes."""
