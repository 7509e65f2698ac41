"""The console and the briefing in Chromium, on a real API: sign in, take an alert on, see it live, print."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from ioc_core.engine import free_port
from ioc_core.live import Facts
from tests.api.conftest import PASSWORD, Centre, change, running
from tests.dashboards.conftest import Screens
from tests.dashboards.province import CONFIG

pytestmark = pytest.mark.slow


async def keep(page: Page, name: str) -> None:
    """Save a picture when somebody wants to look: SCREENSHOTS names the folder."""
    if "SCREENSHOTS" in os.environ:
        await page.screenshot(path=Path(os.environ["SCREENSHOTS"]) / f"{name}.png", full_page=True)


async def sign_in(page: Page, address: str, who: str = "user-operator", path: str = "console") -> None:
    await page.goto(f"{address}/{path}")
    await page.get_by_label("Tên đăng nhập").fill(who)
    await page.get_by_label("Mật khẩu").fill(PASSWORD)
    await page.get_by_role("button", name="Đăng nhập").click()
    await expect(page.get_by_role("button", name="Đăng xuất")).to_be_visible(timeout=15_000)


async def choose(page: Page, line: Locator) -> None:
    """Select an alert of the list, and wait until it is the one that is shown."""
    await line.click()
    await expect(line).to_have_attribute("aria-selected", "true")
    chosen = (await line.locator(".summary").inner_text()).split(" — ")
    await expect(page.get_by_role("heading", name=chosen[0], exact=True)).to_be_visible()
    await expect(page.locator(".ioc-table").first).to_contain_text(chosen[1])
    drawn = page.get_by_test_id("stApp")
    await expect(drawn).to_have_attribute("data-test-script-state", "notRunning", timeout=15_000)


async def test_an_operator_takes_an_alert_on(page: Page, people_screens: Screens, centre: Centre) -> None:
    await sign_in(page, people_screens.address)
    lines = page.locator(".list li")
    await expect(lines.first).to_be_visible(timeout=15_000)
    marks = await lines.locator(".mark text").all_text_contents()
    assert marks == sorted(marks)
    await expect(page.locator(".list .state")).to_have_text("Cập nhật trực tiếp", timeout=5000)
    await choose(page, lines.nth(2))
    await expect(page.get_by_label("Ghi chú khi nhận")).to_have_count(1)
    await keep(page, "console")
    await page.get_by_label("Ghi chú khi nhận").fill("Đang liên hệ đơn vị")
    await page.get_by_role("button", name="Nhận xử lý").click()
    await expect(page.get_by_text("Đã nhận 1 cảnh báo.")).to_be_visible()
    await expect(lines.nth(2).locator(".taken")).to_have_text(re.compile(r"user-operator đã nhận \d+:\d\d"))
    await expect(page.locator(".ioc-table").last).to_contain_text("Đang liên hệ đơn vị")
    await expect(page.get_by_role("button", name="Nhận xử lý")).to_be_hidden()
    await keep(page, "console-taken")


async def test_an_operator_hands_over_puts_off_closes_and_opens(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address)
    lines, history = page.locator(".list li"), page.locator(".ioc-table").last
    await choose(page, lines.last)
    await page.get_by_role("button", name="Giao cho").click()
    await page.get_by_label("Người xử lý").click()
    await page.get_by_role("option", name="user-on-call").click()
    await page.get_by_role("button", name="Giao việc").click()
    await expect(history).to_contain_text("cho user-on-call")
    await page.get_by_role("button", name="Tạm hoãn").first.click()
    await keep(page, "console-snooze")
    await page.get_by_role("button", name="Tạm hoãn").last.click()
    await expect(lines.last.locator(".taken")).to_contain_text("hoãn đến")
    await page.get_by_role("button", name="Đóng", exact=True).click()
    await page.get_by_role("button", name="Đóng cảnh báo").click()
    await expect(page.get_by_text("Xin ghi lý do")).to_be_visible()
    await page.get_by_label("Lý do (bắt buộc)").fill("Bảo trì đã báo trước")
    await page.get_by_role("button", name="Đóng cảnh báo").click()
    await expect(page.get_by_text("Đã đóng cảnh báo.")).to_be_visible()
    await page.get_by_text("Đã đóng", exact=True).click()
    await expect(history).to_contain_text("Bảo trì đã báo trước")
    await keep(page, "console-closed")
    await page.get_by_role("button", name="Mở lại").click()
    await expect(page.get_by_text("Đã mở lại cảnh báo.")).to_be_visible()


async def test_an_operator_silences_what_an_alert_shows_and_ends_it(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address)
    lines = page.locator(".list li")
    await choose(page, lines.nth(1))
    await page.get_by_role("button", name="Tắt báo…").click()
    matchers = page.get_by_label("Điều kiện, mỗi dòng một nhãn")
    await expect(matchers).to_have_value(re.compile('alertname="'), timeout=10_000)
    await expect(page.get_by_text(re.compile(r"Đang khớp 1 cảnh báo; trong 7 ngày qua"))).to_be_visible()
    await page.get_by_role("button", name="Tắt báo", exact=True).click()
    await expect(page.get_by_text("Xin ghi lý do")).to_be_visible()
    await page.get_by_label("Lý do (bắt buộc)").fill("Vá máy chủ theo kế hoạch")
    await page.get_by_role("button", name="Tắt báo", exact=True).click()
    await expect(page.get_by_text("Đã tắt báo.")).to_be_visible()
    table = page.locator(".ioc-table").first
    await expect(table).to_contain_text("user-operator: Vá máy chủ theo kế hoạch", timeout=10_000)
    await keep(page, "console-silences")
    await page.get_by_label("Kết thúc sớm").click()
    await page.get_by_role("option", name=re.compile("Vá máy chủ theo kế hoạch")).click()
    await page.get_by_role("button", name="Kết thúc", exact=True).click()
    await expect(page.get_by_text("Không có lệnh tắt báo nào.")).to_be_visible(timeout=10_000)
    await page.get_by_text("Đã hết", exact=True).click()
    await expect(table).to_contain_text("Tắt báo, đã hết")


async def test_everything_listed_is_taken_on_at_once(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address)
    await page.get_by_text("P4 Thấp").click()
    button = page.get_by_role("button", name="cảnh báo chưa ai nhận trong danh sách")
    await button.click()
    await keep(page, "console-bulk")
    await page.get_by_role("button", name="Nhận tất cả").click()
    await expect(button).to_be_hidden()
    for words in await page.locator(".list li .taken").all_text_contents():
        assert "đã nhận" in words or "hoãn" in words


async def test_a_change_elsewhere_shows_at_once(page: Page, people_screens: Screens, centre: Centre) -> None:
    await sign_in(page, people_screens.address)
    await expect(page.locator(".list .state")).to_have_text("Cập nhật trực tiếp", timeout=15_000)
    changed = asyncio.get_running_loop().time()
    await change(
        centre,
        'UPDATE alerts SET annotations = \'{"summary": "Tên mới của cảnh báo"}\', updated_at = now()'
        " WHERE id = (SELECT max(id) FROM alerts WHERE state = 'firing' AND severity = 1)",
        facts=Facts.ALERTS,
    )
    await expect(page.locator(".list")).to_contain_text("Tên mới của cảnh báo", timeout=4000)
    assert asyncio.get_running_loop().time() - changed < 4


async def test_a_viewer_has_nothing_to_press(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address, "user-viewer")
    await expect(page.locator(".list li").first).to_be_visible(timeout=15_000)
    await expect(page.locator(".ioc-table").first).to_be_visible()
    assert await page.get_by_role("button", name="Nhận xử lý").count() == 0
    assert await page.get_by_role("button", name="Gửi ghi chú").count() == 0
    assert await page.get_by_text("Dữ liệu bị từ chối").count() == 0


async def test_sources_and_refused_input(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address)
    await page.get_by_text("Nguồn dữ liệu", exact=True).click()
    silent = page.locator(".ioc-table tr.bad").filter(
        has_text="Nguồn im lặng"
    )  # the others may have fallen silent, too
    await expect(silent).to_be_visible(timeout=10_000)
    await keep(page, "console-sources")
    await page.get_by_text("Dữ liệu bị từ chối", exact=True).click()
    await expect(page.locator(".ioc-table")).to_contain_text("Trường MaHoSo thiếu", timeout=10_000)
    await expect(page.locator("[data-testid=stCode]")).to_contain_text('{"MaHoSo": 1')
    await keep(page, "console-rejected")


async def test_the_token_stays_on_the_server(page: Page, people_screens: Screens) -> None:
    await sign_in(page, people_screens.address)
    stored = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "iocs_" not in stored
    assert "iocs_" not in await page.content()
    cookies = await page.context.cookies()
    assert all("ioc_session" not in cookie["name"] for cookie in cookies)
    await page.reload()
    await expect(page.get_by_label("Tên đăng nhập")).to_be_visible(timeout=15_000)


async def test_a_leader_reads_and_prints_the_briefing(page: Page, people_screens: Screens, tmp_path: Path) -> None:
    await sign_in(page, people_screens.address, "user-leader", "briefing")
    report = page.locator(".report")
    await expect(report.locator("h1")).to_have_text("Báo cáo tình hình giải quyết thủ tục hành chính", timeout=15_000)
    await expect(report.locator(".card")).to_have_count(6)
    await expect(report.locator(".findings li").first).to_contain_text("Tỷ lệ giải quyết đúng hạn là")
    for parts in await report.locator(".card").all():
        words = await parts.inner_text()
        assert "%" not in words or "/" in words, "a share always shows both its parts"
    await keep(page, "briefing")
    await page.emulate_media(media="print")
    assert await page.locator("[data-testid=stHeader]:visible").count() == 0
    assert await page.get_by_role("button", name="Đăng xuất").count() == 0
    background = await page.locator(".stApp").evaluate("element => getComputedStyle(element).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    await page.set_viewport_size({"width": 794, "height": 1123})
    await keep(page, "briefing-print")
    printed = tmp_path / "briefing.pdf"
    await page.pdf(path=printed, prefer_css_page_size=True)
    assert printed.read_bytes().count(b"/Type /Page\n") in range(1, 6)
    await page.emulate_media(media="screen")
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.get_by_text("Hôm nay", exact=True).click()
    await expect(report.locator("header p")).to_contain_text("Ngày ", timeout=10_000)


async def test_the_wall_of_a_real_centre(page: Page, people_screens: Screens, centre: Centre) -> None:
    await page.goto(f"{people_screens.address}/wall?kiosk={centre.tokens['kiosk']}")
    await page.wait_for_selector('.wall[data-feed="live"][data-seq]', timeout=15_000)
    await expect(page.locator(".tile")).to_have_count(6)
    await expect(page.locator(".alarms li").first).to_be_visible()
    await expect(page.locator(".recent li").first).to_be_visible()
    await keep(page, "real-wall")
    await change(
        centre,
        'UPDATE alerts SET annotations = \'{"summary": "Chữ mới trên tường"}\', severity = 1, firing_at = now()'
        " WHERE id = (SELECT max(id) FROM alerts WHERE state = 'firing')",
        facts=Facts.ALERTS,
    )
    await expect(page.locator(".alarms")).to_contain_text("Chữ mới trên tường", timeout=2000)


async def test_the_wall_survives_a_restart_of_the_api(page: Page, centre: Centre) -> None:
    """A second API of the same centre is stopped and started: the wall says so, and goes on by itself."""
    settings = centre.settings.model_copy(update={"api_port": free_port(), "wall_port": free_port()})
    screens = Screens(settings.wall_port, settings.api_address, CONFIG)
    await screens.start()
    try:
        async with running(settings):
            await page.goto(f"{screens.address}/wall?kiosk={centre.tokens['kiosk']}")
            await page.wait_for_selector('.wall[data-feed="live"][data-seq]', timeout=15_000)
        await expect(page.locator(".banner")).to_be_visible(timeout=6000)
        async with running(settings):
            await expect(page.locator(".banner")).to_be_hidden(timeout=20_000)
            await expect(page.locator(".link")).to_contain_text("TRỰC TUYẾN")
            await change(
                centre,
                'UPDATE alerts SET annotations = \'{"summary": "Sau khi khởi động lại"}\', severity = 1,'
                " firing_at = now() WHERE id = (SELECT min(id) FROM alerts WHERE state = 'firing')",
                facts=Facts.ALERTS,
            )
            await expect(page.locator(".alarms")).to_contain_text("Sau khi khởi động lại", timeout=3000)
    finally:
        await screens.stop()


async def test_a_wrong_kiosk_token_is_refused(page: Page, people_screens: Screens) -> None:
    await page.goto(f"{people_screens.address}/wall?kiosk=ioct_wrong")
    await expect(page.locator(".banner")).to_contain_text("MÃ MÀN HÌNH KHÔNG ĐƯỢC CHẤP NHẬN", timeout=15_000)
