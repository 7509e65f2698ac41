"""Silences through the API: made, looked up, changed, ended; who may, and what one would mute."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ioc_core.db import connect as connect_database
from ioc_core.live import Facts
from tests.api.conftest import SCOPE, Centre, change
from tests.api.lines import Screen

SILENCE = {"matchers": [{"name": "system", "value": "igate"}], "for": "2h", "comment": "Vá máy chủ"}


async def alert_of(centre: Centre, unit: str = "22015", **labels: str) -> tuple[int, str]:
    """Add a firing alert of the test's own; return its id and rule."""
    connection = await connect_database(centre.dsn, application="test")
    try:
        row = await connection.fetchrow(
            "INSERT INTO alerts (fingerprint, rule, severity, labels, annotations, unit, state, pending_at, firing_at,"
            " updated_at) VALUES (gen_random_uuid()::text, 'Own' || gen_random_uuid(), 1, $1, $2, $3, 'firing',"
            " now(), now(), now()) RETURNING id, rule",
            labels,
            {"summary": "Cổng không truy cập được"},
            unit,
        )
    finally:
        await connection.close()
    assert row is not None
    return row["id"], row["rule"]


async def mute(centre: Centre, alert: int, silence: str, *, minutes: int) -> None:
    """Mute an alert as the alert engine does."""
    await change(
        centre,
        "INSERT INTO alert_mutes (alert_id, kind, ref, reason, since, until)"
        " VALUES ($1, 'silence', $2, 'Tắt báo (lan): vá', now(), now() + $3::interval)",
        alert,
        silence,
        timedelta(minutes=minutes),
        facts=Facts.ALERTS,
    )


async def test_the_life_of_a_silence(api: Centre) -> None:
    async with api.client("operator") as client:
        made = await client.post("/silences", json=SILENCE)
        assert made.status_code == 201, made.text
        silence = made.json()
        expected = {
            "kind": "silence", "matchers": [{"name": "system", "value": "igate", "isRegex": False, "isEqual": True}],
            "scope": None, "recurrence": None, "until": None, "comment": "Vá máy chủ", "created_by": "token:operator",
            "expired_at": None, "state": "active", "changes_at": silence["ends_at"], "muting": 0, "ends_soon": False,
        }  # fmt: skip
        assert {name: silence[name] for name in expected} == expected
        length = datetime.fromisoformat(silence["ends_at"]) - datetime.fromisoformat(silence["starts_at"])
        assert length == timedelta(hours=2)
        path = f"/silences/{silence['id']}"
        assert (await client.get(path)).json() == silence
        changed = await client.post(path, json={**SILENCE, "for": "3h", "comment": "Lâu hơn"})
        assert changed.status_code == 200, changed.text
        assert changed.json()["starts_at"] == silence["starts_at"]
        assert changed.json()["comment"] == "Lâu hơn"
        assert silence["id"] in [item["id"] for item in (await client.get("/silences?over=false")).json()["items"]]
        ended = await client.post(f"{path}/expire")
        assert (ended.status_code, ended.json()["state"], ended.json()["changes_at"]) == (200, "expired", None)
        assert (await client.post(f"{path}/expire")).status_code == 409
        assert (await client.post(path, json=SILENCE)).status_code == 409
        assert silence["id"] in [item["id"] for item in (await client.get("/silences?over=true")).json()["items"]]
        assert silence["id"] not in [item["id"] for item in (await client.get("/silences?over=false")).json()["items"]]
    connection = await connect_database(api.dsn, application="test")
    try:
        rows = await connection.fetch(
            "SELECT action, actor FROM audit_log WHERE target = $1 ORDER BY seq", silence["id"]
        )
        stirred = await connection.fetchval("SELECT stirred_at FROM silences WHERE id::text = $1", silence["id"])
    finally:
        await connection.close()
    assert [tuple(row) for row in rows] == [
        (f"silence.{act}", "token:operator") for act in ("create", "update", "expire")
    ]
    assert stirred is not None


