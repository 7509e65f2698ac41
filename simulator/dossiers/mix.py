"""Who files what with whom: the units of a day with their size and habits, and the procedures they resolve."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

from ioc_core.catalogue import Catalogue, Procedure, ProcedureLevel, Unit, UnitKind
from ioc_core.errors import EngineError
from simulator.dossiers.scenario import OTHER_PROCEDURE_WEIGHT, Scenario
from simulator.seeding import random_of

KIND_OF_LEVEL = {
    ProcedureLevel.PROVINCE: UnitKind.DEPARTMENT,
    ProcedureLevel.DISTRICT: UnitKind.DISTRICT,
    ProcedureLevel.COMMUNE: UnitKind.COMMUNE,
}
CENTRE = "TTPVHCC"
"""The provincial public administration service centre: it receives for every department."""
NO_FRONT_DESK = frozenset({CENTRE, "IOC"})
WARD_FACTOR = 1.7

T = TypeVar("T")


class Weighted(Generic[T]):
    """A choice among `items` by weight."""

    __slots__ = ("items", "limits", "total")

    def __init__(self, items: Sequence[T], weights: Sequence[float]) -> None:
        self.items = tuple(items)
        self.limits = tuple(accumulate(weights))
        self.total = self.limits[-1] if self.limits else 0.0

    def pick(self, rng: Random) -> T:
        """Return one item. Raises: IndexError when there are none."""
        return self.items[min(bisect_right(self.limits, rng.random() * self.total), len(self.items) - 1)]


@dataclass(frozen=True, slots=True)
class Profile:
    """A unit at work: its share of the level's dossiers, its habits, and how it writes its own name.

    `late`, `entry_late` and `unaccepted` are shares of its dossiers; `bulk` enters a day's work at once; `silent`
    is the share of working days on which it enters nothing.
    """

    unit: Unit
    text: str
    prefix: str
    receiver: str
    weight: float
    late: float
    entry_late: float = 0.0
    unaccepted: float = 0.0
    bulk: bool = False
    silent: float = 0.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What one level of government resolves: its units, and of each department its procedures."""

    profiles: Weighted[Profile]
    procedures: Weighted[Procedure]
    by_field: dict[str, Weighted[Profile]]

    def pick(self, rng: Random) -> tuple[Profile, Procedure]:
        """Return who resolves what, of one new dossier."""
        procedure = self.procedures.pick(rng)
        return self.by_field.get(procedure.field_code, self.profiles).pick(rng), procedure


@dataclass(frozen=True, slots=True)
class Mix:
    """The levels that take dossiers on a day, by their share."""

    desks: Weighted[Desk]

    def pick(self, rng: Random) -> tuple[Profile, Procedure]:
        """Return who resolves what, of one new dossier."""
        return self.desks.pick(rng).pick(rng)

    def profiles(self) -> tuple[Profile, ...]:
        """Every unit that resolves dossiers."""
        return tuple(profile for desk in self.desks.items for profile in desk.profiles.items)


def build_mix(catalogue: Catalogue, scenario: Scenario, seed: int, day: date) -> Mix:
    """Return the mix of `day`.

    A unit keeps its size and habits for as long as it exists: they depend on the seed and the unit alone.

    Raises:
        EngineError: no unit of that day resolves any procedure of the catalogue.
    """
    centre = catalogue.unit_by_code(CENTRE)
    desks: list[Desk] = []
    shares: list[float] = []
    for level, share in scenario.level_shares.items():
        units = [unit for unit in catalogue.units_on(day, KIND_OF_LEVEL[level]) if unit.code not in NO_FRONT_DESK]
        procedures = [procedure for procedure in catalogue.procedures.values() if procedure.level is level]
        if share > 0 and units and procedures:
            receiver = centre if level is ProcedureLevel.PROVINCE and centre and centre.valid_on(day) else None
            desks.append(_desk(scenario, seed, units, procedures, receiver=receiver))
            shares.append(share)
    if not desks:
        raise EngineError(f"simulator: no unit and procedure of the catalogue go together on {day}")
    return Mix(Weighted(desks, shares))


def _desk(
    scenario: Scenario, seed: int, units: list[Unit], procedures: list[Procedure], *, receiver: Unit | None
) -> Desk:
    profiles = _profiles(scenario, seed, units, receiver)
    weights = [scenario.procedure_weights.get(item.code, OTHER_PROCEDURE_WEIGHT) for item in procedures]
    by_field: dict[str, Weighted[Profile]] = {}
    for field_code in {procedure.field_code for procedure in procedures}:
        codes = scenario.field_units.get(field_code, ())
        named = [profile for profile in profiles if profile.unit.code in codes]
        if named:
            by_field[field_code] = Weighted(named, [profile.weight for profile in named])
    return Desk(
        profiles=Weighted(profiles, [profile.weight for profile in profiles]),
        procedures=Weighted(procedures, weights),
        by_field=by_field,
    )


def _profiles(scenario: Scenario, seed: int, units: list[Unit], receiver: Unit | None) -> list[Profile]:
    habits = scenario.habits
    weights = {unit.code: _size(seed, unit) for unit in units}
    # Habits show where there is work: only the larger half of the units has them.
    busy = sorted(units, key=lambda unit: (-weights[unit.code], unit.code))[: max(1, (len(units) + 1) // 2)]
    busy.sort(key=lambda unit: random_of(seed, "habit", unit.code).random())
    # Departments are few: they have a quarter of the bad habits, communes the rest.
    part = 0.25 if len(units) < 30 else 0.75
    counts = [
        max(1, round(count * part))
        for count in (habits.slow_units, habits.entry_units, habits.hesitant_units, habits.bulk_units)
    ]
    groups: list[frozenset[str]] = []
    start = 0
    for count in counts:
        groups.append(frozenset(unit.code for unit in busy[start : start + count]))
        start += count
    slow, entry, hesitant, bulk = groups
    silent = _silent(habits.silent_units, busy, seed) if receiver is None else frozenset()
    return [
        Profile(
            unit=unit,
            text=written_name(unit),
            prefix=(receiver or unit).national_id or (receiver or unit).code,
            receiver=(receiver or unit).code,
            weight=weights[unit.code],
            late=habits.slow_share if unit.code in slow else habits.late_share,
            entry_late=habits.entry_share if unit.code in entry else 0.0,
            unaccepted=habits.hesitant_share if unit.code in hesitant else habits.unaccepted_share,
            bulk=unit.code in bulk,
            silent=habits.silent_share if unit.code in silent else 0.0,
        )
        for unit in units
    ]


def _silent(count: int, busy: list[Unit], seed: int) -> frozenset[str]:
    ordered = sorted(busy, key=lambda unit: random_of(seed, "silent", unit.code).random())
    return frozenset(unit.code for unit in ordered[:count])


def _size(seed: int, unit: Unit) -> float:
    if unit.population is not None:
        return float(unit.population)
    spread = random_of(seed, "size", unit.code).lognormvariate(0.0, 0.45)
    return spread * (WARD_FACTOR if unit.name.startswith("Phường") else 1.0)


def written_name(unit: Unit) -> str:
    """How a one-stop system writes a unit in `DonViXuLy`: a commune by its people's committee."""
    if unit.kind is UnitKind.DEPARTMENT or unit.kind is UnitKind.PROVINCE:
        return unit.name
    return f"UBND {unit.name[0].lower()}{unit.name[1:]}"
