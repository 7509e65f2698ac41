"""When in a day dossiers are filed: counters in working hours, the post in two rounds, the portal around the clock."""

from datetime import date
from itertools import accumulate
from random import Random

from ioc_core.events import Channel
from simulator.workclock import HOUR, WorkClock

ONLINE_BY_HOUR = (
    6, 4, 3, 2, 2, 5, 14, 40, 78, 92, 84, 46, 28, 48, 82, 84, 66, 36, 30, 46, 58, 52, 32, 14,
)  # fmt: skip
"""Filings on the portal by local hour of a working day: office hours, then a second peak in the evening."""

ONLINE_BY_HOUR_OFF = (
    8, 5, 3, 2, 2, 5, 14, 28, 46, 58, 56, 40, 30, 34, 46, 50, 46, 38, 42, 62, 72, 60, 36, 18,
)  # fmt: skip
"""The same on a day off: flatter, with its peak in the evening."""

_HOURS = tuple(range(24))
_CUMULATIVE = tuple(accumulate(ONLINE_BY_HOUR))
_CUMULATIVE_OFF = tuple(accumulate(ONLINE_BY_HOUR_OFF))


class DayCurve:
    """Draws filing times of one local day, in epoch seconds."""

    def __init__(self, clock: WorkClock, day: date) -> None:
        self.midnight = clock.midnight(day)
        self.periods = clock.periods(day)
        self.working = bool(self.periods)
        # People come early: a morning's hour takes a quarter more than an afternoon's.
        self._weights = [
            (end - start) * (1.25 if index == 0 else 1.0) for index, (start, end) in enumerate(self.periods)
        ]

    def draw(self, rng: Random, channel: Channel) -> int:
        """Return one filing time. On a day off only the portal is open."""
        if channel is Channel.ONLINE or not self.working:
            limits = _CUMULATIVE if self.working else _CUMULATIVE_OFF
            hour = rng.choices(_HOURS, cum_weights=limits)[0]
            return self.midnight + hour * HOUR + int(rng.random() * HOUR)
        start, end = rng.choices(self.periods, weights=self._weights)[0]
        alpha, beta = (1.6, 2.2) if channel is Channel.COUNTER else (2.0, 4.0)
        return start + int((end - start - 1) * rng.betavariate(alpha, beta))
