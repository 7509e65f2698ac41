"""Finding units and procedures: by code, identifier or name, on a day, above and below."""

from datetime import date
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core import catalogue
from ioc_core.catalogue import Catalogue, Unit, UnitKind

SHIPPED = catalogue.load(Path(__file__).parents[2] / "config")
OLD = date(2025, 6, 30)
NEW = date(2025, 7, 1)


@pytest.mark.parametrize(
    ("text", "on", "code"),
    [
        pytest.param("24412", NEW, "24412", id="a code"),
        pytest.param("  SYT ", NEW, "SYT", id="a code with spaces around it"),
        pytest.param("649", NEW, "649", id="a code of a unit that no longer exists"),
        pytest.param("000.00.11.H15", NEW, "SYT", id="a national identifier"),
        pytest.param("000.00.11.h15", NEW, "SYT", id="a national identifier in small letters"),
        pytest.param("000.00.37.H15", NEW, "649", id="an identifier of a unit that no longer exists"),
        pytest.param("Xã M'Drắk", NEW, "24412", id="a full name"),
        pytest.param("M'Drắk", NEW, "24412", id="a short name"),
        pytest.param("Xã M’Drắk", NEW, "24412", id="another apostrophe"),
        pytest.param("XÃ  M'DRẮK", NEW, "24412", id="capitals and two spaces"),
        pytest.param(normalize("NFD", "Xã M'Drắk"), NEW, "24412", id="decomposed Unicode"),
        pytest.param("xa mdrak", NEW, "24412", id="without accents"),
        pytest.param("Phường Tuy Hòa", NEW, "22015", id="the other place of the tone mark"),
        pytest.param("UBND phường Tuy Hòa", NEW, "22015", id="as an authority, short"),
        pytest.param("Ủy ban nhân dân Phường Tuy Hoà", NEW, "22015", id="as an authority, in full"),
        pytest.param("UBND tỉnh Đắk Lắk", NEW, "66", id="the province as an authority"),
        pytest.param("Sở NN&MT", NEW, "SNNMT", id="a department's short name"),
        pytest.param("Krông Búk", OLD, "649", id="a name that was a district's"),
        pytest.param("Krông Búk", NEW, "24310", id="a name that is now a commune's"),
        pytest.param("Huyện Krông Búk", NEW, None, id="a name of the past on a later day"),
        pytest.param("Xã Krông Búk", OLD, None, id="a name of the future on an earlier day"),
        pytest.param("Sở Thông tin và Truyền thông", date(2025, 2, 28), "STTTT", id="the last day of a department"),
        pytest.param("Sở Thông tin và Truyền thông", date(2025, 3, 1), None, id="the day after"),
        pytest.param("Xã Ea Kao", NEW, None, id="a commune's name with the wrong kind"),
        pytest.param("Sở Du lịch", NEW, None, id="an unknown name"),
        pytest.param("", NEW, None, id="nothing"),
        pytest.param(" -.' ", NEW, None, id="only punctuation"),
    ],
)
def test_resolve_unit(text: str, on: date, code: str | None) -> None:
    unit = SHIPPED.resolve_unit(text, on)
    assert (None if unit is None else unit.code) == code


@given(st.sampled_from(list(SHIPPED.units.values())), st.booleans(), st.booleans(), st.booleans())
def test_every_unit_is_found_by_its_name(unit: Unit, upper: bool, decomposed: bool, spaced: bool) -> None:
    text = unit.name.upper() if upper else unit.name
    text = normalize("NFD", text) if decomposed else text
    text = f"  {text.replace(' ', '   ')} " if spaced else text
    assert SHIPPED.resolve_unit(text, unit.valid_to or date(2026, 1, 1)) is unit


@given(st.text(max_size=60), st.dates())
def test_no_text_is_too_strange(text: str, on: date) -> None:
    unit = SHIPPED.resolve_unit(text, on)
    assert unit is None or unit.code in SHIPPED.units


