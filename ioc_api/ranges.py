"""Which resolution answers a range query, and where its steps lie. Pure."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from ioc_api.models.series import Resolution
from ioc_api.problems import wrong_parameter

MAX_POINTS = 11_000
"""As Prometheus: enough for a pixel of an 8K screen each."""
MAX_SERIES = 50
_WANTED_POINTS = 300

_LADDER: tuple[tuple[Resolution, int], ...] = (("1d", 86_400), ("1h", 3600), ("1m", 60))
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


class Grid(Struct, frozen=True):
    """Steps of `seconds` from `since` (included) to `until` (excluded), both on step boundaries after `origin`."""

    since: datetime
    until: datetime
    seconds: int
    origin: datetime
    resolution: Resolution

    @property
    def step(self) -> timedelta:
        """The length of one step."""
        return timedelta(seconds=self.seconds)

    @property
    def points(self) -> int:
        """How many steps there are."""
        return math.ceil((self.until - self.since) / self.step)


def grid(since: datetime, until: datetime, *, step: int | None, zone: ZoneInfo) -> Grid:
    """Return the steps that cover `since` to `until`; without `step` about 300 of a round length.

    Steps are aligned to local midnight, so that rollups of hours and of the province's days fit into them.

    Raises:
        Problem: 422, the step isn't whole minutes, hours or days from there on, or is too short for the stretch.
    """
    seconds = step if step is not None else _round_step((until - since).total_seconds() / _WANTED_POINTS)
    resolution: Resolution = "raw"
    for name, unit in _LADDER:
        if seconds >= unit:
            if seconds % unit and unit == 60:
                raise wrong_parameter("query.step", seconds, "from one minute on, a step is whole minutes")
            if seconds % unit == 0:
                resolution = name
                break
    origin = datetime(2000, 1, 1, tzinfo=zone).astimezone(UTC)  # the zone has kept its offset since long before
    length = timedelta(seconds=seconds)
    first = origin + (since - origin) // length * length
    last = origin - (origin - until) // length * length
    made = Grid(first.astimezone(UTC), last.astimezone(UTC), seconds, origin, resolution)
    if made.points > MAX_POINTS:
        shortest = _round_step((until - since).total_seconds() / (MAX_POINTS - 2))
        raise wrong_parameter(
            "query.step", seconds, f"gives {made.points} points, more than {MAX_POINTS}: at least {shortest} s"
        )
    return made


def _round_step(seconds: float) -> int:
    fitting = next((step for step in _STEPS if step >= seconds), None)
    return fitting if fitting is not None else math.ceil(seconds / _STEPS[-1]) * _STEPS[-1]
