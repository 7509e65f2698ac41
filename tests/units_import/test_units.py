"""Units of an office's CSV: what they would change is told field by field, and only that is written."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ioc_core import catalogue
from ioc_core.units_import.importer import Outcome
from tests.units_import.config import UNITS, folder, imported, planned, said

HEAD = "code,name,kind,valid_to,population\n"


def told(outcome: Outcome) -> list[tuple[str, list[tuple[str, str, str]]]]:
    assert outcome.units is not None
    return [
        (change.code, [(one.column, one.before, one.after) for one in change.changes])
        for change in outcome.units.changes
    ]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param(
            f"{HEAD}24310,Xã Krông Búk,commune,,31000\n", [("24310", [("population", "", "31000")])], id="our own form"
        ),
        pytest.param(
            "sep=;\nMã xã;Tên xã;Dân số\n24310;Xã Krông Búk;31.000\n",
            [("24310", [("population", "", "31000")])],
            id="semicolons, Vietnamese headings, thousands with points",
        ),
        pytest.param(
            "\ufeffDAN SO\tMA DON VI\r\n31 000\t24310\r\n",
            [("24310", [("population", "", "31000")])],
            id="tabs, another order, a byte-order mark, headings without accents",
        ),
        pytest.param(
            'Mã,Vĩ độ,Kinh độ\n24313,"13,04","108,15"\n',
            [("24313", [("latitude", "", "13.04"), ("longitude", "", "108.15")])],
            id="decimal commas",
        ),
        pytest.param(
            "Mã;Đến ngày;Cấp\n24313;31/12/2026;Xã\n", [("24313", [("valid_to", "", "2026-12-31")])], id="a last day"
        ),
        pytest.param(
            "Mã,Đến ngày\n24313,2026-12-31 00:00:00\n", [("24313", [("valid_to", "", "2026-12-31")])], id="with time"
        ),
        pytest.param("code,latitude\n24310,13.050\n", [], id="13.050 is 13.05"),
        pytest.param("code,predecessors\n24310, 649 \n", [], id="the same predecessor"),
        pytest.param("code,short_name\n24310,\n", [], id="an empty cell says nothing"),
        pytest.param("code,population\n24316,50.000\n", [], id="the same number"),
        pytest.param(
            "code,population,\n24310,7,,\n\n", [("24310", [("population", "", "7")])], id="empty cells to the right"
        ),
        pytest.param(
            "code,name\n24310,Xã Krông Buk\n24310,Xã Krông Buk\n",
            [("24310", [("name", "Xã Krông Búk", "Xã Krông Buk")])],
            id="the same row twice",
        ),
    ],
)
def test_what_would_change(tmp_path: Path, text: str, changes: list[Any]) -> None:
    outcome = planned(folder(tmp_path), {"a.csv": text})
    assert (told(outcome), outcome.errors) == (changes, [])
    assert bool(outcome.texts) is bool(changes)


def test_utf_16_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    raw = "Mã\tDân số\n24310\t31000\n".encode("utf-16")
    assert told(planned(folder(tmp_path), {"a.txt": raw})) == [("24310", [("population", "", "31000")])]


def test_headings_are_mapped_as_somebody_says(tmp_path: Path) -> None:
    text = "Mã,Ký hiệu,Số người\n1,24310,7\n"
    columns = {"code": "KÝ HIỆU", "population": "số người"}
    outcome = planned(folder(tmp_path), {"a.csv": text}, columns=columns)
    assert told(outcome) == [("24310", [("population", "", "7")])]
    assert [list(table.ignored) for table in outcome.tables] == [["Mã"]], "which is not the code, as somebody says"


def test_only_what_changes_is_written_anew(tmp_path: Path) -> None:
    crlf = "\ufeff" + UNITS.replace("\n", "\r\n").replace("SYT,department", "\r\nSYT,department")
    config = folder(tmp_path)
    (config / "units.csv").write_bytes(crlf.encode())
    text = (
        "code,kind,name,valid_from,population,parent,predecessors\n"
        "24313,commune,Xã Cư Pơng,,7,,\n"
        'STC,department,"Sở Tài chính, Kế hoạch",,,66,\n'
        "24320,commune,Phường Mới,2026-01-01,,66,649|24313\n"
    )
    imported(config, {"a.csv": text})
    after = (config / "units.csv").read_bytes().decode()
    expected = crlf.replace(
        "24313,commune,Xã Cư Pơng,Cư Pơng,66,2025-07-01,,649,,,,",
        "24313,commune,Xã Cư Pơng,Cư Pơng,66,2025-07-01,,649,,,,7",
    )
    expected = expected.replace(
        "649,district", 'STC,department,"Sở Tài chính, Kế hoạch","Sở Tài chính, Kế hoạch",66,,,,,,,\r\n649,district'
    )
    expected += "24320,commune,Phường Mới,Mới,66,2026-01-01,,649;24313,,,,\r\n"
    assert after == expected
    assert (config / "units.csv.bak").read_bytes().decode() == crlf


def test_a_second_import_changes_nothing(tmp_path: Path) -> None:
    config = folder(tmp_path)
    text = "Mã;Tên;Cấp;Dân số;Mã cấp trên\n24310;Xã Krông Búk;Xã;31.000;66\n24999;Xã Mới;Xã;5;66\n"
    imported(config, {"a.csv": text})
    before = (config / "units.csv").read_bytes()
    outcome = imported(config, {"a.csv": text})
    assert outcome.units is not None
    assert (outcome.units.changes, outcome.units.unchanged, outcome.texts) == ([], 2, {})
    assert (config / "units.csv").read_bytes() == before


def test_a_register_without_a_last_line_end_or_an_optional_column_grows(tmp_path: Path) -> None:
    lines = [line.rsplit(",", 1)[0] for line in UNITS.splitlines()]
    config = folder(tmp_path, units="\n".join(lines))
    imported(config, {"a.csv": "code,population\n24310,7\n"})
    after = (config / "units.csv").read_text(encoding="utf-8").splitlines()
    assert after[0].endswith("national_id,population")
    assert after[4] == "24310,commune,Xã Krông Búk,Krông Búk,66,2025-07-01,,649,13.05,108.19,000.11.10.H15,7"
    assert [line.rsplit(",", 1)[0] for line in after[5:]] == lines[5:]


def test_a_unit_that_is_added_is_completed(tmp_path: Path) -> None:
    config = folder(tmp_path)
    defaults = {"kind": "commune", "parent": "66", "valid_from": "2026-01-01"}
    outcome = imported(config, {"a.csv": "Mã,Tên\n24999,Thị trấn Mới\n"}, defaults=defaults)
    assert told(outcome) == [
        (
            "24999",
            [
                ("kind", "", "commune"),
                ("short_name", "", "Mới"),
                ("parent", "", "66"),
                ("valid_from", "", "2026-01-01"),
            ],
        )
    ]
    unit = catalogue.load(config).units["24999"]
    assert (unit.short_name, unit.valid_from) == ("Mới", date(2026, 1, 1))


def test_units_that_are_unknown_and_units_that_are_missing_are_listed(tmp_path: Path) -> None:
    outcome = planned(folder(tmp_path), {"a.csv": f"{HEAD}24310,,commune,,\n99999,Xã Lạ,commune,,\n"}, add=False)
    assert outcome.units is not None
    assert [(one.code, one.name, str(one.place)) for one in outcome.units.unknown] == [("99999", "Xã Lạ", "a.csv:3")]
    assert [unit.code for unit in outcome.units.missing] == ["24313", "24316"]
    assert outcome.texts == {}


def test_units_that_the_files_do_not_name_can_be_ended(tmp_path: Path) -> None:
    config = folder(tmp_path)
    outcome = imported(config, {"a.csv": f"{HEAD}24310,,commune,,\n"}, end_missing=date(2026, 12, 31))
    assert outcome.units is not None
    assert [(change.code, change.ends) for change in outcome.units.changes] == [("24313", True), ("24316", True)]
    loaded = catalogue.load(config)
    assert [unit.code for unit in loaded.units_on(date(2027, 1, 1))] == ["66", "SYT", "24310"]


def test_an_empty_cell_can_clear(tmp_path: Path) -> None:
    text = "code,national_id\n24310,\n"
    outcome = planned(folder(tmp_path), {"a.csv": text}, clear_empty=True)
    assert told(outcome) == [("24310", [("national_id", "000.11.10.H15", "")])]


def test_a_name_that_another_unit_has_is_pointed_out(tmp_path: Path) -> None:
    text = f"{HEAD}24999,Xã Krông Búk,commune,,\n"
    outcome = planned(folder(tmp_path), {"a.csv": text}, defaults={"parent": "66"})
    assert outcome.errors == []
    assert outcome.notes == ["24999 Xã Krông Búk: another unit is called so too, what is filed there stays unmapped"]


@pytest.mark.parametrize(
    ("files", "errors"),
    [
        pytest.param({"a.csv": ""}, ["a.csv: file: is empty"], id="an empty file"),
        pytest.param(
            {"a.csv": "STT,Tên\n1,Xã A\n"},
            ["a.csv: headings: no heading stands for the code of a unit; say which one: --map code=HEADING"],
            id="no code",
        ),
        pytest.param(
            {"a.csv": "Mã,Mã xã\n1,2\n"}, ["a.csv:1: column code: is meant by 'Mã', 'Mã xã'"], id="two codes"
        ),
        pytest.param(
            {"a.csv": f"{HEAD}24310,x,commune\n,Xã A,commune,,\n24313,,,,nhiều\n"},
            [
                "a.csv:2: row: has 3 cells, the header has 5",
                "a.csv:3: code: is missing",
                "a.csv:4: population 'nhiều': must be a whole number from 0 to 100000000",
            ],
            id="every wrong line at once",
        ),
        pytest.param(
            {"a.csv": f"{HEAD}24310,,commune,,7\n", "b.csv": "Mã;Dân số\n24313;1\n24310;8\n"},
            ["b.csv:3: population '8': contradicts a.csv:2, which says '7'"],
            id="two files in conflict",
        ),
        pytest.param(
            {"a.csv": f"{HEAD}24999,Xã Mới,,,\n24998,Xã Khác,thôn,,\n"},
            [
                "a.csv:2: kind: is missing",
                "a.csv:3: kind 'thôn': must be one of province, department, district, commune",
            ],
            id="units that can't be added as they are",
        ),
        pytest.param(
            {"a.csv": "code,valid_from,parent\n24310,2025-02-30,\n24313,,SYT\n"},
            [
                "a.csv:2: valid_from '2025-02-30': is not a day of the calendar",
                "a.csv:3: parent 'SYT': is a department; the parent of a commune must be a province or district",
            ],
            id="a wrong day, a wrong parent",
        ),
        pytest.param(
            {"a.csv": "code,valid_to\n66,2025-06-30\n"},
            [
                "units.csv:5: parent '66': is valid at no time at which this unit is",
                "units.csv:6: parent '66': is valid at no time at which this unit is",
                "units.csv:7: parent '66': is valid at no time at which this unit is",
            ],
            id="what a change breaks elsewhere is named by its present line",
        ),
        pytest.param(
            {"a.csv": b"code,name\n24310,X\xe3 A\n"},
            ["a.csv:2: byte 0xe3: is not UTF-8; save it as CSV UTF-8"],
            id="another encoding",
        ),
        pytest.param(
            {"a.csv": 'code,name\n24310,"Xã A\n'}, ["a.csv:2: CSV: unexpected end of data"], id="an open quote"
        ),
    ],
)
def test_wrong_lines(tmp_path: Path, files: dict[str, str | bytes], errors: list[str]) -> None:
    config = folder(tmp_path)
    assert said(planned(config, files), config) == errors


def test_new_units_before_a_wrong_line_do_not_shift_it(tmp_path: Path) -> None:
    config = folder(tmp_path)
    text = "code,kind,name,parent\nSTC,department,Sở Tài chính,66\n24310,commune,Xã Krông Búk,67\n"
    errors = said(planned(config, {"a.csv": text}), config)
    assert errors == ["a.csv:3: parent '67': no unit has this code"]
