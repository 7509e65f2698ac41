"""The link in a message, as phones, scanners and strangers use it."""

import base64
import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from ioc_core.alert_links import Link, sign
from ioc_core.db import connect as connect_database
from tests.api.conftest import Centre
from tests.api.test_alert_actions import alert_of

MINUTE = timedelta(minutes=1)


async def link_of(centre: Centre, *alerts: int, receiver: str = "truc-ban", lasts: timedelta = 60 * MINUTE) -> str:
    """Put a notification about `alerts` into the outbox, as sent; return the path of its link."""
    notification = uuid.uuid4().hex
    connection = await connect_database(centre.dsn, application="test")
    try:
        await connection.execute(
            "INSERT INTO notifications (idempotency_key, group_key, receiver, channel, severity, message, alert_ids,"
            " observed_at, created_at, expires_at, next_attempt_at, state, finished_at)"
            " VALUES ($1, 'g', $2, 'webhook/0', 1, $3, $4, now(), now(), now(), now(), 'sent', now())",
            notification,
            receiver,
            {"title": "[P1] <b>iGate</b> không truy cập được"},
            list(alerts),
        )
        key = await connection.fetchval("SELECT key FROM signing_keys WHERE name = 'alert-links'")
    finally:
        await connection.close()
    return "/a/" + sign(key, Link(notification, datetime.now(UTC) + lasts))


def browser(centre: Centre) -> httpx.AsyncClient:
    """A phone's browser: no credentials, and the page's own origin."""
    return httpx.AsyncClient(base_url=centre.url, timeout=20, follow_redirects=True)


async def detail(centre: Centre, alert: int) -> dict[str, Any]:
    async with centre.client("admin") as client:
        found: dict[str, Any] = (await client.get(f"/alerts/{alert}")).json()
    return found


async def fetch(centre: Centre, query: str, *values: object) -> list[Any]:
    connection = await connect_database(centre.dsn, application="test")
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def test_an_alert_is_taken_on_from_the_phone_once(api: Centre) -> None:
    alert, other = await alert_of(api, "firing"), await alert_of(api, "resolved")
    path = await link_of(api, alert, other)
    async with browser(api) as phone:
        seen = await phone.get(path)
        assert seen.status_code == 200
        assert seen.headers["content-type"].startswith("text/html")
        assert "Tôi nhận xử lý" in seen.text and "Tạm hoãn 30 phút" in seen.text
        assert "&lt;b&gt;iGate&lt;/b&gt;" in seen.text and "<b>iGate" not in seen.text
        assert "Cổng dịch vụ công không truy cập được" in seen.text
        done = await phone.post(path, data={"action": "acknowledge", "name": "Lan"}, headers={"Origin": api.url})
        assert done.status_code == 200 and done.history[0].status_code == 303
        assert "Lan (qua tin báo cho truc-ban) đã nhận xử lý lúc" in done.text
        assert "<button" not in done.text
        again = await phone.post(path, data={"action": "snooze", "name": "Kẻ khác"})
        assert again.status_code == 409
        assert "Lan (qua tin báo cho truc-ban) đã nhận xử lý lúc" in again.text
    found = await detail(api, alert)
    assert found["acknowledged_by"] == "Lan (qua tin báo cho truc-ban)"
    until = datetime.fromisoformat(found["acknowledged_until"])
    assert timedelta(hours=3, minutes=59) < until - datetime.now(UTC) < timedelta(hours=4)
    assert [entry["kind"] for entry in found["history"]] == ["acknowledged"]
    audited = await fetch(api, "SELECT * FROM audit_log WHERE target = $1", str(alert))
    assert [(row["actor"], row["action"]) for row in audited] == [("link:truc-ban", "alert.acknowledge")]
    used = await fetch(api, "SELECT * FROM alert_links WHERE alert_ids = $1", [alert])
    assert [(row["used_by"], row["address"], row["action"]) for row in used] == [
        ("Lan (qua tin báo cho truc-ban)", "127.0.0.1", "acknowledge")
    ]


