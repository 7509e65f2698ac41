"""Dossiers and steps of the national protocol, decoded: tables of real payloads, and anything at all."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ingest.decoders.national_dossier import ItemResult, Sender, decode_records, decode_steps
from ingest.rejections import Edge
from ioc_core.catalogue import Alias, AliasKind, Catalogue
from ioc_core.events import (
    Channel,
    DossierEvent,
    DossierStatus,
    Rejected,
    Supplement,
    encode_batch,
)
from tests.ingest.payloads import FILE_NAMES, PERSONAL, opencps, paper, progress, short_form

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def sender(shipped: Catalogue, **changes: Any) -> Sender:
    fields: dict[str, Any] = {
        "edge": Edge("one-stop", "dvcqg", NOW),
        "agency": "000.00.00.H15",
        "catalogue": shipped,
        "zone": ZONE,
    }
    return Sender(**(fields | changes))


def raw(item: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(item))


def record(shipped: Catalogue, item: object, **changes: Any) -> ItemResult:
    return record_of(shipped, raw(item), **changes)


def record_of(shipped: Catalogue, body: msgspec.Raw, **changes: Any) -> ItemResult:
    (result,) = decode_records([body], sender(shipped, **changes))
    return result


def accepted(result: ItemResult) -> DossierEvent:
    assert isinstance(result.outcome, DossierEvent), result.outcome
    return result.outcome


def refused(result: ItemResult) -> Rejected:
    assert isinstance(result.outcome, Rejected), result.outcome
    return result.outcome


def test_the_full_form_of_opencps(shipped: Catalogue) -> None:
    event = accepted(record(shipped, opencps()))
    assert event == DossierEvent(
        source="one-stop",
        observed_at=datetime(2020, 10, 2, 2, 0, tzinfo=UTC),
        received_at=NOW,
        code="000.00.11.H15-200930-0123",
        record=True,
        status=DossierStatus.RETURNED,
        receiving_unit="SYT",
        resolving_unit="SYT",
        receiving_text="000.00.11.H15",
        resolving_text="Sở Y tế",
        procedure_code="1.001193",
        procedure_name="Đăng ký khai sinh",
        field_code="HT",
        field_name="Hộ tịch",
        channel=Channel.ONLINE,
        filed_at=datetime(2020, 9, 30, 1, 15, tzinfo=UTC),
        due_at=datetime(2020, 10, 2, 10, 0, tzinfo=UTC),
        finished_at=datetime(2020, 10, 1, 8, 30, tzinfo=UTC),
        returned_at=datetime(2020, 10, 2, 2, 0, tzinfo=UTC),
        supplements=(
            Supplement(
                requested_at=datetime(2020, 9, 30, 7, 0, tzinfo=UTC),
                received_at=datetime(2020, 10, 1, 1, 0, tzinfo=UTC),
                due_before=datetime(2020, 10, 1, 10, 0, tzinfo=UTC),
                due_after=datetime(2020, 10, 2, 10, 0, tzinfo=UTC),
            ),
        ),
        paid_online=True,
        electronic_result=True,
        papers_digitised=True,
        papers_reused=False,
        papers_from_store=False,
        population_data=True,
        fee_vnd=8000,
    )


def test_the_short_form(shipped: Catalogue) -> None:
    event = accepted(record(shipped, short_form()))
    assert (event.status, event.channel) == (DossierStatus.IN_PROCESS, Channel.COUNTER)
    assert (event.receiving_unit, event.receiving_text) == (None, "H15.11")
    assert event.resolving_unit == "SYT"
    assert (event.finished_at, event.returned_at, event.paid_online, event.electronic_result) == (None,) * 4
    assert (event.papers_digitised, event.papers_reused, event.papers_from_store) == (None,) * 3
    assert (event.population_data, event.fee_vnd) == (None, None)
    assert event.observed_at == event.filed_at == datetime(2024, 11, 5, 0, 45, tzinfo=UTC)


def test_a_progress_step(shipped: Catalogue) -> None:
    (result,) = decode_steps([raw(progress())], sender(shipped))
    assert accepted(result) == DossierEvent(
        source="one-stop",
        observed_at=datetime(2020, 9, 30, 2, 30, tzinfo=UTC),
        received_at=NOW,
        code="000.00.11.H15-200930-0123",
        record=False,
        status=DossierStatus.IN_PROCESS,
        step_department="Phòng Nghiệp vụ Y",
        step_started_at=datetime(2020, 9, 30, 2, 30, tzinfo=UTC),
        step_due_at=datetime(2020, 10, 1, 10, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        pytest.param({"TrangThaiHoSo": 4}, "status", DossierStatus.IN_PROCESS, id="a status as a number"),
        pytest.param({"TrangThaiHoSo": " 4 "}, "status", DossierStatus.IN_PROCESS, id="a status with spaces"),
        pytest.param({"TrangThaiHoSo": 4.0}, "status", DossierStatus.IN_PROCESS, id="a status as a float"),
        pytest.param({"KenhThucHien": ""}, "channel", None, id="an empty channel is absent"),
        pytest.param({"KenhThucHien": "0"}, "channel", None, id="channel 0 is absent"),
        pytest.param({"NgayTra": "00000000000000"}, "returned_at", None, id="zeros are no date"),
        pytest.param({"NgayTra": None}, "returned_at", None, id="null is no date"),
        pytest.param({"NgayTra": 0}, "returned_at", None, id="the number 0 is no date"),
        pytest.param(
            {"NgayTra": 20201002090000},
            "returned_at",
            datetime(2020, 10, 2, 2, tzinfo=UTC),
            id="a date as a number",
        ),
        pytest.param(
            {"NgayHenTra": "20301231170000"},
            "due_at",
            datetime(2030, 12, 31, 10, tzinfo=UTC),
            id="a due date may lie ahead",
        ),
        pytest.param({"MaLinhVuc": 12}, "field_code", "12", id="a code as a number"),
        pytest.param({"DuocThanhToanTrucTuyen": "0"}, "paid_online", False, id="not paid online"),
        pytest.param({"DuocThanhToanTrucTuyen": 2}, "paid_online", True, id="2 is paid online too"),
        pytest.param({"DanhSachGiayToKetQua": []}, "electronic_result", None, id="no result yet"),
        pytest.param({"DanhSachGiayToKetQua": [{"MaKetQua": "1"}]}, "electronic_result", False, id="a paper result"),
        pytest.param({"DonViXuLy": "Phòng lạ"}, "resolving_unit", None, id="an unknown unit is unmapped"),
        pytest.param({"DonViXuLy": "Phòng lạ"}, "resolving_text", "Phòng lạ", id="and kept as written"),
        pytest.param(
            {
                "DonViXuLy": "UBND phường Buôn Ma Thuột",
                "NgayTiepNhan": "20250801080000",
                "NgayTra": "",
                "NgayKetThucXuLy": "",
                "DanhSachHoSoBoSung": None,
            },
            "resolving_unit",
            "24133",
            id="a commune by its authority's name",
        ),
        pytest.param({"MaTTHC": "7.999999"}, "procedure_code", "7.999999", id="an unknown procedure is kept"),
        pytest.param({"MaHoSo": "HS-1"}, "receiving_unit", "66", id="a code without agency is of the sender's agency"),
    ],
)
def test_tolerated(shipped: Catalogue, change: dict[str, Any], field: str, value: object) -> None:
    assert getattr(accepted(record(shipped, opencps() | change)), field) == value


RECEIVED_AT_COMMUNE = "000.11.11.H15-250702-0001"


@pytest.mark.parametrize(
    ("filed", "code", "text", "receiving", "resolving"),
    [
        pytest.param("20250615080000", "000.00.37.H15-1", "UBND huyện Krông Búk", "649", "649", id="at a district"),
        pytest.param(
            "20250702080000",
            RECEIVED_AT_COMMUNE,
            "UBND huyện Krông Búk",
            "24310",
            None,
            id="by a district's name later",
        ),
        pytest.param("20250702080000", RECEIVED_AT_COMMUNE, "Krông Búk", "24310", "24310", id="a name that came back"),
        pytest.param("20250615080000", "000.00.37.H15-1", "Krông Búk", "649", "649", id="and before it did"),
        pytest.param(
            "20250630235959", "000.00.37.H15-1", "Krông Búk", "649", "649", id="the last second of districts"
        ),
        pytest.param("20250701000000", "000.00.37.H15-1", "Krông Búk", "649", "24310", id="the first of communes"),
        pytest.param("20250702080000", RECEIVED_AT_COMMUNE, "Sở Y tế", "24310", "SYT", id="decided by another unit"),
        pytest.param("20250702080000", "H15.9-1", "Sở Y tế", None, "SYT", id="received nobody knows where"),
    ],
)
def test_units_are_those_of_the_day_of_filing(
    shipped: Catalogue, filed: str, code: str, text: str, receiving: str | None, resolving: str | None
) -> None:
    """Even when the record comes, and was finished, long afterwards."""
    item = opencps(code, NgayTiepNhan=filed, DonViXuLy=text, NgayTra="20251002090000", NgayKetThucXuLy="")
    event = accepted(record(shipped, item | {"DanhSachHoSoBoSung": []}))
    assert (event.receiving_unit, event.resolving_unit) == (receiving, resolving)
    assert (event.receiving_text, event.resolving_text) == (code.rsplit("-")[0], text), "what was written is kept"


def test_aliases_are_those_of_the_day_of_filing(shipped: Catalogue) -> None:
    aliases = (
        Alias(AliasKind.UNIT, "Phòng Một cửa", "649"),
        Alias(AliasKind.UNIT, "Phòng Một cửa", "24310"),
        Alias(AliasKind.PROCEDURE, "KS", "1.001193", date(2025, 7, 1)),
    )
    known = Catalogue(shipped.units, shipped.procedures, shipped.systems, shipped.metrics, aliases)
    found = []
    for filed in ("20250615080000", "20250702080000"):
        item = opencps("HS-1", NgayTiepNhan=filed, DonViXuLy="PHÒNG MỘT CỬA", MaTTHC="KS", NgayKetThucXuLy="")
        event = accepted(record(known, item | {"NgayTra": "", "DanhSachHoSoBoSung": []}))
        found.append((event.resolving_unit, event.procedure_code))
    assert found == [("649", "KS"), ("24310", "1.001193")]


def test_a_clock_some_minutes_ahead_is_tolerated(shipped: Catalogue) -> None:
    for minutes, reason in ((9, None), (11, "time_in_future")):
        text = (NOW + timedelta(minutes=minutes)).astimezone(ZONE).strftime("%Y%m%d%H%M%S")
        result = record(shipped, short_form(NgayTiepNhan=text))
        assert (None if isinstance(result.outcome, DossierEvent) else refused(result).reason) == reason


@pytest.mark.parametrize(
    ("change", "reason", "named"),
    [
        pytest.param({"TrangThaiHoSo": "11"}, "unknown_status", "TrangThaiHoSo 11", id="unknown status"),
        pytest.param({"TrangThaiHoSo": "đang xử lý"}, "wrong_type", "TrangThaiHoSo", id="status in words"),
        pytest.param({"TrangThaiHoSo": True}, "wrong_type", "TrangThaiHoSo", id="status as a boolean"),
        pytest.param({"TrangThaiHoSo": None}, "missing_field", "TrangThaiHoSo", id="no status"),
        pytest.param({"MaHoSo": ""}, "missing_field", "MaHoSo", id="no code"),
        pytest.param({"MaHoSo": ["1"]}, "wrong_type", "MaHoSo", id="a list for the code"),
        pytest.param({"MaHoSo": "x" * 301}, "too_long", "MaHoSo", id="a very long code"),
        pytest.param({"MaHoSo": "a\0b"}, "bad_text", "MaHoSo", id="a NUL character"),
        pytest.param({"TenLinhVuc": None}, "missing_field", "TenLinhVuc", id="no field name"),
        pytest.param({"DonViXuLy": {"Ten": "x"}}, "wrong_type", "DonViXuLy", id="an object for the unit"),
        pytest.param(
            {"NgayTiepNhan": "00000000000000"}, "missing_field", "NgayTiepNhan", id="zeros for a required date"
        ),
        pytest.param({"NgayHenTra": "20201332000000"}, "bad_time", "NgayHenTra '20201332000000'", id="month 13"),
        pytest.param({"NgayHenTra": "2020-10-02"}, "bad_time", "NgayHenTra", id="another form of date"),
        pytest.param({"NgayHenTra": "00010101000000"}, "bad_time", "NgayHenTra", id="the year 1"),
        pytest.param({"NgayTra": "20991231000000"}, "time_in_future", "NgayTra", id="a hand-over in the future"),
        pytest.param({"KenhThucHien": 9}, "unknown_channel", "KenhThucHien 9", id="unknown channel"),
        pytest.param({"DanhSachHoSoBoSung": "x"}, "wrong_type", "DanhSachHoSoBoSung", id="text for a list"),
        pytest.param({"DanhSachHoSoBoSung": [1]}, "wrong_type", "DanhSachHoSoBoSung", id="numbers in a list"),
        pytest.param(
            {"DanhSachHoSoBoSung": [{"NgayBoSung": "x"}]}, "bad_time", "NgayBoSung", id="a wrong date inside"
        ),
    ],
)
def test_refused(shipped: Catalogue, change: dict[str, Any], reason: str, named: str) -> None:
    result = refused(record(shipped, opencps() | change))
    assert (result.reason, result.port) == (reason, "dvcqg")
    assert named in result.detail
    assert not [value for value in PERSONAL.values() if value in result.raw.decode()]


def test_every_problem_of_a_dossier_is_named(shipped: Catalogue) -> None:
    detail = refused(record(shipped, opencps(TrangThaiHoSo="x", NgayHenTra="y", MaTTHC=""))).detail
    assert all(name in detail for name in ("000.00.11.H15-200930-0123", "TrangThaiHoSo", "NgayHenTra", "MaTTHC"))


FLAGS = [
    pytest.param("1", True, id="text"),
    pytest.param(1, True, id="a number"),
    pytest.param(1.0, True, id="a number with a point"),
    pytest.param(True, True, id="a boolean"),
    pytest.param("01", True, id="two digits"),
    pytest.param(" True ", True, id="a word"),
    pytest.param("0", False, id="no, as text"),
    pytest.param("00", False, id="no, in two digits"),
    pytest.param(0, False, id="no, as a number"),
    pytest.param("FALSE", False, id="no, in a word"),
    pytest.param("", None, id="empty"),
    pytest.param(None, None, id="null"),
    pytest.param("có", None, id="a word nobody knows"),
    pytest.param("2", None, id="another number as text"),
    pytest.param(2, None, id="another number"),
    pytest.param(["1"], None, id="a list"),
    pytest.param({"1": 1}, None, id="an object"),
]


@pytest.mark.parametrize(("value", "meaning"), FLAGS)
def test_flags_of_papers(shipped: Catalogue, value: object, meaning: bool | None) -> None:
    """Nothing is refused for a flag; what can't be read isn't said. A paper without file or flag isn't digitised."""
    flags = {"DuocSoHoa": value, "DuocTaiSuDung": value, "DuocLayTuKhoDMQG": value, "DuongDanTaiTepTin": ""}
    event = accepted(record(shipped, short_form(TaiLieuNop=[paper(**flags)])))
    assert event.papers_digitised is bool(meaning)
    assert (event.papers_reused, event.papers_from_store) == (meaning, meaning)


