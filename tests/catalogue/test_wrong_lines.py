"""Wrong lines of the catalogues: each is refused with file, line, value and reason, all of them at once."""

from datetime import date
from pathlib import Path

import pytest

from ioc_core import catalogue
from ioc_core.errors import ConfigErrors

FILES = {
    "units.csv": """\
code,kind,name,short_name,parent,valid_from,valid_to,predecessors,latitude,longitude,national_id,population
66,province,Tỉnh Đắk Lắk,Đắk Lắk,,,,,12.67,108.04,000.00.00.H15,3346853
SYT,department,Sở Y tế,Sở Y tế,66,,,,,,000.00.11.H15,
649,district,Huyện Krông Búk,Krông Búk,66,,2025-06-30,,13.03,108.20,000.00.37.H15,
24310,commune,Xã Krông Búk,Krông Búk,66,2025-07-01,,649,13.05,108.19,000.11.10.H15,
""",
    "procedures.csv": """\
code,name,field_code,field_name,level,service_level,service_mode,statutory_time,statutory_unit,fee_vnd,needs_paper_result
1.001193,Đăng ký khai sinh,HT,Hộ tịch,commune,level3,full,1,working_days,0,true
1.004873,Xác nhận tình trạng hôn nhân,HT,Hộ tịch,commune,,full,3,working_days,15000,true
""",
    "systems.yaml": """\
systems:
  - code: network
    name: Mạng
    name_en: Network
    owner: SYT
    security_level: 3
    contact: Trực mạng
    measures: [link_up]
  - code: igate
    name: Một cửa
    name_en: One-stop
    owner: "66"
    security_level: 3
    contact: Trực vận hành
    depends_on: [network]
    url: https://example.vn/igate
""",
    "metrics.yaml": """\
metrics:
  - name: link_up
    kind: gauge
    unit: none
    range: [0, 1]
    labels: [unit]
    help_vi: Đường truyền thông
    help_en: Link up
  - name: dossiers_received_total
    kind: counter
    unit: none
    help_vi: Hồ sơ đã nhận
    help_en: Dossiers received
""",
}


def write(folder: Path, **changed: str) -> Path:
    for name, text in FILES.items():
        (folder / name).write_text(changed.get(name.partition(".")[0], text), encoding="utf-8")
    return folder


def errors_of(folder: Path) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        catalogue.load(folder)
    return [str(error).removeprefix(f"{folder}/") for error in caught.value.errors]


def test_the_files_of_this_test_are_right(tmp_path: Path) -> None:
    found = catalogue.load(write(tmp_path))
    assert (list(found.units), list(found.systems)) == (["66", "SYT", "649", "24310"], ["network", "igate"])
    assert found.metrics["link_up"].maximum == 1
    assert found.procedures["1.004873"].service_level is None


