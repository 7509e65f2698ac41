"""The wall and its feed in Chromium: it patches, says when it is stale, and recovers by itself from everything."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from ioc_core.engine import free_port
from tests.dashboards import province
from tests.dashboards.conftest import Screens
from tests.dashboards.feed_server import TOKEN, FeedServer, running_feed
from tests.dashboards.looking import open_wall, show

pytestmark = pytest.mark.slow

BUON_MA_THUOT = "24133"


def now() -> datetime:
    return datetime.now(UTC)


def alarm(severity: Any, summary: str, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(
        province.group(severity, summary, BUON_MA_THUOT, now() - timedelta(seconds=5), **more)
    )
    return plain


async def test_a_change_is_text_on_the_wall_at_once(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    value = page.locator(".tile .value").first
    before = await value.element_handle()
    assert before is not None
    tile = {**feed.state["overview"]["received_today"], "value": 1234567.0}
    started = time.monotonic()
    await feed.change("overview", {"received_today": tile})
    await expect(value).to_have_text("1.234.567", timeout=1000)
    took = time.monotonic() - started
    assert await before.evaluate("element => element.isConnected"), "patched in place, not drawn anew"
    assert took < 0.5


async def test_the_list_is_by_severity_then_age(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    await feed.change(
        "alerts",
        {
            "low": alarm(4, "Việc nhỏ"),
            "old": {**alarm(2, "Việc cũ"), "started_at": "2026-11-19T01:00:00Z"},
            "new": alarm(2, "Việc mới", count=7),
            "taken": alarm(3, "Việc đã có người nhận", acknowledged_by="lan", acknowledged_at=now()),
            "grave": alarm(1, "Việc khẩn"),
        },
    )
    lines = page.locator(".alarms li")
    await expect(lines).to_have_count(5)
    assert await lines.locator(".mark text").all_text_contents() == ["1", "2", "2", "3", "4"]
    words = await lines.locator(".summary").all_inner_texts()
    assert [text.split(" — ")[0] for text in words] == [
        "Việc khẩn", "Việc mới", "Việc cũ", "Việc đã có người nhận", "Việc nhỏ",
    ]  # fmt: skip
    assert words[0] == "Việc khẩn — Buôn Ma Thuột", "the unit stands in no sentence, so it is added"
    weights = await lines.locator(".summary").evaluate_all("all => all.map((e) => getComputedStyle(e).fontWeight)")
    assert weights == ["700", "700", "700", "400", "700"]
    assert await lines.nth(1).locator(".number").inner_text() == "×7"
    assert (await lines.nth(3).locator(".state").inner_text()).startswith("đã nhận 0:")
    assert await lines.nth(2).locator(".at").inner_text() == "19/11"
    assert "ngày" in await lines.nth(2).locator(".state").inner_text()


async def test_the_map_names_only_what_is_abnormal(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    assert await page.locator(".labels .name:visible").count() == 0
    unit = feed.state["units"][BUON_MA_THUOT]
    await feed.change("units", {BUON_MA_THUOT: {**unit, "severity": 2}, "24181": None})
    await expect(page.locator(".labels .name:visible")).to_have_text("Buôn Ma Thuột")
    cell = page.locator(f'.cells path[data-code="{BUON_MA_THUOT}"]')
    assert await cell.evaluate("path => getComputedStyle(path).fill") == "rgb(248, 161, 58)"
    unknown = page.locator('.cells path[data-code="24181"]')
    assert "no-data" in await unknown.evaluate("path => getComputedStyle(path).fill")


async def test_a_dossier_moves_into_the_ticker_and_lights_its_commune(
    page: Page, screens: Screens, feed: FeedServer
) -> None:
    await open_wall(page, screens.address)
    fresh = {**province.dossier(now() + timedelta(seconds=2), 0), "procedure_name": "Đăng ký lại kết hôn"}
    dossiers = [fresh, *feed.state["recent"]["dossiers"]][:8]
    await feed.change("recent", {"dossiers": dossiers})
    unit = feed.state["units"][BUON_MA_THUOT]
    await feed.change("units", {BUON_MA_THUOT: {**unit, "last_event_at": now()}})
    first = page.locator(".recent li").first
    await expect(first.locator(".procedure")).to_have_text("Đăng ký lại kết hôn")
    moving = "element => element.getAnimations().length"
    assert await page.locator(".recent ol").evaluate(moving) == 1
    assert await page.locator(f'.cells path[data-code="{BUON_MA_THUOT}"]').evaluate(moving) == 1


async def test_words_of_sources_stay_text(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    attack = "<img src=x onerror=\"document.title='broken in'\">"
    unit = feed.state["units"][BUON_MA_THUOT]
    await feed.change("alerts", {"x": {**alarm(2, attack), "unit_name": attack}})
    await feed.change(
        "units", {BUON_MA_THUOT: {**unit, "severity": 1}, "XSS": {**unit, "name": attack, "severity": 1}}
    )
    await feed.change("recent", {"dossiers": [{**province.dossier(now(), 1), "unit_name": attack}]})
    await feed.change("overview", {"received_today": {**feed.state["overview"]["received_today"], "label": attack}})
    await expect(page.locator(".alarms .summary").first).to_contain_text("<img src=x")
    assert await page.locator(".wall img").count() == 0
    assert await page.title() != "broken in"


async def test_an_old_number_is_hatched_and_says_its_age(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    tile = {**feed.state["overview"]["security_24h"], "observed_at": now() - timedelta(minutes=14)}
    never = {**feed.state["overview"]["processing"], "observed_at": None, "value": None}
    await feed.change("overview", {"security_24h": tile, "processing": never})
    stale = page.locator(".tile[data-stale]")
    await expect(stale).to_have_count(2)
    assert await stale.locator(".stale").all_inner_texts() == ["chưa có số liệu", "số liệu cũ 14 phút"]
    assert await stale.nth(0).locator(".value").inner_text() == "—"
    assert "gradient" in await stale.nth(1).evaluate("element => getComputedStyle(element).backgroundImage")


async def test_a_silent_feed_is_told_in_three_seconds_and_reopened(
    page: Page, screens: Screens, feed: FeedServer
) -> None:
    await open_wall(page, screens.address)
    asked = len(feed.requests)
    feed.beating = False
    silent = time.monotonic()
    await expect(page.locator(".banner")).to_be_visible(timeout=5000)
    assert 1.5 < time.monotonic() - silent < 4
    assert "MẤT KẾT NỐI DỮ LIỆU" in await page.locator(".banner").inner_text()
    grey = await page.locator(".tile .value").first.evaluate("element => getComputedStyle(element).color")
    assert grey == "rgb(169, 176, 182)"
    while len(feed.requests) == asked:
        assert time.monotonic() - silent < 9, "the line is opened anew after six seconds of silence"
        await asyncio.sleep(0.1)
    feed.beating = True
    await expect(page.locator(".banner")).to_be_hidden(timeout=15_000)


async def test_what_was_missed_is_resumed(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    greeted = len(feed.greetings)
    await feed.stop()
    await feed.change("alerts", {"missed": alarm(2, "Xảy ra khi mất kết nối")})
    await expect(page.locator(".banner")).to_be_visible(timeout=6000)
    await feed.start()
    await expect(page.locator(".alarms .summary")).to_contain_text("Xảy ra khi mất kết nối", timeout=15_000)
    assert feed.greetings[greeted:] == ["resumed"]
    await feed.stop()
    feed.forget()
    feed.state = province.build()
    await feed.start()
    await expect(page.locator(".alarms li")).to_have_count(0, timeout=15_000)
    assert feed.greetings[greeted:] == ["resumed", "snapshot"]


async def test_a_refused_screen_says_so(page: Page, screens: Screens, feed: FeedServer) -> None:
    await page.goto(f"{screens.address}/wall?kiosk=revoked")
    banner = page.locator(".banner")
    await expect(banner).to_contain_text("MÃ MÀN HÌNH KHÔNG ĐƯỢC CHẤP NHẬN", timeout=15_000)


async def test_without_a_token_the_page_says_what_is_missing(page: Page, screens: Screens) -> None:
    await page.goto(f"{screens.address}/wall")
    await expect(page.locator("[data-testid=stAlert]")).to_contain_text("Thiếu mã màn hình", timeout=15_000)


async def test_the_first_page_is_the_wall_for_a_screen(page: Page, screens: Screens, feed: FeedServer) -> None:
    await page.goto(f"{screens.address}/?kiosk={TOKEN}&screen=Sảnh")
    await expect(page.locator('.wall[data-feed="live"] .title')).to_contain_text("Sảnh", timeout=15_000)


async def test_an_emergency_holds_its_page(clocked_page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(clocked_page, screens.address)
    await clocked_page.clock.fast_forward(20_500)
    await clocked_page.wait_for_selector('.wall[data-page="2"]')
    await clocked_page.wait_for_selector('.wall[data-feed="live"]')
    await feed.change("alerts", {"grave": alarm(1, "Việc khẩn")})
    await clocked_page.wait_for_selector('.wall[data-page="1"]', timeout=3000)
    await clocked_page.clock.fast_forward(60_000)
    await clocked_page.wait_for_selector('.wall[data-feed="live"]')
    await expect(clocked_page.locator("footer .pages")).to_contain_text("Trang 1/2 · Tổng quan · giữ")
    await feed.change("alerts", {"grave": alarm(1, "Việc khẩn", acknowledged_by="lan", acknowledged_at=now())})
    await clocked_page.wait_for_selector('.wall[data-page="2"]', timeout=5000)


async def test_nothing_is_asked_of_other_hosts(own_page: Page, screens: Screens, feed: FeedServer) -> None:
    asked: list[str] = []
    own_page.on("request", lambda request: asked.append(request.url))
    own_page.on("websocket", lambda socket: asked.append(socket.url))
    await open_wall(own_page, screens.address)
    await own_page.wait_for_timeout(500)
    foreign = [url for url in asked if "://127.0.0.1:" not in url and not url.startswith(("data:", "blob:"))]
    assert foreign == []
    assert any(url.startswith(f"ws://127.0.0.1:{feed.port}/ws/live") for url in asked)


async def test_a_muted_wall_says_so_until_it_may_sound(own_page: Page, screens: Screens, feed: FeedServer) -> None:
    await own_page.add_init_script(
        "window.sounds = []; const Context = AudioContext;"
        "window.AudioContext = class extends Context { constructor() { super(); sounds.push(this); } };"
    )
    await open_wall(own_page, screens.address)
    badge = own_page.locator(".muted")
    await expect(badge).to_be_hidden()
    await own_page.evaluate("sounds[0].suspend()")  # as a browser does before anybody has touched the page
    await expect(badge).to_be_visible(timeout=3000)
    await expect(badge).to_contain_text("Chưa bật tiếng")
    await badge.click()
    await expect(badge).to_be_hidden(timeout=3000)


async def test_a_new_urgent_alarm_sounds_once(own_page: Page, screens: Screens, feed: FeedServer) -> None:
    await own_page.add_init_script(
        "window.notes = []; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (...when) {"
        "  notes.push(this.frequency.value); return start.apply(this, when); };"
    )
    await show_then_open(own_page, screens, feed)
    assert await own_page.evaluate("notes.length") == 0, "what was there before isn't new"
    await feed.change("alerts", {"low": alarm(3, "Việc thường")})
    await feed.change("alerts", {"high": alarm(2, "Việc gấp")})
    await expect(own_page.locator(".alarms li")).to_have_count(3)
    assert await own_page.evaluate("notes.length") == 3
    await feed.change("alerts", {"high": alarm(2, "Việc gấp", count=2)})
    await feed.change("alerts", {"grave": alarm(1, "Việc khẩn")})
    await expect(own_page.locator(".alarms li")).to_have_count(4)
    assert await own_page.evaluate("notes.length") == 3 + 9


async def show_then_open(page: Page, screens: Screens, feed: FeedServer) -> None:
    await feed.change("alerts", {"known": alarm(1, "Việc đã biết", acknowledged_by="lan", acknowledged_at=now())})
    await open_wall(page, screens.address)


async def test_the_wall_outlives_streamlit(browser: Browser) -> None:
    """Streamlit is killed, the wall goes on; Streamlit comes back, there is still one wall with one line."""
    context = await browser.new_context(viewport={"width": 1920, "height": 1080})
    page = await context.new_page()
    async with running_feed(province.build()) as feed:
        screens = Screens(free_port(), f"http://127.0.0.1:{feed.port}", province.CONFIG)
        await screens.start()
        await open_wall(page, screens.address)
        await screens.kill()
        await page.wait_for_timeout(1500)
        await feed.change("alerts", {"x": alarm(2, "Streamlit đã dừng")})
        await expect(page.locator(".alarms .summary")).to_contain_text("Streamlit đã dừng", timeout=1000)
        assert await page.locator("[data-testid=stDialog]:visible").count() == 0
        wall = await page.locator(".wall").element_handle()
        assert wall is not None
        await screens.start()
        await page.wait_for_function("fetch('/_stcore/health').then((answer) => answer.ok)")
        await page.wait_for_timeout(4000)
        await feed.change("alerts", {"y": alarm(2, "Streamlit đã trở lại")})
        await expect(page.locator(".alarms li")).to_have_count(2)
        assert await wall.evaluate("element => element.isConnected")
        assert feed.clients == 1
        assert await screens.stop() == 0
        await feed.stop()
        await expect(page.locator(".banner")).to_be_visible(timeout=6000)
        await feed.start()
        await expect(page.locator(".banner")).to_be_hidden(timeout=15_000)
    await context.close()


async def test_leaving_the_page_closes_the_line(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    before = feed.clients
    await page.goto(f"{screens.address}/console")
    async with asyncio.timeout(10):
        while feed.clients >= before:
            await asyncio.sleep(0.1)


async def test_every_state_can_be_shown_again(page: Page, screens: Screens, feed: FeedServer) -> None:
    """From normal to flood and back: nothing of the flood stays behind."""
    await open_wall(page, screens.address)
    await show(page, feed, province.build(groups=province.flood(now()), new_10min=30))
    await expect(page.locator(".flood")).to_be_visible()
    assert await page.locator(".alarms li:visible").count() >= 3
    assert "nhóm cảnh báo nữa" in await page.locator(".alarms .more").inner_text()
    await show(page, feed, province.build())
    await expect(page.locator(".flood")).to_be_hidden()
    await expect(page.locator(".alarms .more")).to_be_hidden()
    await expect(page.locator(".alarms .empty")).to_be_visible()
    assert await page.locator(".alarms li").count() == 0
    assert await page.locator(".labels .name").count() == 0
