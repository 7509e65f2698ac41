"""Random histories of dossiers, judged by the product and by a slow, independent oracle: how many differ (none may).

`python -m bench.dossier_oracle --histories N [--first SEED]` judges others, or fewer, and prints the differences.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from bench.result import Result, table
from tests.dossier.against import differences

HISTORIES = 1_000_000
_CHUNK = 2_000
_SHOWN = 20


async def measure() -> list[Result]:
    """Judge the histories of the seeds from 0 on, over all processors."""
    return judge(0, HISTORIES)


def judge(first: int, count: int) -> list[Result]:
    """Judge `count` histories from the seed `first` on; print what differs, and how far it is, to stderr."""
    started = time.perf_counter()
    wrong = 0
    with ProcessPoolExecutor() as workers:
        for chunk, found in zip(_chunks(first, count), workers.map(differences, _chunks(first, count)), strict=True):
            for line in found[: max(0, _SHOWN - wrong)]:
                print(line, file=sys.stderr)
            wrong += len(found)
            if chunk.stop % (_CHUNK * 50) == 0:
                spent = time.perf_counter() - started
                print(
                    f"  {chunk.stop - first:,} histories in {spent:.0f} s, {wrong} differ", file=sys.stderr, flush=True
                )
    spent = time.perf_counter() - started
    note = f"of {count:,} in {spent:.0f} s"
    return [
        Result(
            "dossier histories judged unlike the oracle", wrong, "differences", budget=0, at_least=False, note=note
        ),
        Result(
            "histories judged by both, in two orders", count / spent, "histories/s", note=f"{os.cpu_count()} processes"
        ),
    ]


def _chunks(first: int, count: int) -> Iterator[range]:
    for start in range(first, first + count, _CHUNK):
        yield range(start, min(start + _CHUNK, first + count))


def main() -> int:
    """Judge as the command line says; return 1 when a history differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--histories", type=int, default=HISTORIES)
    parser.add_argument("--first", type=int, default=0, help="seed of the first history")
    given = parser.parse_args()
    results = judge(given.first, given.histories)
    print(table(results))
    return 1 if any(result.within is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
