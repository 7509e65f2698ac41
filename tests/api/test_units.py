"""Units over HTTP: since when they are, what was before and after them, and what no catalogue knows."""

from collections.abc import AsyncIterator

import pytest

from ioc_core.db import connect
from tests.api.conftest import Centre

TEXTS = """
INSERT INTO dossiers (code, source, receiving_unit, receiving_text, resolving_text, procedure_code, is_open, status,
                      procedure_name, effective_at, told_at, filed_at, first_told_at, content_id, waiting_for_citizen)
SELECT v.*, 'Khai sinh', $1, $1, $1, $1, v.code, false
FROM (VALUES ('U1', 'igate', NULL, 'UBND H. Lắk', 'UBND H. Lắk', '1.001193', true, 4),
             ('U2', 'other', '22015', 'Phường Tuy Hoà', 'UBND H. Lắk', 'KS-1', false, 9),
             ('U3', 'igate', 'SYT', 'Sở Y tế', 'Phòng lạ', '1.001193', true, 4)) AS v (code)
"""


@pytest.fixture
async def unmapped(api: Centre) -> AsyncIterator[Centre]:
    """The API, with three dossiers that somebody has to map; they are gone afterwards."""
    connection = await connect(api.dsn, application="test")
    try:
        await connection.execute(TEXTS, api.now)
        yield api
    finally:
        await connection.execute("DELETE FROM dossiers WHERE code LIKE 'U_'")
        await connection.close()


async def test_a_unit_says_when_it_existed_and_what_was_before_and_after_it(api: Centre) -> None:
    async with api.client() as client:
        district = (await client.get("/units/649")).json()
        commune = (await client.get("/units/24310")).json()
        office = (await client.get("/units/TTPVHCC")).json()
        units = (await client.get("/units")).json()["items"]
    assert (district["valid_from"], district["valid_to"], district["current"]) == (None, "2025-06-30", False)
    assert district["successors"] == ["24310", "24313", "24316"]
    assert [(unit["code"], unit["name"]) for unit in district["after"]] == [
        ("24310", "Xã Krông Búk"),
        ("24313", "Xã Cư Pơng"),
        ("24316", "Xã Pơng Drang"),
    ]
    assert (commune["valid_from"], commune["current"], commune["predecessors"]) == ("2025-07-01", True, ["649"])
    assert commune["before"] == [
        {
            "code": "649",
            "kind": "district",
            "name": "Huyện Krông Búk",
            "valid_from": None,
            "valid_to": "2025-06-30",
            "current": False,
        }
    ]
    assert [unit["code"] for unit in office["above"]] == ["VPUBND", "66"]
    listed = {unit["code"]: unit for unit in units}
    assert listed["649"]["successors"] == district["successors"]
    assert listed["24310"]["successors"] == []
    assert commune.keys() - listed["24310"].keys() == {"above", "before", "after"}


async def test_an_unknown_unit_and_one_out_of_scope_are_not_there(api: Centre) -> None:
    async with api.client() as admin, api.client("scoped") as scoped:
        assert (await admin.get("/units/nothing")).status_code == 404
        assert (await scoped.get("/units/24310")).status_code == 404
        mine = (await scoped.get("/units/22015")).json()
    assert [unit["code"] for unit in mine["above"]] == ["66"], "the names of those above are no secret"


async def test_what_no_catalogue_knows_is_listed_with_the_most_frequent_first(unmapped: Centre) -> None:
    async with unmapped.client() as client:
        items = (await client.get("/units/unmapped")).json()["items"]
        procedures = (await client.get("/units/unmapped", params={"kind": "procedure"})).json()["items"]
        below = (await client.get("/units/unmapped", params={"within": "SYT"})).json()["items"]
        first = (await client.get("/units/unmapped", params={"limit": 1})).json()["items"]
    assert [(item["kind"], item["text"], item["dossiers"], item["open"], item["sources"]) for item in items] == [
        ("unit", "UBND H. Lắk", 2, 1, ["igate", "other"]),
        ("unit", "Phòng lạ", 1, 1, ["igate"]),
        ("procedure", "KS-1", 1, 0, ["other"]),
    ]
    assert [(item["text"], item["name"]) for item in procedures] == [("KS-1", "Khai sinh")]
    assert [item["text"] for item in below] == ["Phòng lạ"]
    assert first == items[:1]


async def test_a_scope_sees_the_texts_of_its_own_dossiers(unmapped: Centre) -> None:
    async with unmapped.client("scoped") as scoped:
        items = (await scoped.get("/units/unmapped")).json()["items"]
    assert [(item["text"], item["dossiers"]) for item in items] == [("UBND H. Lắk", 1), ("KS-1", 1)]


async def test_a_wrong_parameter_is_named(api: Centre) -> None:
    async with api.client() as client:
        answer = await client.get("/units/unmapped", params={"kind": "field"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "query.kind"