@pytest.mark.parametrize(("value", "meaning"), FLAGS)
def test_flags_of_the_whole_record(shipped: Catalogue, value: object, meaning: bool | None) -> None:
    event = accepted(record(shipped, short_form(HoSoCoThanhPhanSoHoa=value, TaiKhoanDuocXacThucVoiVNeID=value)))
    assert (event.papers_digitised, event.population_data) == (meaning, meaning)


NOTHING = {"DuongDanTaiTepTin": "", "DuocSoHoa": "0"}


@pytest.mark.parametrize(
    ("papers", "digitised", "reused", "from_store"),
    [
        pytest.param(None, None, None, None, id="no list"),
        pytest.param([], None, None, None, id="an empty list"),
        pytest.param("x", None, None, None, id="text for the list"),
        pytest.param([1, None, "x"], None, None, None, id="no objects in it"),
        pytest.param([{}], False, None, None, id="a paper of which nothing is said"),
        pytest.param([paper(DuocSoHoa=None)], True, False, False, id="it has a file"),
        pytest.param([paper(DuongDanTaiTepTin=" ", DuocSoHoa="1")], True, False, False, id="it is marked"),
        pytest.param([paper(DuongDanTaiTepTin=7, DuocSoHoa="0")], False, False, False, id="a number for the file"),
        pytest.param([paper(**NOTHING), paper(DuocTaiSuDung="1")], True, True, False, id="one of two is enough"),
        pytest.param([paper(**NOTHING), paper(DuocLayTuKhoDMQG=1)], True, False, True, id="one from the store"),
        pytest.param([paper(IsDeleted="True", DuocTaiSuDung="1")], None, None, None, id="a deleted one is none"),
        pytest.param([paper(IsDeleted=1), paper(**NOTHING)], False, False, False, id="beside one that stays"),
        pytest.param([paper(IsDeleted="x")], True, False, False, id="a mark of deletion that nobody can read"),
    ],
)
def test_papers(
    shipped: Catalogue, papers: object, digitised: bool | None, reused: bool | None, from_store: bool | None
) -> None:
    event = accepted(record(shipped, short_form(TaiLieuNop=papers)))
    assert (event.papers_digitised, event.papers_reused, event.papers_from_store) == (digitised, reused, from_store)