async def test_a_recurring_silence_says_when_it_is_on_next(api: Centre) -> None:
    starts_at = (datetime.now(UTC) + timedelta(hours=3)).replace(microsecond=0)
    body = {**SILENCE, "starts_at": starts_at.isoformat(), "recurrence": "rrule:freq=daily", "kind": "maintenance"}
    async with api.client("on-call") as client:
        made = (await client.post("/silences", json=body)).json()
        assert (made["recurrence"], made["state"], made["kind"]) == ("FREQ=DAILY", "pending", "maintenance")
        assert datetime.fromisoformat(made["changes_at"]) == starts_at
        assert (await client.post(f"/silences/{made['id']}/expire")).status_code == 200


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no matcher", {**SILENCE, "matchers": []}, "body.matchers"),
    ("everything", {**SILENCE, "matchers": [{"name": "a", "value": ".*", "isRegex": True}]}, "body.matchers"),
    (
        "no regular expression",
        {**SILENCE, "matchers": [{"name": "a", "value": "(", "isRegex": True}]},
        "body.matchers",
    ),
    ("no reason", {**SILENCE, "comment": " "}, "body.comment"),
    ("no end", {"matchers": SILENCE["matchers"], "comment": "x"}, "body"),
    ("two ends", {**SILENCE, "ends_at": "2100-01-01T00:00:00Z"}, "body"),
    ("over already", {**SILENCE, "starts_at": "2020-01-01T00:00:00Z"}, "body.ends_at"),
    ("no rule", {**SILENCE, "recurrence": "hàng ngày"}, "body.recurrence"),
    ("until what", {**SILENCE, "until": "2100-01-01T00:00:00Z"}, "body.until"),
    ("unknown fields", {**SILENCE, "extra": 1}, "body.extra"),
    ("unknown kind", {**SILENCE, "kind": "storm"}, "body.kind"),
]


