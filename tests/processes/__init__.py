"""`ioc` as processes of their own: copies of one process that has imported everything, which takes seconds."""

from tests.processes.forked import Forked, run, spawn, start

__all__ = ["Forked", "run", "spawn", "start"]