def test_the_whole_record_may_say_that_papers_are_digitised(shipped: Catalogue) -> None:
    event = accepted(record(shipped, short_form(TaiLieuNop=[paper(**NOTHING)], HoSoCoThanhPhanSoHoa="1")))
    assert event.papers_digitised is True


@pytest.mark.parametrize(
    ("said", "used"),
    [
        pytest.param({}, None, id="nothing is said"),
        pytest.param({"TaiKhoanDuocXacThucVoiVNeID": "1"}, True, id="the account is proved by VNeID"),
        pytest.param({"TaiKhoanDuocXacThucVoiVNeID": "0"}, False, id="it isn't"),
        pytest.param({"DSKetNoiCSDL": [{"MaCSDL": "CSDLQGDC"}]}, True, id="a national data base was asked"),
        pytest.param({"DSKetNoiCSDL": [{"MaCSDL": ""}, {}]}, False, id="none that has a name"),
        pytest.param({"DSKetNoiCSDL": []}, None, id="an empty list of them"),
        pytest.param({"DSKetNoiCSDL": "CSDLQGDC"}, None, id="text for the list"),
        pytest.param({"TaiLieuNop": [paper(DuocLayTuKhoDMQG="1")]}, True, id="a paper came from the store"),
        pytest.param({"TaiLieuNop": [paper()]}, False, id="no paper came from the store"),
        pytest.param(
            {"TaiKhoanDuocXacThucVoiVNeID": "0", "DSKetNoiCSDL": [{"MaCSDL": "CSDLQGDC"}]}, True, id="one is enough"
        ),
    ],
)
def test_population_data(shipped: Catalogue, said: dict[str, Any], used: bool | None) -> None:
    assert accepted(record(shipped, short_form(**said))).population_data == used


