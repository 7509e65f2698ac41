"""The catalogue that is shipped: complete, and right where it can be checked."""

from datetime import date
from pathlib import Path

import pytest

from ioc_core import catalogue
from ioc_core.catalogue import ServiceLevel, ServiceMode, StatutoryUnit, UnitKind

CONFIG = Path(__file__).parents[2] / "config"
SHIPPED = catalogue.load(CONFIG)

BEFORE_MERGER = date(2025, 6, 30)
SINCE_MERGER = date(2025, 7, 1)
TODAY = date(2026, 7, 6)


@pytest.mark.parametrize(
    ("day", "kind", "count"),
    [
        (TODAY, UnitKind.PROVINCE, 1),
        (TODAY, UnitKind.COMMUNE, 102),
        (TODAY, UnitKind.DISTRICT, 0),
        (TODAY, UnitKind.DEPARTMENT, 19),
        (SINCE_MERGER, UnitKind.COMMUNE, 102),
        (SINCE_MERGER, UnitKind.DISTRICT, 0),
        (BEFORE_MERGER, UnitKind.COMMUNE, 0),
        (BEFORE_MERGER, UnitKind.DISTRICT, 15),
        (date(2020, 9, 30), UnitKind.DISTRICT, 15),
    ],
    ids=str,
)
def test_how_many_units(day: date, kind: UnitKind, count: int) -> None:
    assert len(SHIPPED.units_on(day, kind)) == count


def test_communes_have_a_place_an_identifier_and_a_proper_name() -> None:
    for unit in SHIPPED.units_on(TODAY, UnitKind.COMMUNE):
        assert unit.name == f"{unit.name.split()[0]} {unit.short_name}"
        assert unit.name.startswith(("Xã ", "Phường "))
        assert unit.latitude is not None
        assert unit.longitude is not None
        assert 12.0 < unit.latitude < 13.8
        assert 107.4 < unit.longitude < 109.5
        assert unit.national_id is not None


def test_wards_and_communes() -> None:
    names = [unit.name for unit in SHIPPED.units_on(TODAY, UnitKind.COMMUNE)]
    assert sum(name.startswith("Phường ") for name in names) == 14
    assert sum(name.startswith("Xã ") for name in names) == 88


def test_every_district_lives_on_in_communes() -> None:
    districts = SHIPPED.units_on(BEFORE_MERGER, UnitKind.DISTRICT)
    assert [unit.code for unit in districts] == [str(code) for code in range(643, 658)]
    assert sum(len(SHIPPED.successors(unit.code)) for unit in districts) == 68
    assert min(len(SHIPPED.successors(unit.code)) for unit in districts) == 3


def test_departments_merged_in_2025_have_successors() -> None:
    ended = [unit for unit in SHIPPED.units.values() if unit.valid_to == date(2025, 2, 28)]
    assert {unit.code: [after.code for after in SHIPPED.successors(unit.code)] for unit in ended} == {
        "SKHDT": ["STC"],
        "STTTT": ["SKHCN"],
        "STNMT": ["SNNMT"],
        "SNNPTNT": ["SNNMT"],
        "SGTVT": ["SXD"],
        "SLDTBXH": ["SNV"],
        "BDT": ["SDTTG"],
    }


def test_procedures_cover_many_fields_and_keep_both_vocabularies() -> None:
    procedures = SHIPPED.procedures.values()
    assert len(procedures) >= 60
    assert len({procedure.field_code for procedure in procedures}) >= 15
    assert {procedure.statutory_unit for procedure in procedures} >= set(StatutoryUnit) - {StatutoryUnit.MONTHS}
    assert {ServiceLevel.LEVEL_3, ServiceLevel.LEVEL_4} <= {procedure.service_level for procedure in procedures}
    assert {ServiceMode.PARTIAL, ServiceMode.FULL} <= {procedure.service_mode for procedure in procedures}


def test_systems_are_all_there_and_say_what_is_measured() -> None:
    assert set(SHIPPED.systems) == {
        "igate",
        "idesk",
        "vnpt-ioffice",
        "imail",
        "digital-signature",
        "vilis",
        "zalo",
        "ecabinet",
        "videoconference",
        "national-portal",
        "national-document-axis",
        "online-payment",
        "public-post",
        "provincial-network",
        "web-portals",
        "security-monitoring",
        "security-level-files",
        "trust-label",
        "feedback-1022",
        "ioc",
    }
    for system in SHIPPED.systems.values():
        assert system.measures
        assert SHIPPED.units[system.owner].valid_on(TODAY)
    assert SHIPPED.metrics.keys() == {name for system in SHIPPED.systems.values() for name in system.measures}
