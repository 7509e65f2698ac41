"""The national protocol over real HTTP, with a real bus and database."""

import asyncio
import base64
from typing import Any

import pytest

from ioc_core.addresses import database_url
from ioc_core.db import connect
from ioc_core.events import DossierEvent, DossierStatus, Rejected, dossier_content_id
from tests.ingest.conftest import Ingest
from tests.ingest.payloads import PERSONAL, opencps, progress, short_form


async def signed_in(ingest: Ingest, source: str = "one-stop", user: str = "motcua") -> str:
    """A session, as OpenCPS opens it."""
    answer = await ingest.client.post("/dvcqg/session", json={"username": user, "password": ingest.secrets[source]})
    body = answer.json()
    assert (answer.status_code, int(body["error_code"])) == (200, 0)
    session: str = body["session"]
    return session


async def call(ingest: Ingest, session: str, service: str, **more: Any) -> dict[str, Any]:
    """One call of the integration endpoint."""
    body = {"session": session, "madonvi": "000.00.00.H15", "service": service, **more}
    answer = await ingest.client.post("/dvcqg/integration", json=body)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_opencps_syncs_a_dossier_and_its_step(ingest: Ingest) -> None:
    session = await signed_in(ingest)
    answer = await call(ingest, session, "DongBoHoSoMC", isUpdating="False", data=[opencps()])
    assert answer["error_code"] == "00"
    assert answer["result"] == [{"MaHoSo": "000.00.11.H15-200930-0123", "error_code": "00", "message": "Thành công"}]
    answer = await call(ingest, session, "CapNhatTienDoHoSoMC", data=[progress()])
    assert answer["error_code"] == "00"
    record, step = await ingest.events(DossierEvent, 2)
    assert (record.source, record.status, record.resolving_unit) == ("one-stop", DossierStatus.RETURNED, "SYT")
    assert (step.record, step.step_department) == (False, "Phòng Nghiệp vụ Y")


async def test_the_short_form_takes_each_kind_of_header(ingest: Ingest) -> None:
    secret = ingest.secrets["one-stop"]
    basic = base64.b64encode(f"motcua:{secret}".encode()).decode()
    for number, header in enumerate(
        (
            {"Authorization": f"Bearer {secret}"},
            {"Authorization": f"Basic {basic}"},
            {"X-API-Key": secret},
            {"Authorization": f"Bearer {await signed_in(ingest)}"},
        )
    ):
        answer = await ingest.client.post(
            "/dvcqg/DongBoHoSoMC",
            params={"MaDinhDanhDV": "000.00.11.H15", "isUpdating": "True"},
            json=[short_form(f"H15.11-241105-000{number}")],
            headers=header,
        )
        assert (answer.status_code, answer.json()["error_code"]) == (200, "00")
    assert len({event.code for event in await ingest.events(DossierEvent, 4)}) == 4


async def test_one_bad_dossier_does_not_lose_its_neighbours(ingest: Ingest) -> None:
    session = await signed_in(ingest)
    data = [
        opencps("000.00.11.H15-200930-0001"),
        opencps("000.00.11.H15-200930-0002", TrangThaiHoSo="77"),
        opencps("000.00.11.H15-200930-0003", NgayTiepNhan=""),
        opencps("000.00.11.H15-200930-0004"),
        "Nguyễn Thị Hồng Ánh",
    ]
    answer = await call(ingest, session, "DongBoHoSoMC", isUpdating=True, data=data)
    assert answer["error_code"] == "1"
    assert "000.00.11.H15-200930-0002: TrangThaiHoSo 77" in answer["message"]
    assert "000.00.11.H15-200930-0003: thiếu NgayTiepNhan" in answer["message"]
    assert [item["error_code"] for item in answer["result"]] == ["00", "1", "1", "00", "1"]
    events = await ingest.all_events()
    accepted = [event.code for event in events if isinstance(event, DossierEvent)]
    rejected = [event for event in events if isinstance(event, Rejected)]
    assert accepted == ["000.00.11.H15-200930-0001", "000.00.11.H15-200930-0004"]
    assert [event.reason for event in rejected] == ["unknown_status", "missing_field", "wrong_type"]
    kept = b"".join(event.raw + event.detail.encode() for event in rejected).decode()
    assert not [value for value in PERSONAL.values() if value in kept]


async def test_ten_thousand_dossiers_in_one_body(ingest: Ingest) -> None:
    data = [short_form(f"H15.11-241105-{number:05}") for number in range(10_000)]
    answer = await ingest.client.post("/dvcqg/DongBoHoSoMC", json=data, headers=ingest.token("one-stop"))
    assert answer.json()["error_code"] == "00"
    events = await ingest.events(DossierEvent, 10_000, within=30.0)
    assert {event.code for event in events} == {item["MaHoSo"] for item in data}


async def test_a_bad_login_is_an_error_code_with_status_200(ingest: Ingest) -> None:
    for body in (
        {"username": "motcua", "password": "sai"},
        {"username": "ai-do", "password": ingest.secrets["one-stop"]},
        {"username": "documents", "password": ingest.secrets["documents"]},
        {},
    ):
        answer = await ingest.client.post("/dvcqg/session", json=body)
        assert answer.status_code == 200
        assert int(answer.json()["error_code"]) != 0
        assert "session" not in answer.json()


