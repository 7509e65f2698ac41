"""Aliases that somebody completed: taken over into aliases.csv, or named as wrong."""

from pathlib import Path

import pytest

from ioc_core import catalogue
from ioc_core.units_import.alias_changes import AliasChanges, cell_of
from ioc_core.units_import.importer import Outcome
from tests.units_import.config import TODAY, folder, imported, planned, said

HEAD = "kind,text,code,valid_from,valid_to,note\n"


def found(outcome: Outcome) -> AliasChanges:
    assert outcome.aliases is not None
    return outcome.aliases


def test_rows_without_a_code_are_not_decided_yet(tmp_path: Path) -> None:
    config = folder(tmp_path)
    text = f"{HEAD}unit,Phòng Y,SYT,,,12 dossiers\nunit,Phòng Lạ,,,,\nprocedure,KS-1,1.001193,,,\n"
    changes = found(imported(config, {"new.csv": text}))
    assert (changes.added, changes.undecided) == ([("Phòng Y", "SYT"), ("KS-1", "1.001193")], 1)
    loaded = catalogue.load(config)
    assert [(alias.text, alias.code, alias.note) for alias in loaded.aliases] == [
        ("Phòng Y", "SYT", "12 dossiers"),
        ("KS-1", "1.001193", ""),
    ]


def test_what_is_there_stays_as_it_is_written(tmp_path: Path) -> None:
    config = folder(tmp_path)
    (config / "aliases.csv").write_text('code,kind,text\nSYT,unit,"Phòng Y"\n649,unit,K. Búk\n', encoding="utf-8")
    text = "Kind;Text;Code;Valid from\nunit;phòng  y;24310;\nunit;K. Búk;24310;01/07/2025\nunit;K. Búk;649;\n"
    changes = found(imported(config, {"new.csv": text}))
    assert changes.changed == [("phòng  y", "SYT", "24310")]
    assert changes.added == [("K. Búk", "24310")]
    assert changes.unchanged == 1
    assert (config / "aliases.csv").read_text(encoding="utf-8") == (
        "code,kind,text,valid_from\n24310,unit,phòng  y,\n649,unit,K. Búk,\n24310,unit,K. Búk,2025-07-01\n"
    )
    assert (config / "aliases.csv.bak").exists()


@pytest.mark.parametrize("text", ["=1+1", "+84 Phòng", "-", "@x", "Phòng Y", "'tis", "'=x"])
def test_no_text_is_a_formula_in_a_spreadsheet_and_each_is_found_again(tmp_path: Path, text: str) -> None:
    cell = cell_of(text)
    assert cell[0] not in "=+-@"
    config = folder(tmp_path)
    imported(config, {"new.csv": f"{HEAD}unit,{cell},SYT,,,\n"})
    unit = catalogue.load(config).resolve_unit(text, TODAY)
    assert unit is not None
    assert unit.code == "SYT"


def test_wrong_lines_are_named_in_the_file_that_has_them(tmp_path: Path) -> None:
    config = folder(tmp_path)
    (config / "aliases.csv").write_text(f"{HEAD}unit,Phòng Y,SYT,,,\n", encoding="utf-8")
    text = f"{HEAD}unit,Phòng X,SYTE,,,\nđơn vị,Z,SYT,,,\nunit,Phòng Y,24310,2025-07-01,,\n"
    assert said(planned(config, {"new.csv": text}), config) == [
        "new.csv:2: code 'SYTE': no unit has this code (units.csv)",
        "new.csv:3: kind 'đơn vị': must be one of unit, procedure",
        "new.csv:4: text 'Phòng Y': means SYT in line 2, on the same days",
    ]


def test_an_alias_may_name_a_unit_that_comes_with_it(tmp_path: Path) -> None:
    config = folder(tmp_path)
    units = "code,kind,name,parent\n24999,commune,Xã Mới,66\n"
    outcome = imported(config, {"new.csv": f"{HEAD}unit,Xã Mơi.,24999,,,\n", "units.csv": units})
    assert list(outcome.texts) == ["units.csv", "aliases.csv"]
