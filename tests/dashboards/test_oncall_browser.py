"""The rota on the console in Chromium: who is on call, taking a shift over, and taking that back."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.api.conftest import Centre
from tests.dashboards.conftest import Screens
from tests.dashboards.test_console_browser import keep, sign_in

pytestmark = pytest.mark.slow


async def test_a_shift_is_taken_over_and_given_back(page: Page, people_screens: Screens, centre: Centre) -> None:
    await sign_in(page, people_screens.address)
    await page.get_by_text("Lịch trực", exact=True).click()
    week = page.locator(".rota")
    await expect(week.locator("tbody tr")).to_have_count(7, timeout=15_000)
    await expect(week).to_contain_text("hôm nay")
    await expect(page.get_by_text(re.compile("Tiếp theo: ")).first).to_be_visible()
    await keep(page, "oncall")
    await page.get_by_role("button", name="Đổi ca", exact=True).click()
    await expect(page.get_by_text("Xin ghi lý do")).to_be_visible()
    await page.get_by_label("Lý do (bắt buộc)").fill("Đi họp tỉnh")
    await page.get_by_role("button", name="Đổi ca", exact=True).click()
    await expect(page.get_by_text("Đã đổi ca.")).to_be_visible()
    await expect(page.get_by_text("user-operator: Đi họp tỉnh")).to_be_visible()
    await expect(week).to_contain_text("(đổi ca)", timeout=5000)
    await keep(page, "oncall-changed")
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(week).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing stands beside the screen"
    await keep(page, "oncall-390")
    await page.get_by_role("button", name="Huỷ đổi ca").click()
    await expect(page.get_by_text("Đã huỷ đổi ca.")).to_be_visible()
    await expect(page.get_by_role("button", name="Huỷ đổi ca")).to_have_count(0)


async def test_a_viewer_sees_the_rota_and_changes_nothing(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address, "user-viewer")
    await page.get_by_text("Lịch trực", exact=True).click()
    await expect(page.locator(".rota tbody tr")).to_have_count(7, timeout=15_000)
    assert await page.get_by_role("button", name="Đổi ca").count() == 0
