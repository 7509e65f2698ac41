"""Acknowledging and commenting through the API: what is answered, kept, and shown on the feed."""

import asyncio
import json

import pytest

from ioc_core.db import connect as connect_database
from tests.api.conftest import Centre
from tests.api.lines import Screen


async def alert_of(centre: Centre, state: str) -> int:
    """Add an alert of the test's own; return its id."""
    connection = await connect_database(centre.dsn, application="test")
    try:
        alert: int = await connection.fetchval(
            "INSERT INTO alerts (fingerprint, rule, severity, labels, annotations, unit, state, pending_at, firing_at,"
            " resolved_at, updated_at) VALUES (gen_random_uuid()::text, 'Own' || gen_random_uuid(), 1, '{}', $2,"
            " '22015', $1, now(), now(), CASE WHEN $1 = 'resolved' THEN now() END, now()) RETURNING id",
            state,
            {"summary": "Cổng dịch vụ công không truy cập được"},
        )
    finally:
        await connection.close()
    return alert


async def test_an_alert_is_acknowledged_once_and_by_one(api: Centre) -> None:
    alert = await alert_of(api, "firing")
    async with api.client("on-call") as first, api.client("operator") as second:
        answer = await first.post(f"/alerts/{alert}/ack", json={"note": "Tôi nhận"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["acknowledged_by"] == "token:on-call"
        again = await first.post(f"/alerts/{alert}/ack", json={})
        assert again.status_code == 200
        assert [entry["kind"] for entry in again.json()["history"]] == ["acknowledged"]
        assert again.json()["history"][0]["note"] == "Tôi nhận"
        late = await second.post(f"/alerts/{alert}/ack", json={})
        assert late.status_code == 409
        assert "on-call" in late.json()["detail"]
        comment = await second.post(f"/alerts/{alert}/comments", json={"note": "Đã gọi đơn vị"})
        assert comment.status_code == 201
        assert [entry["kind"] for entry in comment.json()["history"]] == ["acknowledged", "commented"]
        shown = (await second.get(f"/alerts/{alert}")).json()
        assert shown["history"][1] | {"at": ""} == {
            "at": "",
            "kind": "commented",
            "actor": "token:operator",
            "note": "Đã gọi đơn vị",
        }
        assert shown["summary"] == "Cổng dịch vụ công không truy cập được"


async def test_two_who_acknowledge_at_once_are_told_apart(api: Centre) -> None:
    alert = await alert_of(api, "firing")
    async with api.client("on-call") as first, api.client("operator") as second, api.client("admin") as third:
        answers = await asyncio.gather(
            *(client.post(f"/alerts/{alert}/ack", json={}) for client in (first, second, third))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


@pytest.mark.parametrize(
    ("state", "action", "body", "status"),
    [
        pytest.param("resolved", "ack", {}, 409, id="an alert that is over can't be acknowledged"),
        pytest.param("resolved", "comments", {"note": "Nguyên nhân: mất điện"}, 201, id="but commented on"),
        pytest.param("pending", "ack", {}, 200, id="one that hasn't fired yet can be acknowledged"),
        pytest.param("firing", "comments", {"note": "   "}, 422, id="an empty comment says nothing"),
        pytest.param("firing", "comments", {}, 422, id="a comment needs a note"),
        pytest.param("firing", "comments", {"note": "x" * 2001}, 422, id="a comment has an end"),
        pytest.param("firing", "ack", {"note": "x", "extra": 1}, 422, id="unknown fields are refused"),
    ],
)
async def test_what_can_be_done(api: Centre, state: str, action: str, body: dict[str, object], status: int) -> None:
    alert = await alert_of(api, state)
    async with api.client("operator") as client:
        answer = await client.post(f"/alerts/{alert}/{action}", json=body)
    assert answer.status_code == status, answer.text


async def test_an_acknowledgement_reaches_the_feed_by_itself(api: Centre) -> None:
    alert = await alert_of(api, "firing")
    screen = Screen()
    async with api.feed("kiosk", query="?topics=alerts") as socket, api.client("on-call") as client:
        async with asyncio.timeout(10):
            screen.take(json.loads(await socket.recv()))
            await client.post(f"/alerts/{alert}/ack", json={})
            rule = (await client.get(f"/alerts/{alert}")).json()["rule"]
            key = f"{rule}:22015"
            while screen.state["alerts"].get(key, {}).get("acknowledged_by") != "token:on-call":
                screen.take(json.loads(await socket.recv()))
    assert screen.state["alerts"][key]["summary"] == "Cổng dịch vụ công không truy cập được"
