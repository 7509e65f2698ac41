"""Alertmanager's API over HTTP: what Grafana's data source asks for, filters, scopes, errors."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ioc_api.alertmanager.matching import parse, parse_all
from ioc_core.db import Connection
from ioc_core.errors import InputError
from tests.api.conftest import SCOPE, Centre

HOUR = timedelta(hours=1)
ALERT = {
    "fingerprint": str, "labels": dict, "annotations": dict, "receivers": list, "startsAt": str, "endsAt": str,
    "updatedAt": str, "status": dict, "generatorURL": str,
}  # fmt: skip


def client(api: Centre, who: str = "operator") -> httpx.AsyncClient:
    """A client of /api/v2 that signs in by HTTP basic."""
    return httpx.AsyncClient(base_url=f"{api.url}/api/v2", auth=("x", api.tokens[who]), timeout=20)


async def listed(api: Centre, who: str = "operator", **asked: Any) -> list[dict[str, Any]]:
    async with client(api, who) as http:
        answer = await http.get("/alerts", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_an_alert_has_every_field_that_the_openapi_document_names(api: Centre, told: Connection) -> None:
    found = await listed(api, filter='alertname="ShownDown"')
    assert len(found) == 2
    for alert in found:
        assert {name: type(value) for name, value in alert.items()} == ALERT
        assert set(alert["status"]) == {"state", "silencedBy", "inhibitedBy", "mutedBy"}
    first = found[0]
    assert first["labels"] == {"alertname": "ShownDown", "severity": "1", "unit": SCOPE, "site": "s0"}
    assert first["receivers"] == [{"name": "truc-ban"}]
    assert datetime.fromisoformat(first["endsAt"]) > datetime.now(UTC)


@pytest.mark.parametrize(
    ("asked", "sites"),
    [
        pytest.param({}, ["s0", "s1"], id="all"),
        pytest.param({"filter": 'site="s1"'}, ["s1"], id="equal"),
        pytest.param({"filter": "site=s1"}, ["s1"], id="without quotes"),
        pytest.param({"filter": 'site!="s1"'}, ["s0"], id="not equal"),
        pytest.param({"filter": 'severity=~"1|2"'}, ["s0"], id="a pattern"),
        pytest.param({"filter": 'site!~"s[12]"'}, ["s0"], id="not a pattern"),
        pytest.param({"filter": ['site=~"s.*"', "severity=3"]}, ["s1"], id="both"),
        pytest.param({"receiver": "truc-.*"}, ["s0", "s1"], id="a receiver"),
        pytest.param({"receiver": "truc"}, [], id="a receiver's whole name"),
        pytest.param({"active": "false"}, [], id="none that is active"),
    ],
)
async def test_filters(api: Centre, told: Connection, asked: dict[str, Any], sites: list[str]) -> None:
    filters = asked.pop("filter", [])
    known = ['alertname="ShownDown"', *([filters] if isinstance(filters, str) else filters)]
    found = await listed(api, **asked, filter=known)
    assert [alert["labels"]["site"] for alert in found] == sites


async def test_what_is_muted_or_snoozed_is_suppressed_and_says_by_what(api: Centre, told: Connection) -> None:
    async with told.transaction():
        ids = [row["id"] for row in await told.fetch("SELECT id FROM alerts WHERE rule = 'ShownDown' ORDER BY id")]
        await told.executemany(
            "INSERT INTO alert_mutes (alert_id, kind, ref, reason, since) VALUES ($1, $2, $3, '', $4)",
            [(ids[0], "silence", "6a8b", api.now), (ids[0], "inhibited", "LinkDown", api.now)],
        )
        await told.execute(
            "UPDATE alerts SET snoozed_by = 'lan', snoozed_at = $2, snoozed_until = $3 WHERE id = $1",
            ids[1], api.now, datetime.now(UTC) + HOUR,
        )  # fmt: skip
    try:
        first, second = [alert["status"] for alert in await listed(api, filter="alertname=ShownDown")]
        assert first == {
            "state": "suppressed",
            "silencedBy": ["6a8b"],
            "inhibitedBy": ["inhibited:LinkDown"],
            "mutedBy": [],
        }
        assert (second["state"], second["silencedBy"]) == ("suppressed", ["snooze:lan"])
        assert await listed(api, filter="alertname=ShownDown", silenced="false") == []
        assert len(await listed(api, filter="alertname=ShownDown", inhibited="false")) == 1
    finally:
        await told.execute("DELETE FROM alert_mutes WHERE alert_id = ANY($1::bigint[])", ids)
        await told.execute("UPDATE alerts SET snoozed_by = NULL, snoozed_at = NULL, snoozed_until = NULL")


async def test_groups_are_those_of_the_routes(api: Centre, told: Connection) -> None:
    async with client(api) as http:
        groups = (await http.get("/alerts/groups", params={"filter": "alertname=ShownDown"})).json()
    assert [(group["receiver"], group["labels"], len(group["alerts"])) for group in groups] == [
        ({"name": "truc-ban"}, {"alertname": "ShownDown"}, 1),
        ({"name": "truc-ban"}, {"alertname": "ShownDown", "severity": "1", "site": "s0", "unit": SCOPE}, 1),
    ]


async def test_a_scope_and_a_role_hold_here_too(api: Centre, told: Connection) -> None:
    assert [alert["labels"]["site"] for alert in await listed(api, "scoped", filter="alertname=ShownDown")] == ["s0"]
    async with client(api, "sender") as http:
        assert (await http.get("/alerts")).status_code == 403
    async with client(api, "viewer") as http:
        assert (await http.post("/alerts", json=[])).status_code == 403
        assert (await http.post("/silences", json={})).status_code == 403


async def test_a_silence_of_grafana_is_made_changed_and_ended(api: Centre, told: Connection) -> None:
    now = datetime.now(UTC)
    body = {
        "matchers": [{"name": "site", "value": "s9", "isRegex": False, "isEqual": True}],
        "startsAt": (now - HOUR).isoformat(), "endsAt": (now + HOUR).isoformat(), "createdBy": "grafana",
        "comment": "bảo trì",
    }  # fmt: skip
    async with client(api) as http:
        made = (await http.post("/silences", json=body)).json()["silenceID"]
        shown = (await http.get(f"/silence/{made}")).json()
        assert shown["status"] == {"state": "active"}
        assert shown["matchers"] == body["matchers"]
        assert datetime.fromisoformat(shown["startsAt"]) >= now, "Alertmanager begins no silence in the past"
        same = (await http.post("/silences", json={**shown, "comment": "lâu hơn"})).json()["silenceID"]
        assert same == made
        assert [item["comment"] for item in (await http.get("/silences", params={"filter": "site=s9"})).json()] == [
            "lâu hơn"
        ]
        assert (await http.delete(f"/silence/{made}")).status_code == 200
        assert (await http.get(f"/silence/{made}")).json()["status"] == {"state": "expired"}
        assert (await http.delete(f"/silence/{made}")).status_code == 500
        again = (await http.post("/silences", json={**body, "id": made})).json()["silenceID"]
        assert again != made, "what is over is made anew"
        await http.delete(f"/silence/{again}")
    entries = await told.fetch("SELECT action FROM audit_log WHERE action LIKE 'silence.%' AND target = $1", made)
    assert {entry["action"] for entry in entries} == {"silence.create", "silence.update", "silence.expire"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("GET", "/alerts?filter=a%20b", None, 400, "bad matcher format: a b"),
        ("GET", "/alerts?filter=a%3D~%22(%22", None, 400, "is not a regular expression"),
        ("GET", "/alerts/groups?receiver=(", None, 400, "is not a regular expression"),
        ("GET", "/silences?filter=x", None, 400, "bad matcher format: x"),
        ("POST", "/alerts", {"labels": {}}, 400, "Expected `array`"),
        ("POST", "/silences", {"comment": "x"}, 400, "missing required field"),
        ("POST", "/silences", {"matchers": [], "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2999-01-01T00:00:00Z",
                               "createdBy": "x", "comment": "x"}, 400, "there must be 1 to"),
        ("GET", "/silence/00000000-0000-0000-0000-000000000000", None, 404, "silence not found"),
        ("DELETE", "/silence/00000000-0000-0000-0000-000000000000", None, 404, "silence not found"),
    ],
)  # fmt: skip
async def test_errors_are_text_in_json(
    api: Centre, told: Connection, method: str, path: str, body: object, status: int, said: str
) -> None:
    async with client(api) as http:
        answer = await http.request(method, path, json=body)
    assert answer.status_code == status
    assert isinstance(answer.json(), str)
    assert said in answer.json()


async def test_what_grafana_asks_at_first(api: Centre, told: Connection) -> None:
    async with client(api) as http:
        status = (await http.get("/status")).json()
        receivers = (await http.get("/receivers")).json()
        healthy, ready = [await http.get(f"{api.url}/-/{name}") for name in ("healthy", "ready")]
    assert set(status) == {"cluster", "config", "uptime", "versionInfo"}
    assert status["cluster"]["status"] in {"ready", "settling"}
    assert 'receiver: "truc-ban"' in status["config"]["original"]
    assert receivers == [{"name": "truc-ban"}, {"name": "chi-man-hinh"}]
    assert (healthy.text, ready.text) == ("OK", "OK")


async def test_the_token_is_the_password_of_http_basic_and_nothing_else_is(api: Centre, told: Connection) -> None:
    async with httpx.AsyncClient(base_url=f"{api.url}/api/v2") as http:
        for said in ("x:nonsense", api.tokens["operator"], f"{api.tokens['operator']}:"):
            header = "Basic " + base64.b64encode(said.encode()).decode()
            assert (await http.get("/alerts", headers={"Authorization": header})).status_code == 401
        assert (await http.get("/alerts", headers={"Authorization": "Basic !"})).status_code == 401


def test_matchers_as_text() -> None:
    assert str(parse('{ site =~ "a\\"b" }')) == 'site=~"a\\"b"'
    assert str(parse('site="a\\nb"')) == 'site="a\\nb"'
    with pytest.raises(InputError):
        parse_all(["a=b"] * 21)
