"""Random numbers that a run can repeat: a generator for each named part, independent of every other part."""

import math
from hashlib import blake2b
from random import Random

_NORMAL_FROM = 60.0


def random_of(seed: int, *names: str | int) -> Random:
    """Return the generator of the part called `names`; the same seed and names always give the same numbers."""
    text = "\x1f".join(str(name) for name in (seed, *names))
    return Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))  # noqa: S311


def poisson(rng: Random, mean: float) -> int:
    """Return a Poisson number of events (Knuth's product; the normal approximation from a mean of 60)."""
    if mean <= 0:
        return 0
    if mean >= _NORMAL_FROM:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit = math.exp(-mean)
    count, product = 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
