"""The page "why was I told?" in Chromium, on a real API: from the console's link to the answer."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from alerts.channels.outcome import Surroundings
from alerts.receivers import make_receivers
from alerts.route_file import load_routing
from alerts.routing_record import to_record
from ioc_core.db import connect as connect_database
from ioc_core.routing import record
from tests.api.conftest import SCOPE, Centre
from tests.conftest import CONFIG
from tests.dashboards.conftest import Screens
from tests.dashboards.test_console_browser import keep, sign_in

pytestmark = pytest.mark.slow
ENVIRONMENT = {"IOC_ALERT_WEBHOOK_URL": "http://127.0.0.1/hook"}
SUMMARY = "Cổng dịch vụ công (iGate) không truy cập được từ 03:04 ngày 21/11"


@pytest.fixture(scope="module")
async def told(centre: Centre) -> int:
    """The id of an alert that was told by one channel, and couldn't be by another; the routes are recorded."""
    connection = await connect_database(centre.dsn, application="test")
    now = centre.now
    try:
        routing = load_routing(CONFIG)
        receivers = make_receivers(routing, Surroundings(ENVIRONMENT, ZoneInfo("UTC")))
        await record(connection, to_record(routing, receivers), now)
        await connection.execute("UPDATE alert_leader SET leader = 'máy-1/4711', since = $1, epoch = 3", now)
        alert_id: int = await connection.fetchval(
            "INSERT INTO alerts (fingerprint, rule, severity, labels, annotations, unit, state, pending_at, firing_at,"
            " updated_at, value) VALUES ('explained', 'SystemDown', 1, $1, $2, $3, 'firing', $4, $4, $4, 1)"
            " RETURNING id",
            {"system": "igate", "target": "https://igate", "team": "infrastructure", "unit": SCOPE},
            {"summary": SUMMARY}, SCOPE, now - timedelta(minutes=40),
        )  # fmt: skip
        happened = (
            (41, "pending", ""), (40, "firing", ""), (39, "notified", "truc-ban · webhook/0 · first"),
            (20, "notification_failed", "truc-ban · smtp/1 · repeat: SMTP 550"), (2, "muted", ""),
        )  # fmt: skip
        for minutes, kind, note in happened:
            await connection.execute(
                "INSERT INTO alert_history (alert_id, at, kind, actor, note) VALUES ($1, $2, $3, 'engine', $4)",
                alert_id, now - timedelta(minutes=minutes), kind, note,
            )  # fmt: skip
        for number, (channel, reason, state, error) in enumerate(
            (("webhook/0", "first", "sent", ""), ("smtp/1", "repeat", "failed", "SMTP 550: no such user"))
        ):
            at = now - timedelta(minutes=39 - 15 * number)
            await connection.execute(
                "INSERT INTO notifications (idempotency_key, group_key, receiver, channel, severity, message,"
                " alert_ids, observed_at, created_at, expires_at, next_attempt_at, state, attempts,"
                " finished_at, error)"
                " VALUES ($1, 'g', 'truc-ban', $2, 1, $3, $4, $5, $5, $5, $5, $6, $7, $8, $9)",
                f"explained-{number}", channel, {"reason": reason, "status": "firing"}, [alert_id], at, state,
                number + 1, at + timedelta(seconds=1), error,
            )  # fmt: skip
        await connection.execute(
            "INSERT INTO alert_mutes (alert_id, kind, ref, reason, since, until)"
            " VALUES ($1, 'maintenance', 'm', $2, $3, $4)",
            alert_id, "thay ổ cứng, truc-1", now - timedelta(minutes=2), now + timedelta(hours=1),
        )  # fmt: skip
        return alert_id
    finally:
        await connection.close()


async def test_from_the_console_to_the_answer(page: Page, people_screens: Screens, told: int) -> None:
    answers = page.locator(".answers li")
    await sign_in(page, people_screens.address, path=f"console?alert={told}")
    await page.get_by_role("link", name="Vì sao có báo, hoặc không báo").click(timeout=15_000)
    await expect(answers).to_have_count(1)
    await expect(answers.first).to_contain_text("Đã báo")
    await expect(answers.first).to_contain_text("qua webhook/0")
    await expect(answers.first).to_contain_text("đang bảo trì (thay ổ cứng, truc-1)")
    await expect(page.locator(".routes li.took")).to_contain_text('severity="1" → truc-ban')
    await expect(page.locator(".routes li.apart").first).to_contain_text("nhãn severity là 1")
    await expect(page.get_by_text("SMTP 550: no such user").first).to_be_visible()
    await keep(page, "explain")
    await expect(page.get_by_text("truc-ban · webhook/0 · tin đầu tiên của nhóm")).to_be_visible()
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(answers.first).to_be_visible(timeout=15_000)
    wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    assert not wide, "a phone needs no sideways scrolling"
    await keep(page, "explain-phone")


async def test_a_number_that_is_none_and_an_alert_that_is_not_there(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address, path="explain?alert=x1")
    await expect(page.get_by_text("Số của cảnh báo chỉ gồm chữ số.")).to_be_visible()
    number = page.get_by_label("Số của cảnh báo")
    await number.fill("999999999")
    await number.press("Enter")
    await expect(page.get_by_text("Không tìm thấy.")).to_be_visible()