@pytest.mark.parametrize(("body", "parameter"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_a_wrong_silence_is_refused_by_name(api: Centre, body: dict[str, Any], parameter: str) -> None:
    async with api.client("operator") as client:
        answer = await client.post("/silences", json=body)
    assert answer.status_code == 422, answer.text
    assert parameter in [wrong["parameter"] for wrong in answer.json()["errors"]]


async def test_who_may_only_read_makes_none(api: Centre) -> None:
    async with api.client("viewer") as client:
        assert (await client.get("/silences")).status_code == 200
        assert (await client.post("/silences", json=SILENCE)).status_code == 403
        assert (await client.post("/silences/preview", json={"matchers": SILENCE["matchers"]})).status_code == 403
        assert (await client.post(f"/silences/{uuid4()}/expire")).status_code == 403
    async with api.client("operator") as client:
        assert (await client.get(f"/silences/{uuid4()}")).status_code == 404
        assert (await client.post(f"/silences/{uuid4()}", json=SILENCE)).status_code == 404
        assert (await client.post(f"/silences/{uuid4()}/expire")).status_code == 404


async def test_a_scope_makes_sees_and_changes_its_own(api: Centre) -> None:
    async with api.client("scoped") as scoped, api.client("operator") as operator:
        mine = (await scoped.post("/silences", json=SILENCE)).json()
        theirs = (await operator.post("/silences", json=SILENCE)).json()
        assert (mine["scope"], theirs["scope"]) == (SCOPE, None)
        seen = [item["id"] for item in (await scoped.get("/silences?limit=500")).json()["items"]]
        assert mine["id"] in seen and theirs["id"] not in seen
        assert (await scoped.post(f"/silences/{theirs['id']}/expire")).status_code == 404
        changed = await operator.post(f"/silences/{mine['id']}", json={**SILENCE, "for": "4h"})
        assert changed.json()["scope"] == SCOPE
        for silence in (mine, theirs):
            assert (await operator.post(f"/silences/{silence['id']}/expire")).status_code == 200


async def test_pages_follow_one_another(api: Centre) -> None:
    async with api.client("operator") as client:
        made = [(await client.post("/silences", json=SILENCE)).json()["id"] for _ in range(3)]
        found: list[str] = []
        cursor: dict[str, str] = {}
        while len(found) < 3:
            page = (await client.get("/silences", params={"limit": 1, **cursor})).json()
            found += [item["id"] for item in page["items"]]
            cursor = {"cursor": page["next"]}
        assert found == made[::-1]
        assert (await client.get("/silences", params={"cursor": "x"})).status_code == 422
        for silence in made:
            await client.post(f"/silences/{silence}/expire")


async def test_a_preview_says_what_would_be_muted(api: Centre) -> None:
    mark = uuid4().hex
    here, _ = await alert_of(api, system="igate", mark=mark)
    elsewhere, _ = await alert_of(api, unit="24133", system="idesk", mark=mark)
    old, _ = await alert_of(api, system="igate", mark=mark)
    await change(api, "UPDATE alerts SET state = 'resolved', firing_at = now() - interval '6 days' WHERE id = $1", old,
                 facts=Facts.ALERTS)  # fmt: skip
    asked: list[tuple[str, list[dict[str, Any]], list[int], int]] = [
        ("operator", [{"name": "mark", "value": mark}], [elsewhere, here], 3),
        ("scoped", [{"name": "mark", "value": mark}], [here], 2),
        ("operator", [{"name": "mark", "value": mark}, {"name": "system", "value": "id.*", "isRegex": True}],
         [elsewhere], 1),
        ("operator", [{"name": "mark", "value": mark}, {"name": "system", "value": "igate", "isEqual": False}],
         [elsewhere], 1),
        ("operator", [{"name": "mark", "value": mark}, {"name": "severity", "value": "2"}], [], 0),
        ("operator", [{"name": "mark", "value": mark}, {"name": "alertname", "value": "None"}], [], 0),
    ]  # fmt: skip
    for who, matchers, alerts, recent in asked:
        async with api.client(who) as client:
            answer = await client.post("/silences/preview", json={"matchers": matchers})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert sorted(alert["id"] for alert in found["alerts"]) == sorted(alerts), matchers
        assert (found["count"], found["last_7_days"], found["last_7_days_truncated"]) == (len(alerts), recent, False)


async def test_an_alert_says_what_mutes_it_and_the_silence_how_many(api: Centre) -> None:
    mark = uuid4().hex
    alert, rule = await alert_of(api, mark=mark)
    screen = Screen()
    async with api.client("operator") as client, api.feed("kiosk", query="?topics=alerts") as socket:
        silence = (await client.post("/silences", json=SILENCE)).json()["id"]
        await mute(api, alert, silence, minutes=20)
        shown = (await client.get(f"/alerts/{alert}")).json()["mutes"]
        assert [(item["kind"], item["ref"], item["reason"]) for item in shown] == [
            ("silence", silence, "Tắt báo (lan): vá")
        ]
        listed = (await client.get("/alerts", params={"rule": rule, "muted": True})).json()["items"]
        assert [item["id"] for item in listed] == [alert]
        assert listed[0]["mutes"] == shown
        assert (await client.get("/alerts", params={"rule": rule, "muted": False})).json()["items"] == []
        found = (await client.get(f"/silences/{silence}")).json()
        assert (found["muting"], found["ends_soon"]) == (1, False)  # two hours
        soon = await client.post(f"/silences/{silence}", json={**SILENCE, "for": "20m"})
        assert soon.json()["ends_soon"] is True
        async with asyncio.timeout(10):
            while not screen.state.get("alerts", {}).get(f"{rule}:22015", {}).get("muted"):
                screen.take(json.loads(await socket.recv()))
        await client.post(f"/silences/{silence}/expire")
