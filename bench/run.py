"""`python -m bench.run [NAME …]`: runs the benchmarks (all, or those named) and prints yardsticks and ratios."""

import asyncio
import importlib
import sys
import time

from bench.result import Result, table

BENCHMARKS = (
    "push_to_committed",
    "alert_latency",
    "kill_points",
    "escalation",
    "promtool",
    "wall_latency",
    "feed_fanout",
    "projection",
    "working_time",
    "dossier_clock",
    "dossier_oracle",
    "scoreboard",
    "replay_2020",
)
"""Modules of this package with `async def measure() -> list[Result]`; each brings up and ends what it needs."""


def main(names: list[str]) -> int:
    """Run the named benchmarks; return 1 when a budget is missed."""
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    results: list[Result] = []
    for name in names or BENCHMARKS:
        started = time.perf_counter()
        print(f"{name} …", file=sys.stderr, flush=True)
        results += asyncio.run(importlib.import_module(f"bench.{name}").measure())
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(results))
    return 1 if any(result.within is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
