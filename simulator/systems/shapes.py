"""How a measure moves in time: each shape is a function of the instant alone, so any run repeats it. Pure."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct

from simulator.episodes import Episodes
from simulator.seeding import random_of
from simulator.workclock import DAY, HOUR, WorkClock

ORIGIN = int(datetime(2025, 6, 30, 17, tzinfo=UTC).timestamp())
"""Counters count from the day on which the province took its present shape (1 July 2025, local midnight)."""

_BUSY_HOURS = (
    0.02, 0.01, 0.01, 0.01, 0.02, 0.05, 0.15, 0.55, 0.9, 1.0, 0.95, 0.7, 0.3, 0.55, 0.95, 1.0, 0.8, 0.4,
    0.25, 0.25, 0.22, 0.15, 0.08, 0.04,
)  # fmt: skip
_BUSY_ON_DAY_OFF = 0.22


class Moment(Struct, frozen=True):
    """What every shape needs to know of an instant.

    `at` epoch seconds; `worked` working seconds since `ORIGIN`; `busy` 0 to 1; `next_meeting` epoch seconds.
    """

    at: int
    worked: int
    busy: float
    meetings: int
    next_meeting: int


def moment_of(clock: WorkClock, at: int) -> Moment:
    """Return the moment of an instant."""
    local = clock.local(at)
    working = clock.is_working_day(local.date())
    busy = _BUSY_HOURS[local.hour] * (1.0 if working else _BUSY_ON_DAY_OFF)
    return Moment(
        at=at,
        worked=clock.between(ORIGIN, at) if at > ORIGIN else 0,
        busy=busy,
        meetings=1 + local.toordinal() % 3 if working else 0,
        next_meeting=clock.opening(at + HOUR),
    )


class Shape(Protocol):
    """One measure over time."""

    def value(self, moment: Moment) -> float:
        """The value at a moment."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same."""

    amount: float

    def value(self, _: Moment) -> float:
        """The amount."""
        return self.amount


@dataclass(frozen=True, slots=True)
class Wave:
    """A gauge around `mean`: `daily` of it follows the day's work, `swing` of it wanders. Rounded to `digits`."""

    seed: int
    mean: float
    daily: float = 0.0
    swing: float = 0.1
    lowest: float = 0.0
    highest: float = math.inf
    digits: int = 0
    _waves: tuple[tuple[float, float], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rng = random_of(self.seed, "wave")
        periods = (rng.uniform(11, 19) * 60, rng.uniform(1.7, 3.1) * HOUR, rng.uniform(0.9, 2.3) * DAY)
        waves = tuple((2 * math.pi / period, rng.uniform(0, 2 * math.pi)) for period in periods)
        object.__setattr__(self, "_waves", waves)

    def value(self, moment: Moment) -> float:
        """Mean, plus the day, plus three sines of different length."""
        wander = sum(math.sin(speed * moment.at + phase) for speed, phase in self._waves) / len(self._waves)
        amount = self.mean * (1 + self.daily * (moment.busy - 0.3) + self.swing * wander)
        return round(min(max(amount, self.lowest), self.highest), self.digits)


@dataclass(frozen=True, slots=True)
class Tally:
    """A counter: `hourly` a working hour and `always` an hour around the clock, with livelier and quieter spells."""

    seed: int
    hourly: float
    always: float = 0.0
    _phase: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_phase", random_of(self.seed, "tally").uniform(0, 2 * math.pi))

    def value(self, moment: Moment) -> float:
        """A whole number that never falls: the sine is slower than what it is added to."""
        period, depth = 6 * HOUR, 0.8
        spell = depth * period / (2 * math.pi)
        worked = moment.worked + spell * (math.sin(2 * math.pi * moment.worked / period + self._phase) + 1)
        elapsed = max(0, moment.at - ORIGIN)
        return float(int(self.hourly * worked / HOUR + self.always * elapsed / HOUR))


@dataclass(frozen=True, slots=True)
class Switch:
    """1, and 0 while an episode lasts."""

    episodes: Episodes

    def value(self, moment: Moment) -> float:
        """Up or down."""
        return 1.0 if self.episodes.at(moment.at) is None else 0.0


@dataclass(frozen=True, slots=True)
class Surge:
    """A shape that is `factor` times as high while an episode lasts."""

    base: Shape
    episodes: Episodes
    factor: float

    def value(self, moment: Moment) -> float:
        """The base's value, or the surge's."""
        amount = self.base.value(moment)
        return amount if self.episodes.at(moment.at) is None else round(amount * self.factor, 6)


@dataclass(frozen=True, slots=True)
class Renewed:
    """A timestamp that lies ahead: of something renewed every `every` seconds, `early` seconds before its end."""

    seed: int
    every: int
    early: int

    def value(self, moment: Moment) -> float:
        """When it ends, as the last renewal made it."""
        phase = random_of(self.seed, "renewed").randrange(self.every)
        last = (moment.at - phase) // self.every * self.every + phase
        return float(last + self.every + self.early)


@dataclass(frozen=True, slots=True)
class Meetings:
    """How many meetings there are today."""

    def value(self, moment: Moment) -> float:
        """Their number; none on days off."""
        return float(moment.meetings)


@dataclass(frozen=True, slots=True)
class NextMeeting:
    """When the next meeting starts."""

    def value(self, moment: Moment) -> float:
        """A timestamp at least an hour ahead, in working time."""
        return float(moment.next_meeting)
