"""Every series that the simulated systems report: the sum of the tables beside this module. Pure."""

from msgspec import Struct

from ioc_core.catalogue import Catalogue, Unit, UnitKind
from simulator.episodes import Episodes
from simulator.seeding import random_of
from simulator.systems.shapes import Shape
from simulator.workclock import DAY, HOUR

ENDPOINTS = 15
DAILY = DAY
"""Cadence of registers that change by the day."""


class Series(Struct, frozen=True):
    """One series: its past is sent in steps of `cadence` seconds."""

    metric: str
    labels: dict[str, str]
    shape: Shape
    cadence: int = HOUR


class Register:
    """What the tables are written with: the units of a day, a seed for each series, and episodes."""

    def __init__(self, catalogue: Catalogue, units: tuple[Unit, ...], seed: int) -> None:
        self.catalogue = catalogue
        self.departments = [unit.code for unit in units if unit.kind is UnitKind.DEPARTMENT]
        self.communes = [unit.code for unit in units if unit.kind is UnitKind.COMMUNE]
        self.short_names = {unit.code: unit.short_name for unit in units}
        self.province = next((unit.code for unit in units if unit.kind is UnitKind.PROVINCE), "")
        self._seed = seed
        self.series: list[Series] = []

    def seed(self, *names: str) -> int:
        """A seed of one series' own."""
        return random_of(self._seed, "series", *names).getrandbits(48)

    def size(self, unit: str) -> float:
        """How large a unit is beside others of its kind, around 1."""
        return random_of(self._seed, "size", unit).lognormvariate(0.0, 0.45)

    def episodes(self, name: str, *, per_day: float, minutes: tuple[int, int]) -> Episodes:
        """Episodes of one series' own."""
        seconds = (minutes[0] * 60, minutes[1] * 60)
        return Episodes(self._seed, f"series/{name}", per_day=per_day, seconds=seconds, kinds={"": 1.0})

    def add(self, metric: str, shape: Shape, *, cadence: int = HOUR, **labels: str) -> None:
        """Add a series, if the catalogue has its metric."""
        if metric in self.catalogue.metrics:
            self.series.append(Series(metric=metric, labels=labels, shape=shape, cadence=cadence))
