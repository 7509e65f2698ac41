"""Random numbers by the thousand that a run can repeat: of each name and place one, whatever else is drawn. Pure."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Fractions = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


class Draws:
    """Numbers of `count` places. The same seed, name and place always give the same number, on any machine."""

    def __init__(self, seed: int, count: int) -> None:
        self._seed = seed
        self._steps = np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN

    def __call__(self, name: str) -> Fractions:
        """Return the numbers called `name`: uniform in [0, 1).

        SplitMix64 (Steele, Lea and Flood 2014), which mixes a counter; it never changes, as a library's generators do.
        """
        key = blake2b(f"{self._seed}\x1f{name}".encode(), digest_size=8).digest()
        mixed = self._steps + np.uint64(int.from_bytes(key))
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        mixed ^= mixed >> np.uint64(31)
        return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
