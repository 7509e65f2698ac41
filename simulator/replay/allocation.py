"""A report's dossiers shared out over the units and procedures of its time, exactly. Pure, and always the same."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ioc_core.catalogue import Catalogue, Procedure, ProcedureLevel, StatutoryUnit, Unit, UnitKind
from ioc_core.errors import EngineError
from simulator.dossiers.mix import CENTRE
from simulator.replay import mix_2020
from simulator.replay.apportion import apportion
from simulator.replay.report import Filed, Report

_WORKING_DAYS = {
    StatutoryUnit.WORKING_HOURS: 1 / 8,
    StatutoryUnit.WORKING_DAYS: 1.0,
    StatutoryUnit.DAYS: 5 / 7,
    StatutoryUnit.MONTHS: 22.0,
}


class Cell(Struct, frozen=True):
    """The dossiers of one procedure that a unit resolves and `receiver` receives, filed alike.

    `resolved` of the `received` are ended on the report's last day.
    """

    unit: Unit
    receiver: Unit
    procedure: Procedure
    filed: Filed
    received: int
    resolved: int


class _Pair(Struct, frozen=True):
    unit: Unit
    receiver: Unit
    procedure: Procedure
    weight: float

    def takes(self, filed: Filed) -> bool:
        """Whether such a dossier may be of this procedure. What was never assessed isn't of that time."""
        level = self.procedure.service_level
        return level is not None and filed.service_level in (None, level)


def allocate(report: Report, catalogue: Catalogue) -> tuple[Cell, ...]:
    """Return the cells of a report, those with dossiers: departments first, then districts and communes.

    Only units that exist on every day of the report take part. Counts by unit, procedure, level and channel add up
    to the report's; what is open at its end lies where terms are long.

    Raises:
        EngineError: the catalogue has no unit or procedure of that time for some of the dossiers.
    """
    rest = {filed: report.filed[filed] - number for filed, number in report.departments.items()}
    received: list[tuple[_Pair, Filed, int]] = []
    for pairs, counts in (
        (list(_department_pairs(report, catalogue)), report.departments),
        (list(_local_pairs(report, catalogue)), rest),
    ):
        for filed, total in counts.items():
            received += _shared(total, filed, pairs)
    # In the stock of an instant a procedure weighs as much as dossiers are many and stay long.
    stays = [number * max(working_days(pair.procedure), 0.5) for pair, _, number in received]
    still_open = apportion(report.received - report.resolved, stays, [number for _, _, number in received])
    return tuple(
        Cell(pair.unit, pair.receiver, pair.procedure, filed, number, number - open_)
        for (pair, filed, number), open_ in zip(received, still_open, strict=True)
    )


def working_days(procedure: Procedure) -> float:
    """Return about how many working days a procedure may take."""
    return procedure.statutory_time * _WORKING_DAYS[procedure.statutory_unit]


def _shared(total: int, filed: Filed, pairs: Sequence[_Pair]) -> Iterator[tuple[_Pair, Filed, int]]:
    fit = [pair for pair in pairs if pair.takes(filed)]
    if total and not fit:
        raise EngineError(f"simulator: no unit of that time has a procedure for dossiers filed {filed.value}")
    numbers = apportion(total, [pair.weight for pair in fit])
    return ((pair, filed, number) for pair, number in zip(fit, numbers, strict=True) if number)


def _department_pairs(report: Report, catalogue: Catalogue) -> Iterator[_Pair]:
    departments = _units(report, catalogue, UnitKind.DEPARTMENT)
    centre = next((unit for unit in departments if unit.code == CENTRE), None)
    for unit in departments:
        for code, weight in mix_2020.DEPARTMENT_PROCEDURES.get(unit.code, {}).items():
            procedure = catalogue.procedures.get(code)
            if procedure is not None:
                yield _Pair(unit, centre or unit, procedure, weight)


def _local_pairs(report: Report, catalogue: Catalogue) -> Iterator[_Pair]:
    levels = {ProcedureLevel.DISTRICT, ProcedureLevel.COMMUNE}
    procedures = [procedure for procedure in catalogue.procedures.values() if procedure.level in levels]
    for kind, size in ((UnitKind.DISTRICT, mix_2020.DISTRICT_SIZE), (UnitKind.COMMUNE, mix_2020.COMMUNE_SIZE)):
        for unit in _units(report, catalogue, kind):
            weight = mix_2020.LOCAL_SIZES.get(unit.code, size)
            for procedure in procedures:
                often = mix_2020.LOCAL_PROCEDURES.get(procedure.code, mix_2020.OTHER_WEIGHT)
                yield _Pair(unit, unit, procedure, weight * often)


def _units(report: Report, catalogue: Catalogue, kind: UnitKind) -> list[Unit]:
    return [unit for unit in catalogue.units_on(report.first, kind) if unit.valid_on(report.last)]
