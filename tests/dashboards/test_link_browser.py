"""The link in a message on a phone's screen, in Chromium, on a real API."""

import pytest
from playwright.async_api import Browser, expect

from tests.api.conftest import Centre
from tests.api.test_alert_actions import alert_of
from tests.api.test_links import detail, link_of
from tests.dashboards.test_console_browser import keep

pytestmark = pytest.mark.slow


async def test_an_alert_is_taken_on_with_a_thumb(browser: Browser, centre: Centre) -> None:
    alert = await alert_of(centre, "firing")
    context = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(centre.url + await link_of(centre, alert))
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    for name in ("Tôi nhận xử lý", "Tạm hoãn 30 phút"):
        box = await page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 60 and box["width"] >= 340
        assert box["y"] + box["height"] <= 844, "without scrolling"
    await keep(page, "link-real")
    await page.get_by_label("Tên của bạn").fill("Lan")
    await page.get_by_role("button", name="Tôi nhận xử lý").tap()
    await expect(page.get_by_role("status")).to_contain_text("Lan (qua tin báo cho truc-ban) đã nhận xử lý lúc")
    await expect(page.get_by_role("button")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("status")).to_contain_text("đã dùng xong")
    assert complaints == [], "the browser refuses nothing"
    assert (await detail(centre, alert))["acknowledged_by"] == "Lan (qua tin báo cho truc-ban)"
    await context.close()