def small(*units: Unit) -> Catalogue:
    return Catalogue(units={unit.code: unit for unit in units}, procedures={}, systems={}, metrics={})


PROVINCE = Unit("66", UnitKind.PROVINCE, "Tỉnh A", "A")


def test_a_name_of_two_units_is_not_guessed() -> None:
    found = small(
        PROVINCE,
        Unit("1", UnitKind.COMMUNE, "Xã Hoà Phú", "Hoà Phú", "66"),
        Unit("2", UnitKind.COMMUNE, "Phường Hoà Phú", "Hoà Phú", "66"),
    )
    assert found.resolve_unit("Hoà Phú", NEW) is None
    assert found.resolve_unit("Phường Hoà Phú", NEW) is found.units["2"]


def test_accents_decide_where_letters_do_not() -> None:
    found = small(
        PROVINCE,
        Unit("1", UnitKind.COMMUNE, "Xã Ea Đar", "Ea Đar", "66"),
        Unit("2", UnitKind.COMMUNE, "Xã Ea Dăr", "Ea Dăr", "66"),
    )
    assert found.resolve_unit("ea đar", NEW) is found.units["1"]
    assert found.resolve_unit("ea dar", NEW) is None


def test_an_identifier_passed_on_means_its_holder_of_the_day() -> None:
    identifier = "000.00.05.H15"
    found = small(
        PROVINCE,
        Unit("OLD", UnitKind.DEPARTMENT, "Sở Cũ", "Sở Cũ", "66", None, date(2020, 12, 31), national_id=identifier),
        Unit("NEW", UnitKind.DEPARTMENT, "Sở Mới", "Sở Mới", "66", date(2021, 1, 1), national_id=identifier),
    )
    assert found.resolve_unit(identifier, date(2020, 6, 1)) is found.units["OLD"]
    assert found.resolve_unit(identifier, date(2021, 6, 1)) is found.units["NEW"]


def test_above_and_below() -> None:
    assert [unit.code for unit in SHIPPED.ancestors("TTPVHCC")] == ["VPUBND", "66"]
    assert SHIPPED.ancestors("66") == ()
    assert SHIPPED.ancestors("nothing") == ()
    assert [unit.code for unit in SHIPPED.children("VPUBND")] == ["TTPVHCC"]
    assert len(SHIPPED.children("66", on=NEW)) == 102 + 17
    assert {unit.kind for unit in SHIPPED.children("66", on=OLD)} == {UnitKind.DEPARTMENT, UnitKind.DISTRICT}
    assert [unit.code for unit in SHIPPED.successors("649")] == ["24310", "24313", "24316"]


@pytest.mark.parametrize(
    ("code", "scope", "within"),
    [
        ("SYT", "66", True),
        ("66", "66", True),
        ("TTPVHCC", "66", True),
        ("TTPVHCC", "VPUBND", True),
        ("66", "SYT", False),
        ("24412", "SYT", False),
        ("nothing", "66", False),
        ("SYT", "nothing", False),
        ("nothing", "nothing", False),
    ],
)
def test_is_within(code: str, scope: str, within: bool) -> None:
    assert SHIPPED.is_within(code, scope) is within


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("1.001193", "1.001193", id="the national code"),
        pytest.param(" 1.001193\n", "1.001193", id="with spaces around it"),
        pytest.param("1.001193.000.00.00.H15", "1.001193", id="as the province announced it"),
        pytest.param("1.001193.1", None, id="followed by something else"),
        pytest.param("9.999999", None, id="unknown"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_resolve_procedure(text: str, code: str | None) -> None:
    procedure = SHIPPED.resolve_procedure(text)
    assert (None if procedure is None else procedure.code) == code


def test_the_catalogue_can_not_be_changed() -> None:
    with pytest.raises(TypeError):
        SHIPPED.units["x"] = PROVINCE  # type: ignore[index]
    assert SHIPPED.unit_by_code("x") is None