@pytest.mark.parametrize(
    ("fees", "vnd"),
    [
        pytest.param(None, None, id="no list"),
        pytest.param([], None, id="an empty list"),
        pytest.param([{"Gia": "8000"}], 8000, id="text"),
        pytest.param([{"Gia": 8000}], 8000, id="a number"),
        pytest.param([{"Gia": 8000.0}], 8000, id="a number with a point"),
        pytest.param([{"Gia": " 8000 "}], 8000, id="spaces around it"),
        pytest.param([{"Gia": "0"}], 0, id="nothing to pay"),
        pytest.param([{"Gia": "8000"}, {"Gia": 12000}], 20000, id="a fee and a charge"),
        pytest.param([{"Gia": "8000"}, {"Gia": "x"}], 8000, id="what can be read of them"),
        pytest.param([{"Gia": "8.000 đ"}], None, id="words"),
        pytest.param([{"Gia": "-5"}], None, id="below nothing, as text"),
        pytest.param([{"Gia": -5}], None, id="below nothing"),
        pytest.param([{"Gia": True}], None, id="a boolean"),
        pytest.param([{"Gia": "９"}], None, id="digits of another script"),
        pytest.param([{"Gia": "9" * 16}], None, id="too long a text"),
        pytest.param([{"Gia": 1e300}], None, id="too large a number"),
        pytest.param([{"Gia": 10**12}, {"Gia": 10**12}], 10**12, id="more than there is"),
        pytest.param([{"TenPhiLePhi": "Lệ phí"}], None, id="no amount"),
        pytest.param(["8000"], None, id="no objects in it"),
    ],
)
def test_fees(shipped: Catalogue, fees: object, vnd: int | None) -> None:
    assert accepted(record(shipped, short_form(DanhSachLePhi=fees))).fee_vnd == vnd