@pytest.mark.parametrize(
    ("file", "right", "wrong", "error"),
    [
        # units.csv
        (
            "units.csv",
            "SYT,department",
            "SYT,sở",
            "units.csv:3: kind 'sở': must be one of province, department, district, commune",
        ),
        ("units.csv", "SYT,department", "SYT,", "units.csv:3: kind: is missing"),
        (
            "units.csv",
            "SYT,department",
            "S Y T,department",
            "units.csv:3: code 'S Y T': must be written like 22015 or SYT",
        ),
        ("units.csv", "24310,commune", "649,commune", "units.csv:5: code '649': appears twice, first in line 4"),
        ("units.csv", "Sở Y tế,Sở Y tế,66", ",Sở Y tế,66", "units.csv:3: name: is missing"),
        ("units.csv", "Sở Y tế,Sở Y tế,66", "Sở Y tế,Sở Y tế,67", "units.csv:3: parent '67': no unit has this code"),
        ("units.csv", "Sở Y tế,Sở Y tế,66", "Sở Y tế,Sở Y tế,", "units.csv:3: parent: is missing for a department"),
        (
            "units.csv",
            "Sở Y tế,Sở Y tế,66",
            "Sở Y tế,Sở Y tế,SYT",
            "units.csv:3: parent 'SYT': makes a circle: SYT → SYT",
        ),
        (
            "units.csv",
            "Krông Búk,66,2025-07-01",
            "Krông Búk,SYT,2025-07-01",
            "units.csv:5: parent 'SYT': is a department; the parent of a commune must be a province or district",
        ),
        (
            "units.csv",
            "Krông Búk,66,2025-07-01",
            "Krông Búk,649,2025-07-01",
            "units.csv:5: parent '649': is valid at no time at which this unit is",
        ),
        ("units.csv", "Đắk Lắk,,,,", "Đắk Lắk,SYT,,,", "units.csv:2: parent 'SYT': must be empty for a province"),
        ("units.csv", "2025-07-01", "1/7/2025", "units.csv:5: valid_from '1/7/2025': must be written like 2025-07-01"),
        ("units.csv", "2025-06-30", "2025-06-31", "units.csv:4: valid_to '2025-06-31': is not a day of the calendar"),
        (
            "units.csv",
            "2025-07-01,,",
            "2025-07-01,2025-06-01,",
            "units.csv:5: valid_to '2025-06-01': is before valid_from, 2025-07-01",
        ),
        (
            "units.csv",
            "2025-07-01,,649",
            "2025-07-01,,649;650",
            "units.csv:5: predecessors '649;650': no unit has the code '650'",
        ),
        (
            "units.csv",
            "2025-07-01,,649",
            "2025-07-01,,649;649",
            "units.csv:5: predecessors '649;649': names '649' twice",
        ),
        (
            "units.csv",
            ",2025-06-30,,",
            ",2025-06-30,24310,",
            "units.csv:4: predecessors '24310': makes a circle: 649 → 24310 → 649",
        ),
        ("units.csv", "12.67", "126.7", "units.csv:2: latitude '126.7': must be from -90 to 90"),
        ("units.csv", "108.04", "108°", "units.csv:2: longitude '108°': must be written like 12.5"),
        ("units.csv", "108.04", "nan", "units.csv:2: longitude 'nan': must be written like 12.5"),
        ("units.csv", "108.04", "", "units.csv:2: longitude: is missing beside latitude"),
        ("units.csv", "12.67", "", "units.csv:2: latitude: is missing beside longitude"),
        (
            "units.csv",
            "000.00.11.H15",
            "00.11.H15",
            "units.csv:3: national_id '00.11.H15': must be written like 000.00.01.H15",
        ),
        (
            "units.csv",
            "000.00.11.H15",
            "000.00.00.H15",
            "units.csv:3: national_id '000.00.00.H15': is also the identifier of '66' at the same time",
        ),
        (
            "units.csv",
            "3346853",
            "3.346.853",
            "units.csv:2: population '3.346.853': must be a whole number from 0 to 100000000",
        ),
        ("units.csv", "3346853", "3346853,", "units.csv:2: row: has 13 cells, the header has 12"),
        ("units.csv", "population", "dân số", "units.csv:1: column 'dân số': unknown column"),
        ("units.csv", "population", "code", "units.csv:1: column 'code': appears twice"),
        ("units.csv", "code,kind,", "kind,", "units.csv:1: column 'code': is missing"),
        ("units.csv", "Sở Y tế,Sở", '"Sở Y tế,Sở', "units.csv:3: CSV: unexpected end of data"),
        # procedures.csv
        (
            "procedures.csv",
            "1.004873,",
            "1.001193,",
            "procedures.csv:3: code '1.001193': appears twice, first in line 2",
        ),
        (
            "procedures.csv",
            "1.004873,",
            "T-DLA-1,",
            "procedures.csv:3: code 'T-DLA-1': must be written like 1.001193",
        ),
        (
            "procedures.csv",
            "hôn nhân,HT,Hộ tịch",
            "hôn nhân,HT,Chứng thực",
            "procedures.csv:3: field_name 'Chứng thực': field 'HT' is called 'Hộ tịch' in line 2",
        ),
        (
            "procedures.csv",
            "commune,level3",
            "ward,level3",
            "procedures.csv:2: level 'ward': must be one of province, district, commune",
        ),
        (
            "procedures.csv",
            "level3,full",
            "full,full",
            "procedures.csv:2: service_level 'full': must be one of level1, level2, level3, level4",
        ),
        (
            "procedures.csv",
            "level3,full",
            "level3,level4",
            "procedures.csv:2: service_mode 'level4': must be one of information, partial, full",
        ),
        ("procedures.csv", "full,1,", "full,0,", "procedures.csv:2: statutory_time '0': must be more than 0"),
        (
            "procedures.csv",
            "full,1,",
            "full,1 ngày,",
            "procedures.csv:2: statutory_time '1 ngày': must be written like 12.5",
        ),
        ("procedures.csv", "full,1,", "full,,", "procedures.csv:2: statutory_time: is missing"),
        (
            "procedures.csv",
            "3,working_days",
            "3,weeks",
            "procedures.csv:3: statutory_unit 'weeks': must be one of working_hours, working_days, days, months",
        ),
        (
            "procedures.csv",
            "15000",
            "-1",
            "procedures.csv:3: fee_vnd '-1': must be a whole number from 0 to 1000000000000",
        ),
        ("procedures.csv", "0,true", "0,có", "procedures.csv:2: needs_paper_result 'có': must be true or false"),
        (
            "procedures.csv",
            "needs_paper_result\n",
            "needs_paper_result,needs_paper\n",
            "procedures.csv:1: column 'needs_paper': unknown column",
        ),
        # systems.yaml
        (
            "systems.yaml",
            "code: igate",
            "code: network",
            "systems.yaml:9: systems[1].code 'network': appears twice, first as systems[0]",
        ),
        (
            "systems.yaml",
            "owner: SYT",
            "owner: SYTE",
            "systems.yaml:5: systems[0].owner 'SYTE': no unit has this code (units.csv)",
        ),
        (
            "systems.yaml",
            'owner: "66"',
            "owner: 66",
            "systems.yaml:12: systems[1].owner 66: must be a valid string",
        ),
        (
            "systems.yaml",
            "security_level: 3\n    contact: Trực mạng",
            "security_level: 6\n    contact: Trực mạng",
            "systems.yaml:6: systems[0].security_level 6: must be less than or equal to 5",
        ),
        (
            "systems.yaml",
            "[network]",
            "[network, lan]",
            "systems.yaml:15: systems[1].depends_on[1] 'lan': no system has this code",
        ),
        (
            "systems.yaml",
            "[network]",
            "[igate]",
            "systems.yaml:15: systems[1].depends_on: makes a circle: igate → igate",
        ),
        (
            "systems.yaml",
            "[link_up]",
            "[link_down]",
            "systems.yaml:8: systems[0].measures[0] 'link_down': no metric has this name (metrics.yaml)",
        ),
        ("systems.yaml", "    contact: Trực mạng\n", "", "systems.yaml:2: systems[0].contact: is missing"),
        ("systems.yaml", "contact: Trực mạng", "phone: 1022", "systems.yaml:7: systems[0].phone: unknown key"),
        (
            "systems.yaml",
            "https://example.vn/igate",
            "example.vn",
            "systems.yaml:16: systems[1].url 'example.vn': must be an address that begins with https:// or http://",
        ),
        # metrics.yaml
        (
            "metrics.yaml",
            "kind: gauge",
            "kind: histogram",
            "metrics.yaml:3: metrics[0].kind 'histogram': must be 'gauge' or 'counter'",
        ),
        (
            "metrics.yaml",
            "dossiers_received_total",
            "dossiers_received",
            "metrics.yaml:9: metrics[1].name 'dossiers_received': the name of a counter ends in _total",
        ),
        (
            "metrics.yaml",
            "name: link_up",
            "name: link_up_total",
            "metrics.yaml:2: metrics[0].name 'link_up_total': only a counter may end like this",
        ),
        (
            "metrics.yaml",
            "name: link_up",
            "name: linkUp",
            "metrics.yaml:2: metrics[0].name 'linkUp': must be lower_case_with_underscores",
        ),
        (
            "metrics.yaml",
            "name: link_up",
            "name: link_delay_ms",
            "metrics.yaml:2: metrics[0].name 'link_delay_ms': must be in a base unit: seconds, bytes, ratio",
        ),
        (
            "metrics.yaml",
            "unit: none\n    range",
            "unit: ratio\n    range",
            "metrics.yaml:2: metrics[0].name 'link_up': must end in _ratio, for its unit is ratio",
        ),
        (
            "metrics.yaml",
            "unit: none\n    range",
            "unit: percent\n    range",
            "metrics.yaml:4: metrics[0].unit 'percent': must be 'seconds', 'bytes', 'ratio', 'celsius', 'vnd', "
            "'timestamp', 'info' or 'none'",
        ),
        (
            "metrics.yaml",
            "[0, 1]",
            "[1, 0]",
            "metrics.yaml:5: metrics[0].range: the end, 0, must be above the start, 1",
        ),
        (
            "metrics.yaml",
            "dossiers_received_total",
            "link_up",
            "metrics.yaml:9: metrics[1].name 'link_up': appears twice",
        ),
    ],
    ids=lambda value: value if ": " in value and value[0].isalpha() and ":" in value.split(" ")[0] else "",
)
def test_wrong_line(tmp_path: Path, file: str, right: str, wrong: str, error: str) -> None:
    assert FILES[file].count(right) >= 1
    changed = FILES[file].replace(right, wrong, 1)
    assert error in errors_of(write(tmp_path, **{file.partition(".")[0]: changed}))


