"""The wall's looks in Chromium: sizes, states and letters; the points of docs/screens.md that can be measured."""

import io
from datetime import UTC, datetime
from typing import Any

import numpy
import pytest
from PIL import Image
from playwright.async_api import Page

from tests.dashboards import province
from tests.dashboards.conftest import Screens
from tests.dashboards.feed_server import FeedServer
from tests.dashboards.looking import contrast, open_wall, overlapping, scroll_excess, settle, show, texts

pytestmark = pytest.mark.slow

DEFAULT_LETTERS = 2.58  # vh; 16 arcmin on 110 inches at 5 m
LARGE_LETTERS = 5.15  # vh; on 55 inches at 5 m


def states() -> dict[str, dict[str, dict[str, Any]]]:
    now = datetime.now(UTC)
    return {
        "all normal": province.build(now=now),
        "alarms, a stale tile, unknown units": province.build(
            groups=province.some_alarms(now), now=now, stale_tile=True, silent_units=3, new_10min=2
        ),
        "an emergency": province.build(groups=province.some_alarms(now, emergency=True), now=now, new_10min=3),
        "a flood of thirty": province.build(groups=province.flood(now), now=now, new_10min=30),
    }


def complaints(found: list[dict[str, Any]], smallest: float) -> list[str]:
    """Everything that is wrong with these texts."""
    wrong = [f"{text['size']:.1f} px is small: {text['text']}" for text in found if text["size"] < smallest - 0.05]
    for text in found:
        ratio = min(contrast(text["colour"], ground) for ground in text["grounds"])
        if ratio < 4.5:
            wrong.append(f"contrast {ratio:.2f}: {text['text']}")
        if text["clipped"] or text["outside"]:
            wrong.append(f"clipped by {text['clipped']}: {text['text']}")
    return wrong + [f"covers: {pair}" for pair in overlapping(found)]


@pytest.mark.parametrize(
    ("width", "height", "query", "letters"),
    [
        pytest.param(1920, 1080, "", DEFAULT_LETTERS, id="Full HD"),
        pytest.param(3840, 2160, "", DEFAULT_LETTERS, id="4K"),
        pytest.param(1920, 1080, "&panel=55&distance=5", LARGE_LETTERS, id="a 55-inch panel at five metres"),
        pytest.param(1920, 1080, "&panel=98&distance=3", 2.2, id="a large panel at three metres"),
        pytest.param(2560, 1080, "", DEFAULT_LETTERS, id="21:9"),
    ],
)
async def test_nothing_is_clipped_small_or_faint(
    page: Page, screens: Screens, feed: FeedServer, width: int, height: int, query: str, letters: float
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await open_wall(page, screens.address, query=query)
    found: dict[str, list[str]] = {}
    for name, state in states().items():
        await show(page, feed, state)
        wrong = complaints(await texts(page), letters * height / 100)
        excess = await scroll_excess(page)
        found[name] = wrong + [f"larger than the window: {excess}" for _ in range(max(excess) > 0)]
    assert found == {name: [] for name in found}


@pytest.mark.parametrize("query", ["", "&panel=55&distance=5"], ids=["normal letters", "large letters"])
async def test_every_page_is_whole(clocked_page: Page, screens: Screens, feed: FeedServer, query: str) -> None:
    await open_wall(clocked_page, screens.address, query=query)
    await show(clocked_page, feed, states()["alarms, a stale tile, unknown units"])
    seen: dict[str, list[str]] = {}
    while (name := await clocked_page.locator(".wall").get_attribute("data-page")) not in seen:
        assert name is not None
        smallest = (LARGE_LETTERS if query else DEFAULT_LETTERS) * 10.8
        seen[name] = complaints(await texts(clocked_page), smallest)
        await clocked_page.clock.fast_forward(20_500)
        await clocked_page.wait_for_selector(f".wall[data-feed=live]:not([data-page='{name}'])")
        await settle(clocked_page)
        await clocked_page.wait_for_timeout(200)
    assert seen == {name: [] for name in seen}
    assert len(seen) == (7 if query else 2)


async def test_a_lost_feed_stays_readable(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    await show(page, feed, states()["an emergency"])
    feed.beating = False
    await page.wait_for_selector(".banner:visible")
    await settle(page)
    await page.wait_for_timeout(300)
    assert complaints(await texts(page), DEFAULT_LETTERS * 10.8) == []
    assert max(await scroll_excess(page)) <= 0
    alarm_colours = await page.locator(".count, .cells path[data-severity]").evaluate_all(
        "all => [...new Set(all.map((e) => getComputedStyle(e)[e.tagName === 'path' ? 'fill' : 'backgroundColor']))]"
    )
    assert set(alarm_colours) <= {"rgb(141, 150, 156)", "rgba(0, 0, 0, 0)"}


async def saturated_share(page: Page) -> float:
    """The share of clearly coloured pixels."""
    image = Image.open(io.BytesIO(await page.screenshot())).convert("HSV")
    _, saturation, value = (numpy.asarray(band) for band in image.split())
    return float(((saturation > 120) & (value > 90)).mean())


COLOURS = {
    "--background": "#14171a",
    "--text": "#d5dadf",
    "--normal": "#8d969c",
    "--p1": "#f04f5f",
    "--p2": "#f8a13a",
    "--p3": "#fcfb81",
    "--p4": "#4985fd",
    "--stale": "#f1affd",
}


async def check_colours(page: Page) -> None:
    """Those chosen; alarms against normal areas and panels, lines of no-data areas, trends: at least 3:1."""
    names = [*COLOURS, "--area", "--panel"]
    read = "(wall, names) => names.map((name) => getComputedStyle(wall).getPropertyValue(name))"
    found = dict(zip(names, await page.locator(".wall").evaluate(read, names), strict=True))
    assert {name: found[name] for name in COLOURS} == COLOURS
    colours = {name: [int(text[at : at + 2], 16) for at in (1, 3, 5)] for name, text in found.items()}
    for name in ("--p1", "--p2", "--p3", "--p4", "--normal"):
        assert contrast(colours[name], colours["--panel"]) >= 3, name
        if name != "--normal":
            assert contrast(colours[name], colours["--area"]) >= 3, name


async def check_headlines(page: Page) -> None:
    """At least twice as large as their labels."""
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    label = await page.locator(".tile .label").first.evaluate(size)
    value = await page.locator(".tile .value").first.evaluate(size)
    assert value >= 2 * label


async def test_normal_is_grey_and_a_severity_shows_with_and_without_colour(
    page: Page, screens: Screens, feed: FeedServer
) -> None:
    await open_wall(page, screens.address)
    assert await saturated_share(page) == 0
    await check_colours(page)
    await check_headlines(page)
    await show(page, feed, states()["an emergency"])
    assert await saturated_share(page) > 0.005
    await show(page, feed, states()["a flood of thirty"])
    counts = page.locator(".count")
    shapes = [await counts.nth(index).locator("path").get_attribute("d") for index in range(4)]
    assert len(set(shapes)) == 4
    assert await counts.all_inner_texts() == ["3", "6", "12", "9"]
    first = page.locator(".alarms li").first
    assert await first.locator(".mark text").text_content() == "1"