def test_accepted_events_carry_no_personal_data(shipped: Catalogue) -> None:
    for item in (opencps(), short_form()):
        text = encode_batch([accepted(record(shipped, item))]).decode()
        assert not [value for value in PERSONAL.values() if value in text]
    (step,) = decode_steps([raw(progress())], sender(shipped))
    assert "Thu Trang" not in encode_batch([accepted(step)]).decode()


SLIPPED = {
    "HoSoCoThanhPhanSoHoa": PERSONAL["ChuHoSo"],
    "TaiKhoanDuocXacThucVoiVNeID": PERSONAL["MaDoiTuong"],
    "DSKetNoiCSDL": [{"MaCSDL": PERSONAL["MaDoiTuong"]}, {"MaCSDL": PERSONAL["ChuHoSo"]}],
    "DanhSachLePhi": [{"Gia": int(PERSONAL["MaDoiTuong"])}, {"Gia": PERSONAL["SoDienThoai"]}],
    "TaiLieuNop": [
        paper(),
        paper(DuocSoHoa=FILE_NAMES[0], DuocTaiSuDung=PERSONAL["Email"], DuocLayTuKhoDMQG=FILE_NAMES[1], IsDeleted=7),
    ],
}
"""Lists whose columns have slipped: people where flags and amounts should be."""