def test_all_files_are_told_of_at_once(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        units=FILES["units.csv"].replace("12.67", "x").replace("2025-07-01", "y"),
        procedures=FILES["procedures.csv"].replace("true", "yes", 1),
        systems=FILES["systems.yaml"].replace("[network]", "[wan]"),
        metrics=FILES["metrics.yaml"].replace("gauge", "g"),
    )
    assert [error.split(" ")[0] for error in errors_of(folder)] == [
        "metrics.yaml:3:",
        "procedures.csv:2:",
        "systems.yaml:15:",
        "units.csv:2:",
        "units.csv:5:",
    ]


def test_a_wrong_unit_is_not_blamed_on_those_who_name_it(tmp_path: Path) -> None:
    folder = write(tmp_path, units=FILES["units.csv"].replace("66,province", "66,provence"))
    assert errors_of(folder) == [
        "units.csv:2: kind 'provence': must be one of province, department, district, commune"
    ]


def test_missing_files_are_named(tmp_path: Path) -> None:
    assert errors_of(tmp_path) == [
        f"{name}: file: No such file or directory"
        for name in ("metrics.yaml", "procedures.csv", "systems.yaml", "units.csv")
    ]


def test_an_empty_register_of_units(tmp_path: Path) -> None:
    folder = write(tmp_path, units=FILES["units.csv"].split("\n")[0] + "\n")
    assert errors_of(folder) == ["units.csv: file: names no unit"]