async def test_looking_changes_nothing_however_often(api: Centre) -> None:
    """Mail scanners and previews of chats fetch links, and some send HEAD."""
    alert = await alert_of(api, "firing")
    path = await link_of(api, alert)
    before = await fetch(api, "SELECT * FROM alerts WHERE id = $1", alert)
    async with browser(api) as scanner:
        for _ in range(3):
            assert (
                await scanner.get(path, headers={"User-Agent": "TelegramBot (like TwitterBot)"})
            ).status_code == 200
        assert (await scanner.head(path)).status_code in {200, 405}
        assert (await scanner.get(path + "?action=acknowledge")).status_code == 200
        assert (await scanner.post(path)).status_code == 422
        assert (await scanner.post(path, data={"action": "resolve"})).status_code == 422
    assert await fetch(api, "SELECT * FROM alerts WHERE id = $1", alert) == before
    assert (await detail(api, alert))["history"] == []


async def test_snoozing_from_the_phone(api: Centre) -> None:
    alert = await alert_of(api, "firing")
    async with browser(api) as phone:
        path = await link_of(api, alert, receiver="person:lan.nguyen")
        assert 'name="name"' not in (await phone.get(path)).text, "it is known whose it is"
        done = await phone.post(path, data={"action": "snooze"})
        assert "lan.nguyen (qua tin báo) đã tạm hoãn lúc" in done.text
    found = await detail(api, alert)
    assert found["snoozed_by"] == "lan.nguyen (qua tin báo)"
    assert found["acknowledged_by"] is None


async def test_an_expired_a_tampered_and_a_strange_link(api: Centre) -> None:
    alert = await alert_of(api, "firing")
    expired, good = await link_of(api, alert, lasts=-MINUTE), await link_of(api, alert)
    tampered = good[:-1] + ("A" if good[-1] != "A" else "B")
    gone = "/a/" + sign(
        (await fetch(api, "SELECT key FROM signing_keys"))[0]["key"],
        Link(uuid.uuid4().hex, datetime.now(UTC) + MINUTE),
    )
    async with browser(api) as phone:
        for path, status, words in (
            (expired, 410, "hết hạn"),
            (tampered, 404, "không hợp lệ"),
            ("/a/x", 404, "không hợp lệ"),
            (gone, 404, "không hợp lệ"),
        ):
            for answer in (await phone.get(path), await phone.post(path, data={"action": "acknowledge"})):
                assert answer.status_code == status, path
                assert words in answer.text
                assert "Cổng dịch vụ" not in answer.text
    assert (await detail(api, alert))["history"] == []


async def test_what_is_over_or_taken_needs_nobody(api: Centre) -> None:
    over, taken = await alert_of(api, "resolved"), await alert_of(api, "firing")
    async with api.client("on-call") as client, browser(api) as phone:
        await client.post(f"/alerts/{taken}/ack", json={})
        for alert, words in ((over, "Cảnh báo đã hết"), (taken, "token:on-call đã nhận lúc")):
            path = await link_of(api, alert)
            seen = await phone.get(path)
            assert words in seen.text and "<button" not in seen.text
            done = await phone.post(path, data={"action": "acknowledge"})
            assert (done.status_code, words in done.text) == (409, True)
        await client.post(f"/alerts/{taken}/unack", json={})
        assert "<button" in (await phone.get(path)).text, "the link was not used up"


async def test_a_page_of_another_site_cannot_send_the_form(api: Centre) -> None:
    alert = await alert_of(api, "firing")
    path = await link_of(api, alert)
    async with browser(api) as phone:
        for origin in ("https://evil.example", "null"):
            answer = await phone.post(path, data={"action": "acknowledge"}, headers={"Origin": origin})
            assert answer.status_code == 403
        page = await phone.get(path)
        policy = page.headers
        style = page.text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in policy["content-security-policy"], "or the browser shows it unstyled"
        assert "default-src 'none'" in policy["content-security-policy"]
        assert policy["referrer-policy"] == "same-origin", "with no-referrer the form's own Origin would be null"
        assert policy["cache-control"] == "no-store"
    assert (await detail(api, alert))["history"] == []


async def test_guessing_is_slowed_down(own_api: Centre) -> None:
    async with browser(own_api) as phone:
        statuses = [(await phone.get(f"/a/{number}")).status_code for number in range(40)]
        assert statuses[:30] == [404] * 30
        assert statuses[-1] == 429
        assert (await phone.get("/a/x")).headers["retry-after"] == "60"
