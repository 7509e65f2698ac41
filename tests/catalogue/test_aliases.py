"""config/aliases.csv: what somebody mapped is found, only on its days; wrong lines are named."""

from datetime import date
from pathlib import Path

import pytest

from ioc_core import catalogue
from ioc_core.catalogue import Catalogue
from ioc_core.errors import ConfigErrors
from tests.catalogue.test_wrong_lines import FILES, write

HEADER = "kind,text,code,valid_from,valid_to,note\n"
OLD, NEW = date(2025, 6, 15), date(2025, 7, 2)


def loaded(folder: Path, *lines: str, **changed: str) -> Catalogue:
    write(folder, **changed)
    (folder / "aliases.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return catalogue.load(folder)


def wrong(folder: Path, *lines: str, **changed: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        loaded(folder, *lines, **changed)
    return [str(error).removeprefix(f"{folder}/") for error in caught.value.errors]


@pytest.mark.parametrize(
    ("lines", "text", "on", "code"),
    [
        pytest.param(["unit,Phòng Y,SYT,,,"], "Phòng Y", NEW, "SYT", id="the text as it was written"),
        pytest.param(["unit,Phòng Y,SYT,,,"], "  PHÒNG   Y", NEW, "SYT", id="case and spaces don't count"),
        pytest.param(["unit,Phòng Y,SYT,,,"], "phong-y", NEW, "SYT", id="nor do accents and punctuation"),
        pytest.param(["unit,Phòng Y,SYT,,,"], "UBND Phòng Y", NEW, None, id="but other words do"),
        pytest.param(["unit,Phòng Y,SYT,2025-07-01,,"], "Phòng Y", OLD, None, id="before its first day"),
        pytest.param(["unit,Phòng Y,SYT,,2025-06-30,"], "Phòng Y", NEW, None, id="after its last day"),
        pytest.param(["unit,K Búk,649,,,"], "K Búk", OLD, "649", id="of a unit that existed then"),
        pytest.param(["unit,K Búk,649,,,"], "K Búk", NEW, None, id="not of a unit that has ended since"),
        pytest.param(
            ["unit,K Búk,649,,,", "unit,K Búk,24310,,,"], "K Búk", NEW, "24310", id="one text, one unit after another"
        ),
        pytest.param(
            ["unit,Huyện Krông Búk,24310,2025-07-01,,"], "Huyện Krông Búk", NEW, "24310", id="a successor, if told"
        ),
        pytest.param(
            ["unit,Huyện Krông Búk,24310,2025-07-01,,"], "Huyện Krông Búk", OLD, "649", id="and the district before"
        ),
        pytest.param(["unit,Krông Búk,SYT,,,"], "Krông Búk", OLD, "SYT", id="an alias wins over a name"),
        pytest.param(["unit,krong buk,SYT,,,"], "Krông Búk", OLD, "649", id="unless the name is nearer to the text"),
        pytest.param(["procedure,Phòng Y,1.001193,,,"], "Phòng Y", NEW, None, id="of a procedure only"),
        pytest.param(["unit,--,SYT,,,"], "--", NEW, "SYT", id="a text without letters"),
        pytest.param(["unit,--,SYT,,,"], "..", NEW, None, id="and another one"),
    ],
)
def test_units(tmp_path: Path, lines: list[str], text: str, on: date, code: str | None) -> None:
    unit = loaded(tmp_path, *lines).resolve_unit(text, on)
    assert (None if unit is None else unit.code) == code


def test_an_alias_says_which_of_two_units_is_meant(tmp_path: Path) -> None:
    two = FILES["units.csv"] + "24311,commune,Phường Krông Búk,Krông Búk,66,2025-07-01,,,,,,\n"
    assert loaded(tmp_path, units=two).resolve_unit("Krông Búk", NEW) is None
    found = loaded(tmp_path, "unit,Krông Búk,24311,,,", units=two).resolve_unit("Krông Búk", NEW)
    assert found is not None
    assert found.code == "24311"


@pytest.mark.parametrize(
    ("lines", "text", "on", "code"),
    [
        pytest.param(["procedure,KS-01,1.001193,,,"], "KS-01", NEW, "1.001193", id="a code of the source's own"),
        pytest.param(["procedure,Khai sinh,1.001193,,,"], "KHAI SINH", NEW, "1.001193", id="a name"),
        pytest.param(
            ["procedure,1.999999,1.001193,,,"], "1.999999.000.00.00.H15", NEW, "1.001193", id="an old national code"
        ),
        pytest.param(["procedure,KS-01,1.001193,2025-07-01,,"], "KS-01", OLD, None, id="before its first day"),
        pytest.param(["procedure,KS-01,1.001193,2025-07-01,,"], "KS-01", None, "1.001193", id="on whatever day"),
        pytest.param(
            ["procedure,KS,1.001193,,2025-06-30,", "procedure,KS,1.004873,2025-07-01,,"],
            "KS",
            None,
            None,
            id="two over time",
        ),
        pytest.param(["unit,KS-01,SYT,,,"], "KS-01", NEW, None, id="of a unit only"),
    ],
)
def test_procedures(tmp_path: Path, lines: list[str], text: str, on: date | None, code: str | None) -> None:
    procedure = loaded(tmp_path, *lines).resolve_procedure(text, on)
    assert (None if procedure is None else procedure.code) == code


def test_a_catalogue_without_the_file_has_no_aliases(tmp_path: Path) -> None:
    assert catalogue.load(write(tmp_path)).aliases == ()


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["đơn vị,Y,SYT,,,"], "aliases.csv:2: kind 'đơn vị': must be one of unit, procedure"),
        ([",Y,SYT,,,"], "aliases.csv:2: kind: is missing"),
        (["unit,,SYT,,,"], "aliases.csv:2: text: is missing"),
        (["unit,Y,,,,"], "aliases.csv:2: code: is missing"),
        (["unit,Y,SYTE,,,"], "aliases.csv:2: code 'SYTE': no unit has this code (units.csv)"),
        (["procedure,Y,SYT,,,"], "aliases.csv:2: code 'SYT': no procedure has this code (procedures.csv)"),
        (["unit,SYT,649,,,"], "aliases.csv:2: text 'SYT': is itself the code or identifier of a unit"),
        (
            ["unit,000.00.11.h15,649,,,"],
            "aliases.csv:2: text '000.00.11.h15': is itself the code or identifier of a unit",
        ),
        (
            ["procedure,1.004873.000.00.00.H15,1.001193,,,"],
            "aliases.csv:2: text '1.004873.000.00.00.H15': is itself the code of a procedure",
        ),
        (["unit,Y,SYT,1/7/2025,,"], "aliases.csv:2: valid_from '1/7/2025': must be written like 2025-07-01"),
        (
            ["unit,Y,SYT,2025-07-02,2025-07-01,"],
            "aliases.csv:2: valid_to '2025-07-01': is before valid_from, 2025-07-02",
        ),
        (["unit,Y,649,2025-07-01,,"], "aliases.csv:2: code '649': exists at no time at which this line holds"),
        (
            ["unit,Y,SYT,,,", "unit,y,SYT,,,"],
            "aliases.csv:3: text 'y': appears twice, first in line 2, on the same days",
        ),
        (["unit,Y,SYT,,,", "unit,Y,24310,,,"], "aliases.csv:3: text 'Y': means SYT in line 2, on the same days"),
        ([f"unit,{'Y' * 301},SYT,,,"], "has 301 letters, at most 300 are compared"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_line(tmp_path: Path, lines: list[str], error: str) -> None:
    (said,) = wrong(tmp_path, *lines)
    assert said.endswith(error)


def test_a_wrong_unit_or_procedure_is_not_blamed_on_its_aliases(tmp_path: Path) -> None:
    units = FILES["units.csv"].replace("SYT,department", "SYT,sở")
    procedures = FILES["procedures.csv"].replace("true", "yes", 1)
    said = wrong(tmp_path, "unit,Y,SYT,,,", "procedure,Z,1.001193,,,", units=units, procedures=procedures)
    assert [error.split(":")[0] for error in said] == ["procedures.csv", "units.csv"]