async def test_an_unknown_session_or_service_is_an_error_code(ingest: Ingest) -> None:
    assert (await call(ingest, "s1.1.9999999999.x", "TraCuuHoSo", mahoso="1"))["error_code"] == "3"
    assert (await call(ingest, "", "TraCuuHoSo", mahoso="1"))["error_code"] == "3"
    session = await signed_in(ingest)
    answer = await call(ingest, session, "XoaHoSo")
    assert answer["error_code"] == "4"
    assert "DongBoHoSoMC" in answer["message"]


async def test_procedures_come_from_the_catalogue(ingest: Ingest) -> None:
    session = await signed_in(ingest)
    answer = await call(ingest, session, "LayThuTuc", maTTHC="1.001193")
    assert answer["result"] == [
        {
            "MATTHC": "1.001193",
            "TENTTHC": "Đăng ký khai sinh",
            "LINHVUCTHUCHIEN": [{"MALINHVUC": "HT", "TENLINHVUC": "Hộ tịch"}],
        }
    ]
    assert (await call(ingest, session, "LayThuTuc", maTTHC="9.999999"))["result"] == []


async def test_a_dossier_is_looked_up_as_it_was_synced(ingest: Ingest) -> None:
    connection = await connect(database_url(ingest.settings), application="test")
    session = await signed_in(ingest)
    assert (await call(ingest, session, "TraCuuHoSo", mahoso="A-1"))["result"] == []
    for code, source in (("A-1", "one-stop"), ("A-2", "health-desk")):
        await connection.execute(
            "INSERT INTO dossiers (code, source, status, effective_at, told_at, content_id, filed_at, is_open,"
            " waiting_for_citizen, procedure_code, first_told_at) VALUES ($1, $2, 4, now(), now(), 'x',"
            " '2024-11-05T00:45:00Z', true, false, '1.001193', now())",
            code,
            source,
        )
    await connection.close()
    (found,) = (await call(ingest, session, "TraCuuHoSo", mahoso="A-1"))["result"]
    assert (found["MaHoSo"], found["TrangThaiHoSo"], found["NgayTiepNhan"], found["NgayTra"]) == (
        "A-1",
        "4",
        "20241105074500",
        "",
    )
    assert (await call(ingest, session, "TraCuuHoSo", mahoso="A-2"))["result"] == []


async def test_a_source_speaks_only_of_its_units(ingest: Ingest) -> None:
    data = [
        opencps("000.00.11.H15-200930-0001"),
        opencps("000.00.04.H15-200930-0002", DonViXuLy="Sở Tài chính"),
        opencps("999.99.99.Z99-200930-0003", DonViXuLy="Một nơi nào đó"),
    ]
    answer = await ingest.client.post("/dvcqg/DongBoHoSoMC", json=data, headers=ingest.token("health-desk"))
    assert [item["error_code"] for item in answer.json()["result"]] == ["00", "1", "00"]
    unmapped = (await ingest.events(DossierEvent, 2))[1]
    assert (unmapped.receiving_unit, unmapped.receiving_text) == (None, "999.99.99.Z99")
    assert (unmapped.resolving_unit, unmapped.resolving_text) == (None, "Một nơi nào đó")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b'{"session": "x", "data": [{"ChuHoSo": "Nguyen Van A"', "2", id="a body cut off"),
        pytest.param(b"", "2", id="an empty body"),
        pytest.param(b"[" * 200_000, "2", id="deep nesting"),
        pytest.param(b'{"session": 12, "service": []}', "3", id="wrong types in the envelope"),
        pytest.param(b"\xff\xfe\x00{}", "2", id="not UTF-8"),
    ],
)
async def test_a_broken_envelope_gets_a_clear_answer(ingest: Ingest, body: bytes, code: str) -> None:
    answer = await ingest.client.post("/dvcqg/integration", content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (200, code)
    assert answer.json()["message"]
    (kept,) = await ingest.events(Rejected, 1)
    assert (kept.source, kept.port) == ("unknown", "dvcqg")
    assert b"Nguyen" not in kept.raw
    assert (await ingest.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param('"abc"', "không đúng kiểu", id="text for the list"),
        pytest.param("null", "không đúng kiểu", id="null for the list"),
        pytest.param("[" * 5000 + "]" * 5000, "sâu", id="deep nesting in an item"),
    ],
)
async def test_a_wrong_list_gets_a_clear_answer(ingest: Ingest, data: str, message: str) -> None:
    session = await signed_in(ingest)
    body = f'{{"session":"{session}","madonvi":"x","service":"DongBoHoSoMC","data":{data}}}'
    answer = (await ingest.client.post("/dvcqg/integration", content=body)).json()
    assert int(answer["error_code"]) != 0
    assert message in answer["message"]


async def test_the_same_update_twice_is_accepted_twice_with_one_content(ingest: Ingest) -> None:
    for _ in range(2):
        answer = await ingest.client.post("/dvcqg/DongBoHoSoMC", json=[opencps()], headers=ingest.token("one-stop"))
        assert answer.json()["error_code"] == "00"
        await asyncio.sleep(0.01)
    events = await ingest.events(DossierEvent, 2)
    assert len({dossier_content_id(event) for event in events}) == 1
