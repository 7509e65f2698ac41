"""Benchmarks: each measures what a budget names, beside its yardstick, in one run."""