@pytest.mark.parametrize("change", [pytest.param({}, id="as it should be"), pytest.param(SLIPPED, id="slipped")])
def test_nothing_is_kept_of_papers_but_their_flags(shipped: Catalogue, change: dict[str, Any]) -> None:
    secrets = (*PERSONAL.values(), *FILE_NAMES, "66188012345")
    item = opencps(**change)
    body = raw([item | {"TrangThaiHoSo": "11"}])
    kept = {
        "accepted": encode_batch([accepted(record(shipped, item))]),
        "refused": refused(record(shipped, item | {"TrangThaiHoSo": "11"})).raw,
        "cut off": refused(record_of(shipped, msgspec.Raw(bytes(body)[1:-40]))).raw,
    }
    for name, data in kept.items():
        assert not [secret for secret in secrets if secret in data.decode()], name


def test_what_is_kept_of_a_refused_dossier_shows_its_flags(shipped: Catalogue) -> None:
    kept = msgspec.json.decode(refused(record(shipped, opencps(TrangThaiHoSo="11"))).raw)
    assert kept["TaiLieuNop"] == [
        {"IsDeleted": "False", "DuocSoHoa": "1", "DuocTaiSuDung": "0", "DuocLayTuKhoDMQG": "0"}
    ]
    assert (kept["DanhSachLePhi"], kept["DSKetNoiCSDL"]) == ([{"Gia": "8000"}], [{"MaCSDL": "CSDLQGDC"}])
    assert (kept["HoSoCoThanhPhanSoHoa"], kept["TaiKhoanDuocXacThucVoiVNeID"]) == ("1", "1")
