"""Ten thousand incidents with a rota under leaders that are killed at random: steps missed, doubled or late.

The engine's own code on a real database with a clock that the benchmark turns; what must have happened is worked out
apart (tests/alerts/incidents.py). `python -m bench.escalation --incidents N [--seed S]` takes others, or fewer.
"""

import argparse
import asyncio
import random
import sys
import time

from bench.engines import engines
from bench.result import Result, table
from ioc_core.db import create_pool
from tests.alerts.incidents import LATE, Fuse, World, incidents, judge, mortal_pool

INCIDENTS = 10_000
KILLED = 0.2
"""In each second with something to do, but the first of a new leader, the leader is killed with this probability."""
_A_SECOND = 20
"""Incidents that begin in a second of the simulation, on average."""
_SHOWN = 20


async def measure() -> list[Result]:
    """Simulate the incidents of the seed 1."""
    return await simulate(INCIDENTS, 1)


async def simulate(count: int, seed: int) -> list[Result]:
    """Simulate `count` incidents; print what is wrong to stderr."""
    fuse, some = Fuse(), incidents(count, max(count // _A_SECOND, 60), seed)
    started = time.perf_counter()
    async with (
        engines() as running,
        await mortal_pool(running.database_url, fuse) as pool,
        await create_pool(running.database_url, application="judge") as steady,
    ):
        world = World(pool, steady, fuse, policies=40, people=80, chance=random.Random(seed))
        await world.run(some, kill=KILLED)
        found = await judge(steady, some)
    for line in found.wrong[:_SHOWN]:
        print(line, file=sys.stderr)
    note = (
        f"{count:,} incidents, {found.steps:,} steps, {found.pages:,} pages, {found.digests:,} digests,"
        f" {world.kills:,} kills in {world.ticks:,} seconds, {time.perf_counter() - started:.0f} s"
    )
    return [
        Result(
            "steps missed, doubled, late or untold", len(found.wrong), "faults", budget=0, at_least=False, note=note
        ),
        Result(
            "latest step",
            found.latest.total_seconds(),
            "s",
            budget=LATE.total_seconds(),
            at_least=False,
            note="a new leader is there a second after a kill",
        ),
    ]


def main() -> int:
    """Simulate as the command line says; return 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    results = asyncio.run(simulate(asked.incidents, asked.seed))
    print(table(results))
    return 1 if any(result.within is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
