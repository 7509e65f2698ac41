"""The scoreboard and a dossier in Chromium, on a real API: read, followed by links, taken away, on a phone."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from ioc_core.live import Facts
from tests.api.conftest import Centre, change
from tests.dashboards.conftest import Screens
from tests.dashboards.histories import COMMUNE, OVERDUE, WITHOUT_RESULT
from tests.dashboards.looking import contrast, paper_texts, settle
from tests.dashboards.test_console_browser import keep, sign_in

pytestmark = pytest.mark.slow

SMALLEST = 12.5
"""Pixels; a page that is read at arm's length."""
LEAST_CONTRAST = 4.5
ENGLISH = re.compile(r"\b(score|late|overdue|null|None|nan|unit|dossier|running|undefined)\b")


async def check_legible(page: Page) -> None:
    """Nothing beyond the window, no tiny or pale text, no word of the code."""
    await settle(page)
    found = await paper_texts(page)
    assert len(found) > 10
    assert [text for text in found if text["size"] < SMALLEST] == []
    assert [text for text in found if contrast(text["colour"], text["ground"]) < LEAST_CONTRAST] == []
    assert [text for text in found if text["beyond"] > 1] == []
    assert [text["text"] for text in found if ENGLISH.search(text["text"])] == []
    wider = await page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    assert wider <= 0


@pytest.fixture
async def phone(page: Page) -> Page:
    """A page as wide as a phone."""
    await page.set_viewport_size({"width": 390, "height": 844})
    return page


async def test_a_leader_follows_a_lost_point_to_its_dossier(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address, "user-leader", "scoreboard")
    paper = page.locator(".paper")
    await expect(paper.locator(".so-what")).to_contain_text("Tỉnh Đắk Lắk đang đạt", timeout=15_000)
    await expect(paper.locator(".group")).to_have_count(6)
    await check_legible(page)
    await keep(page, "scoreboard")
    await paper.get_by_role("link", name="Xã, phường (102)").click()
    await paper.get_by_role("link", name="Phường Buôn Ma Thuột", exact=True).click()
    await expect(paper.locator(".so-what")).to_contain_text("Phường Buôn Ma Thuột đang đạt", timeout=10_000)
    assert f"unit={COMMUNE}" in page.url
    await paper.get_by_role("link", name="hồ sơ chưa có kết quả điện tử").click()
    await expect(page.get_by_role("link", name=f"{WITHOUT_RESULT}-00")).to_be_visible(timeout=15_000)
    await check_legible(page)
    await keep(page, "scoreboard-behind")
    await page.get_by_role("button", name="Tính điểm của Phường Buôn Ma Thuột").click()
    await expect(page.get_by_text("Phường Buôn Ma Thuột được thêm")).to_be_visible(timeout=15_000)
    await keep(page, "scoreboard-what-if")
    await page.get_by_role("link", name=f"{WITHOUT_RESULT}-00").click()
    await expect(page.get_by_role("heading", name=f"{WITHOUT_RESULT}-00")).to_be_visible(timeout=15_000)
    await check_legible(page)


async def test_a_list_is_taken_away_as_a_file(page: Page, people_screens: Screens, tmp_path: Path) -> None:
    await sign_in(page, people_screens.address, "user-operator", f"dossier?unit={COMMUNE}")
    await expect(page.get_by_role("link", name=OVERDUE)).to_be_visible(timeout=15_000)
    await check_legible(page)
    await keep(page, "dossiers")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Tải CSV").click()
    await (await coming.value).save_as(tmp_path / "list.csv")
    assert OVERDUE in (tmp_path / "list.csv").read_text(encoding="utf-8-sig")


async def test_a_dossier_on_a_phone(phone: Page, people_screens: Screens) -> None:
    await sign_in(phone, people_screens.address, "user-operator", f"dossier?code={OVERDUE}")
    await expect(phone.locator(".badge.large")).to_have_text("▲Quá hạn", timeout=15_000)
    assert await phone.locator(".timeline li").count() >= 4
    await expect(phone.locator(".timeline li").last).to_contain_text("đến nay")
    badge = await phone.locator(".badge.large").bounding_box()
    assert badge is not None
    assert badge["y"] < 400, "what matters is seen without scrolling"
    await check_legible(phone)
    await keep(phone, "dossier-phone")
    await phone.get_by_role("link", name="Danh sách hồ sơ").click()
    await expect(phone.locator("table.cards tr").nth(1)).to_be_visible(timeout=15_000)
    await check_legible(phone)
    await keep(phone, "dossiers-phone")


async def test_an_alert_leads_to_its_dossier(page: Page, people_screens: Screens, centre: Centre) -> None:
    await change(
        centre,
        "UPDATE alerts SET labels = labels || jsonb_build_object('code', $1::text)"
        " WHERE id = (SELECT min(id) FROM alerts WHERE state = 'firing')",
        OVERDUE,
        facts=Facts.ALERTS,
    )
    async with centre.client() as client:
        listed = (await client.get("/alerts", params={"state": "firing", "limit": 500})).json()["items"]
    (alert,) = (one["id"] for one in listed if one["labels"].get("code") == OVERDUE)
    await sign_in(page, people_screens.address, path=f"console?alert={alert}")
    await page.get_by_role("link", name=OVERDUE).click(timeout=15_000)
    await expect(page.get_by_role("heading", name=OVERDUE)).to_be_visible(timeout=15_000)
    assert page.url.endswith(f"/dossier?code={OVERDUE}")
    await page.go_back()
    await expect(page.get_by_role("link", name=OVERDUE)).to_be_visible(timeout=15_000)
    assert page.url.endswith(f"/console?alert={alert}")
    for _ in range(2):
        await page.go_forward()
        await expect(page.get_by_role("heading", name=OVERDUE)).to_be_visible(timeout=15_000)
        await page.go_back()
        await expect(page.get_by_role("link", name=OVERDUE)).to_be_visible(timeout=15_000)
