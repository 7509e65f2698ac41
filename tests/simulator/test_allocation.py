"""A report's dossiers shared out: exactly, the same every time, and only over units and procedures of its time."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core.catalogue import Catalogue, ProcedureLevel, ServiceLevel, UnitKind
from ioc_core.errors import EngineError
from ioc_core.events import Channel
from simulator.replay.allocation import Cell, allocate
from simulator.replay.apportion import apportion
from simulator.replay.comparison import planned_units
from simulator.replay.report import DAK_LAK_2020, REPORTS, Filed, scaled


@pytest.mark.parametrize(
    ("total", "weights", "limits", "parts"),
    [
        pytest.param(10, [1, 1], None, [5, 5], id="halves"),
        pytest.param(10, [1, 1, 1], None, [4, 3, 3], id="of equal remainders the first"),
        pytest.param(7, [5, 3, 2], None, [4, 2, 1], id="the largest remainder gets what is left"),
        pytest.param(3, [1, 0, 1], None, [2, 0, 1], id="no weight, no part"),
        pytest.param(10, [8, 1, 1], [2, 9, 9], [2, 4, 4], id="beyond a limit the others share"),
        pytest.param(10, [8, 3, 1], [2, 3, 9], [2, 3, 5], id="limits one after the other"),
        pytest.param(0, [], None, [], id="nothing for nobody"),
    ],
)
def test_the_largest_remainder(total: int, weights: list[float], limits: list[int] | None, parts: list[int]) -> None:
    assert apportion(total, weights, limits) == parts


def test_what_nobody_can_take_is_an_error() -> None:
    with pytest.raises(EngineError, match="nobody can take 5"):
        apportion(10, [1, 1], [2, 3])


@given(
    st.integers(0, 10**6),
    st.lists(st.floats(0.001, 1000), min_size=1, max_size=30),
    st.lists(st.integers(0, 10**6), min_size=30, max_size=30),
)
def test_parts_add_up_and_stay_near_their_quota(total: int, weights: list[float], limits: list[int]) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    assert all(abs(part - total * weight / sum(weights)) < 1 for part, weight in zip(parts, weights, strict=True))
    limits = limits[: len(weights)]
    most = min(total, sum(limits))
    limited = apportion(most, weights, limits)
    assert sum(limited) == most
    assert all(0 <= part <= limit for part, limit in zip(limited, limits, strict=True))


@pytest.fixture(scope="module")
def cells(shipped: Catalogue) -> tuple[Cell, ...]:
    """The allocation of the whole report."""
    return allocate(DAK_LAK_2020, shipped)


def test_the_report_says_what_was_published() -> None:
    report = REPORTS["dak-lak-2020"]
    assert (report.received, report.resolved, report.online) == (221_942, 197_552, 31_517)
    assert report.filed == {Filed.COUNTER: 190_425, Filed.LEVEL_3: 20_215, Filed.LEVEL_4: 11_302}
    departments = sum(report.departments.values())
    assert (departments - report.departments[Filed.COUNTER]) / departments == 0.195
    assert report.certificates["person"] + report.certificates["organisation"] == 4_127
    assert sum(report.services.values()) == 1_626


def test_cells_add_up_to_every_figure(cells: tuple[Cell, ...]) -> None:
    report = DAK_LAK_2020
    assert sum(cell.received for cell in cells) == report.received
    assert sum(cell.resolved for cell in cells) == report.resolved
    received: Counter[Filed] = Counter()
    departments: Counter[Filed] = Counter()
    for cell in cells:
        received[cell.filed] += cell.received
        departments[cell.filed] += cell.received * (cell.unit.kind is UnitKind.DEPARTMENT)
    assert received == report.filed
    assert departments == report.departments
    assert all(0 <= cell.resolved <= cell.received and cell.received > 0 for cell in cells)


def test_every_unit_of_2020_has_dossiers_and_no_other(cells: tuple[Cell, ...], shipped: Catalogue) -> None:
    units = {cell.unit.code: cell.unit for cell in cells}
    assert all(unit.valid_on(DAK_LAK_2020.first) and unit.valid_on(DAK_LAK_2020.last) for unit in units.values())
    districts = {unit.code for unit in shipped.units.values() if unit.kind is UnitKind.DISTRICT}
    assert len(districts) == 15
    assert districts < units.keys()
    assert len(units) == 30
    planned = planned_units(cells)
    assert sum(counted.resolved for counted in planned.values()) == DAK_LAK_2020.resolved
    assert all(counted.received > counted.resolved > 0 for counted in planned.values())


def test_online_dossiers_have_procedures_of_their_level(cells: tuple[Cell, ...]) -> None:
    for cell in cells:
        assert cell.procedure.service_level is not None
        if cell.filed is not Filed.COUNTER:
            assert cell.filed.channel is Channel.ONLINE
            assert cell.procedure.service_level is ServiceLevel(cell.filed.value)
        level = ProcedureLevel.PROVINCE if cell.unit.kind is UnitKind.DEPARTMENT else ProcedureLevel.COMMUNE
        assert cell.procedure.level is level
        assert (cell.receiver.code == "TTPVHCC") == (cell.unit.kind is UnitKind.DEPARTMENT)


@pytest.mark.parametrize("share", [0.001, 0.005, 0.1, 1.0])
def test_a_smaller_province_adds_up_too(share: float, shipped: Catalogue) -> None:
    report = scaled(DAK_LAK_2020, share)
    cells = allocate(report, shipped)
    assert report.received == pytest.approx(DAK_LAK_2020.received * share, abs=3)
    assert sum(cell.received for cell in cells) == report.received
    assert sum(cell.resolved for cell in cells) == report.resolved
    assert report.resolved / report.received == pytest.approx(0.89, abs=0.005)
    if share == 1.0:
        assert (report.filed, report.departments) == (DAK_LAK_2020.filed, DAK_LAK_2020.departments)


def test_communes_of_that_time_take_part_once_the_catalogue_knows_them(shipped: Catalogue) -> None:
    commune = next(unit for unit in shipped.units.values() if unit.kind is UnitKind.COMMUNE)
    older = type(commune)(code="24000", kind=commune.kind, name="Xã Cũ", short_name="Cũ", parent="643")
    known = Catalogue(
        units={**shipped.units, older.code: older},
        procedures=shipped.procedures,
        systems=shipped.systems,
        metrics=shipped.metrics,
    )
    planned = planned_units(allocate(DAK_LAK_2020, known))
    assert planned["24000"].received > 500
    assert sum(counted.received for counted in planned.values()) == DAK_LAK_2020.received


def test_a_catalogue_without_that_time_is_refused(shipped: Catalogue) -> None:
    today = {code: unit for code, unit in shipped.units.items() if unit.kind is not UnitKind.DISTRICT}
    known = Catalogue(units=today, procedures=shipped.procedures, systems={}, metrics={})
    with pytest.raises(EngineError, match="no unit of that time"):
        allocate(DAK_LAK_2020, known)