def test_an_empty_file(tmp_path: Path) -> None:
    errors = errors_of(write(tmp_path, units=""))
    assert errors[0] == "units.csv:1: column 'code': is missing"


def test_what_spreadsheets_write_is_read(tmp_path: Path) -> None:
    """A byte-order mark, CRLF, blank lines, quoted cells over two lines: lines are still counted right."""
    text = (
        FILES["units.csv"]
        .replace("Sở Y tế,Sở Y tế", '"Sở Y tế,\ntỉnh", Sở Y tế ')
        .replace("649,district", "\n649,huyện")
    )
    folder = write(tmp_path)
    (folder / "units.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert errors_of(folder) == ["units.csv:6: kind 'huyện': must be one of province, department, district, commune"]


def test_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "units.csv").write_bytes(FILES["units.csv"].encode("utf-16"))
    assert errors_of(folder) == ["units.csv:1: byte 0xff: is not UTF-8"]


def test_decomposed_names_are_stored_composed(tmp_path: Path) -> None:
    decomposed = FILES["units.csv"].replace("Sở Y tế", "So\u031b\u0309 Y te\u0302\u0301")
    found = catalogue.load(write(tmp_path, units=decomposed))
    assert found.units["SYT"].name == "Sở Y tế"


REGISTER = """\
code,name,field_code,field_name,level,service_level,service_mode,statutory_time,statutory_unit,fee_vnd,\
needs_paper_result,department,for_citizens,online_payment,complete,decided_on,effective_on,published_on
1.001193,Khai sinh,HT,Hộ tịch,commune,level3,full,1,working_days,0,true,SYT,true,false,true,2026-01-05,2026-02-01,
"""


def test_what_the_scoreboard_reads_of_the_register_is_optional(tmp_path: Path) -> None:
    stated = catalogue.load(write(tmp_path, procedures=REGISTER)).procedures["1.001193"]
    assert (stated.department, stated.for_citizens, stated.online_payment, stated.complete) == (
        "SYT",
        True,
        False,
        True,
    )
    assert (stated.decided_on, stated.effective_on, stated.published_on) == (date(2026, 1, 5), date(2026, 2, 1), None)
    silent = catalogue.load(write(tmp_path)).procedures["1.001193"]
    assert (silent.department, silent.for_citizens, silent.online_payment, silent.complete) == (None,) * 4


@pytest.mark.parametrize(
    ("right", "wrong", "error"),
    [
        pytest.param("SYT,true", "SY,true", "department 'SY': is no department of units.csv", id="an unknown one"),
        pytest.param("SYT,true", "24310,true", "department '24310': is no department of units.csv", id="a commune"),
        pytest.param("SYT,true,false", "SYT,,false", "for_citizens: is missing", id="a column is filled or not there"),
        pytest.param("true,2026", "x,2026", "complete 'x': must be true or false", id="neither yes nor no"),
        pytest.param("2026-02-01", "1/2/2026", "effective_on '1/2/2026': must be written like 2025-07-01", id="a day"),
    ],
)
def test_wrong_lines_of_the_register(tmp_path: Path, right: str, wrong: str, error: str) -> None:
    assert right in REGISTER
    assert errors_of(write(tmp_path, procedures=REGISTER.replace(right, wrong))) == [f"procedures.csv:2: {error}"]
