"""Seeded episodes: when something goes wrong, how, and for how long. The same for every run of a seed. Pure."""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from simulator.seeding import poisson, random_of
from simulator.workclock import DAY


class Episode(Struct, frozen=True):
    """Something that lasts from `start` to `end` (epoch seconds, `end` excluded)."""

    start: int
    end: int
    kind: str


class Episodes:
    """Episodes of one thing: about `per_day` a day, each `shortest` to `longest` seconds (at most a day)."""

    def __init__(
        self, seed: int, name: str, *, per_day: float, seconds: tuple[int, int], kinds: Mapping[str, float]
    ) -> None:
        self._seed = seed
        self._name = name
        self._per_day = per_day
        self._seconds = seconds
        self._kinds = tuple(kinds)
        self._weights = tuple(kinds.values())
        self._of_day = lru_cache(maxsize=4)(self._draw)

    def at(self, instant: int) -> Episode | None:
        """The episode that is going on at `instant`, the first of them if there are two."""
        today = instant // DAY
        for day in (today - 1, today):
            for episode in self._of_day(day):
                if episode.start <= instant < episode.end:
                    return episode
        return None

    def between(self, start: int, end: int) -> list[Episode]:
        """The episodes that begin in [start, end), in order."""
        days = range(start // DAY, (end - 1) // DAY + 1)
        return [episode for day in days for episode in self._of_day(day) if start <= episode.start < end]

    def _draw(self, day: int) -> tuple[Episode, ...]:
        rng = random_of(self._seed, "episodes", self._name, day)
        episodes: list[Episode] = []
        for _ in range(poisson(rng, self._per_day)):
            start = day * DAY + rng.randrange(DAY)
            length = rng.randint(*self._seconds)
            kind = rng.choices(self._kinds, weights=self._weights)[0]
            episodes.append(Episode(start=start, end=start + length, kind=kind))
        return tuple(sorted(episodes, key=lambda episode: episode.start))
