"""`ioc wall` as a process: health, headers, origins, no way out, and a quick end."""

import time
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.async_api import Page
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from dashboards.server import SCRIPT, streamlit_options
from ioc_core.engine import free_port
from ioc_core.settings import Settings
from tests.dashboards.conftest import Screens
from tests.dashboards.feed_server import FeedServer
from tests.dashboards.looking import open_wall
from tests.dashboards.province import CONFIG

pytestmark = pytest.mark.slow

IDLE_BYTES = 120 << 20
BUSY_BYTES = 160 << 20


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("/_stcore/health", "ok", id="Streamlit's own health"),
        pytest.param("/healthz", "ok", id="the process lives"),
        pytest.param("/readyz", '"failed":{}', id="it is ready"),
        pytest.param("/metrics", "ioc_wall_connections", id="its metrics"),
        pytest.param("/assets/wall/main.js", "export function mount", id="the wall's code"),
        pytest.param("/wall", "<div id=", id="the page"),
    ],
)
async def test_what_it_serves(screens: Screens, path: str, says: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(screens.address + path)
    assert answer.status_code == 200
    assert says in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/assets/wall/../server.py", "/assets/server.py", "/assets/wall/%2e%2e/server.py", "/assets/report.html.j2"],
)
async def test_only_the_browser_s_files_are_served(screens: Screens, path: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(screens.address + path)
    assert "import" not in answer.text.split("<script")[0]
    assert "serve_screens" not in answer.text


async def test_a_page_of_another_origin_gets_nothing(screens: Screens) -> None:
    address = screens.address.replace("http", "ws") + "/_stcore/stream"
    with pytest.raises(InvalidStatus) as caught:
        async with connect(address, origin="http://evil.example"):  # type: ignore[arg-type]
            pass
    assert caught.value.response.status_code == 403
    async with httpx.AsyncClient() as http:
        answer = await http.post(screens.address + "/_stcore/upload_file/x", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    async with connect(address, origin=screens.address):  # type: ignore[arg-type]
        pass


async def test_it_listens_where_it_is_told_and_stays_small(page: Page, screens: Screens, feed: FeedServer) -> None:
    await open_wall(page, screens.address)
    assert screens.process is not None
    process = psutil.Process(screens.process.pid)
    listening = {c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
    assert process.memory_info().rss < BUSY_BYTES, "with the pages of a whole test session"
    loaded = {Path(mapped.path).parts for mapped in process.memory_maps()}
    assert not any("pandas" in parts for parts in loaded), "the pages do without data frames"


async def test_it_starts_small_and_ends_quickly() -> None:
    running = Screens(free_port(), "http://127.0.0.1:9", CONFIG)
    await running.start()
    assert running.process is not None
    assert psutil.Process(running.process.pid).memory_info().rss < IDLE_BYTES
    async with connect(running.address.replace("http", "ws") + "/_stcore/stream"):
        began = time.monotonic()
        assert await running.stop() == 0
        assert time.monotonic() - began < 3


async def test_a_wrong_catalogue_stops_the_start(tmp_path: Path) -> None:
    for path in CONFIG.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "boundaries.geojson").write_text('{"type": "FeatureCollection",\n "features": oops}', encoding="utf-8")
    running = Screens(free_port(), "http://127.0.0.1:9", tmp_path)
    status, said = await running.failure()
    assert status == 1
    assert f"{tmp_path / 'boundaries.geojson'}:2: JSON" in said


def test_options_keep_the_screens_at_home() -> None:
    options = streamlit_options(Settings(wall_url="https://ioc.example:8443", bind="0.0.0.0"))
    assert options["browser.gatherUsageStats"] is False
    assert options["browser.serverAddress"] == "ioc.example"
    assert options["browser.serverPort"] == 8443
    assert options["server.address"] == "0.0.0.0"
    assert options["server.fileWatcherType"] == "none"
    assert SCRIPT.is_file()
