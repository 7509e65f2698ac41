"""The wall's pure functions, run in Chromium: numbers, times and order as Vietnamese read them."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.dashboards.conftest import Screens

pytestmark = pytest.mark.slow

AT = "Date.parse('2026-11-21T00:42:18Z')"

CASES = [
    pytest.param("words.js", "formatNumber(1234567)", "1.234.567", id="thousands by dots"),
    pytest.param("words.js", "formatNumber(5.816, 2)", "5,82", id="decimals by a comma"),
    pytest.param("words.js", "formatNumber(999.96, 1)", "1.000,0", id="rounding up makes a group"),
    pytest.param("words.js", "formatNumber(-1234.5, 1)", "−1.234,5", id="a real minus sign"),
    pytest.param("words.js", "formatNumber(-0.04, 1)", "0,0", id="no minus zero"),
    pytest.param("words.js", "formatNumber(0)", "0", id="zero"),
    pytest.param("words.js", "formatNumber(null, 2)", "—", id="nothing measured"),
    pytest.param("words.js", "formatNumber(NaN)", "—", id="not a number"),
    pytest.param("words.js", f"timeOfDay({AT})", "07:42:18", id="the province's time"),
    pytest.param("words.js", f"dateOf({AT})", "Thứ Bảy 21/11/2026", id="a Saturday"),
    pytest.param("words.js", "dateOf(Date.parse('2026-11-21T17:00:00Z'))", "Chủ nhật 22/11/2026", id="after midnight"),
    pytest.param("words.js", f"beginning({AT}, {AT} + 1000)", "07:42", id="began today"),
    pytest.param("words.js", f"beginning({AT}, {AT} + 86400000)", "21/11", id="began on another day"),
    pytest.param("words.js", "elapsed(26000)", "0:26", id="seconds"),
    pytest.param("words.js", "elapsed(634000)", "10:34", id="minutes"),
    pytest.param("words.js", "elapsed(4234000)", "1:10:34", id="hours"),
    pytest.param("words.js", "elapsed(3 * 86400000 + 5)", "3 ngày", id="days"),
    pytest.param("words.js", "elapsed(-5000)", "0:00", id="a clock that is behind"),
    pytest.param("words.js", "age(48000)", "48 s", id="an age in seconds"),
    pytest.param("words.js", "age(14 * 60000)", "14 phút", id="an age in minutes"),
    pytest.param("words.js", "age(5 * 3600000)", "5 giờ", id="an age in hours"),
    pytest.param("words.js", "age(72 * 3600000)", "3 ngày", id="an age in days"),
    pytest.param("words.js", "statusName(10)", "Đã trả kết quả", id="a status"),
    pytest.param("words.js", "statusName(77)", "Trạng thái 77", id="a status nobody knows"),
    pytest.param(
        "words.js",
        "sentence({summary: '3 hồ sơ quá hạn', unit_name: 'Xã Ea Kao'}, 'Ea Kao')",
        "3 hồ sơ quá hạn — Ea Kao",
        id="the unit is added",
    ),
    pytest.param(
        "words.js",
        "sentence({summary: '3 hồ sơ quá hạn tại xã Ea Kao', unit_name: 'Xã Ea Kao'}, 'Ea Kao')",
        "3 hồ sơ quá hạn tại xã Ea Kao",
        id="the unit is there already",
    ),
    pytest.param("words.js", "sentence({summary: 'Mất điện', unit_name: ''})", "Mất điện", id="no unit"),
    pytest.param("tiles.js", "trendPath([])", ["", ""], id="no trend"),
    pytest.param("tiles.js", "trendPath([null, null])", ["", ""], id="a trend of gaps"),
    pytest.param(
        "tiles.js", "trendPath([1, null, 3])", ["M0.50 22.00M99.50 2.00", "M99.50 2.00h.01"], id="a gap in the trend"
    ),
    pytest.param("tiles.js", "trendPath([5, 5])[0]", "M0.50 12.00L99.50 12.00", id="a flat trend is in the middle"),
    pytest.param(
        "labels.js",
        "freePlace({left: 40, top: 40, right: 60, bottom: 60}, 30, 10, {width: 100, height: 100}, [])",
        {"left": 62, "top": 45, "right": 92, "bottom": 55},
        id="a name stands to the right",
    ),
    pytest.param(
        "labels.js",
        "freePlace({left: 75, top: 40, right: 95, bottom: 60}, 30, 10, {width: 100, height: 100}, [])",
        {"left": 43, "top": 45, "right": 73, "bottom": 55},
        id="at the rim to the left",
    ),
    pytest.param(
        "labels.js",
        "freePlace({left: 40, top: 40, right: 60, bottom: 60}, 90, 50, {width: 100, height: 100}, [])",
        None,
        id="no room for a name",
    ),
    pytest.param(
        "register.js",
        f"systemEntries(new Map([['x', {{name: 'Cổng', up: false, changed_at: '2026-11-21T00:30:18Z'}}]]), {AT})",
        [{"key": "x", "name": "Cổng", "sign": "bad", "detail": "ngừng 12 phút"}],
        id="a system that is down",
    ),
    pytest.param(
        "register.js",
        f"systemEntries(new Map([['x', {{name: '', up: true, certificate_days_left: 6.4}}]]), {AT})",
        [{"key": "x", "name": "x", "sign": "late", "detail": "chứng thư còn 6 ngày"}],
        id="a certificate that expires soon",
    ),
    pytest.param(
        "register.js",
        "systemEntries(new Map([['Cổng A', {system: 'web', name: 'Cổng', up: true, duration_seconds: 1}],"
        " ['Cổng B', {system: 'web', name: 'Cổng', up: true, duration_seconds: 1}],"
        f" ['Cổng C', {{system: 'web', name: 'Cổng', up: false, changed_at: '2026-11-21T00:30:18Z'}}]]), {AT})",
        [
            {"key": "Cổng C", "name": "Cổng C", "sign": "bad", "detail": "ngừng 12 phút"},
            {"key": "system web", "name": "Cổng", "sign": "good", "detail": "2/3 hoạt động"},
        ],
        id="of many targets only the troubled ones are named",
    ),
    pytest.param(
        "register.js",
        f"sourceEntry('x', {{title: 'Một cửa', state: 'never', last_seen_at: null}}, {AT})",
        {"key": "x", "name": "Một cửa", "sign": "late", "detail": "chưa gửi lần nào"},
        id="a source that never told anything",
    ),
]


@pytest.fixture(scope="module")
async def blank(screens: Screens, context: Any) -> Any:
    page = await context.new_page()
    await page.goto(f"{screens.address}/assets/wall/wall.html")
    yield page
    await page.close()


@pytest.mark.parametrize(("module", "expression", "expected"), CASES)
async def test_words(blank: Page, module: str, expression: str, expected: object) -> None:
    name = expression.split("(")[0]
    code = f"import('/assets/wall/{module}').then(({{ {name} }}) => {expression})"
    assert await blank.evaluate(code) == expected


DELAYS = [
    pytest.param([40, 60, 55], 0, 60, id="clocks agree: the longest of the last"),
    pytest.param([-3000, -2900, -2950], -3000, 100, id="this clock is behind: only the excess counts"),
    pytest.param([9000, 9100, 9050], 9000, 100, id="this clock is ahead"),
    pytest.param([900, 1500, 30], 0, 1500, id="a slow minute is no other clock"),
    pytest.param([500, 40, 40, 40, 40, 40], 0, 40, id="what is over is forgotten"),
]


@pytest.mark.parametrize(("gaps", "skew", "recent"), DELAYS)
async def test_delay(blank: Page, gaps: list[int], skew: int, recent: int) -> None:
    code = (
        "(gaps) => import('/assets/wall/delay.js').then(({ Delay }) => { const delay = new Delay();"
        " for (const gap of gaps) delay.note(1000000, 1000000 + gap); return [delay.skew, delay.recent]; })"
    )
    assert await blank.evaluate(code, gaps) == [skew, recent]


async def test_order_and_news(blank: Page) -> None:
    code = """import('/assets/wall/state.js').then(({ inOrder, newlyUrgent }) => {
      const group = (severity, started_at) => ({ severity, started_at });
      const muted = { ...group(1, "2026-11-20T00:00:00Z"), muted: true };
      const before = new Map([["back", muted], ["known", group(1, "2026-11-21T00:00:00Z")]]);
      const now = new Map([...before, ["back", { ...muted, muted: false }],
        ["b", group(2, "2026-11-21T00:00:01Z")], ["a", group(2, "2026-11-21T00:00:01Z")],
        ["quiet", { ...group(2, "2026-11-21T00:00:00Z"), muted: true }],
        ["new", group(2, "2026-11-21T00:00:02Z")], ["low", group(4, "2026-11-21T00:00:03Z")]]);
      return [inOrder(now).map(([key]) => key), newlyUrgent(before, now)];
    })"""
    assert await blank.evaluate(code) == [
        ["known", "back", "new", "a", "b", "quiet", "low"],
        ["back", "b", "a", "new"],
    ]
