"""Fixtures of the screens: the real `ioc wall`, a real Chromium, and a feed that a test steers."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from ioc_core.engine import EmbeddedPostgres, free_port
from tests.api.conftest import Centre, seeded_centre
from tests.dashboards import histories, province
from tests.dashboards.feed_server import FeedServer, running_feed

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Screens:
    """A running `ioc wall`."""

    def __init__(self, port: int, api_url: str, config_dir: Path) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "IOC_WALL_PORT": str(port),
            "IOC_API_URL": api_url,
            "IOC_CONFIG_DIR": str(config_dir),
        }
        self.process: asyncio.subprocess.Process | None = None

    async def _spawn(self, stderr: int) -> asyncio.subprocess.Process:
        command = str(Path(sys.executable).with_name("ioc"))
        self.process = await asyncio.create_subprocess_exec(command, "wall", env=self._environment, stderr=stderr)
        return self.process

    async def failure(self) -> tuple[int, str]:
        """Start the process and wait until it gives up: its exit status and what it said."""
        process = await self._spawn(asyncio.subprocess.PIPE)
        _, said = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode is not None
        return process.returncode, said.decode()

    async def start(self) -> None:
        """Start the process and wait until it answers."""
        await self._spawn(asyncio.subprocess.DEVNULL)
        async with httpx.AsyncClient() as client, asyncio.timeout(30):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.address}/_stcore/health")).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """End the process at once, as a crash would."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def stop(self) -> int:
        """Ask the process to stop; its exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 10)


@pytest.fixture(scope="session")
async def session_feed() -> AsyncIterator[FeedServer]:
    """One feed for the session; a test gets it by `feed`."""
    async with running_feed(province.build()) as feed:
        yield feed


@pytest.fixture
async def feed(session_feed: FeedServer) -> FeedServer:
    """The feed, listening and beating, with a new stream in which all is normal."""
    session_feed.state = province.build()
    session_feed.beating = True
    session_feed.forget()
    return session_feed


@pytest.fixture(scope="session")
async def screens(session_feed: FeedServer) -> AsyncIterator[Screens]:
    """The screens, with `session_feed` as their API."""
    running = Screens(free_port(), f"http://127.0.0.1:{session_feed.port}", province.CONFIG)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture(scope="session")
async def centre(
    timescaledb_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    """A real API over a seeded province."""
    async with seeded_centre(timescaledb_server, tmp_path_factory.mktemp("centre")) as running:
        await histories.tell(running)
        yield running


@pytest.fixture(scope="session")
async def people_screens(centre: Centre) -> AsyncIterator[Screens]:
    """The screens of that centre, at the address that its API knows."""
    running = Screens(centre.settings.wall_port, centre.url, province.CONFIG)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest.fixture(scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One profile for the session: Streamlit's own code is loaded once."""
    opened = await browser.new_context(viewport={"width": 1920, "height": 1080})
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def tab(context: BrowserContext) -> AsyncIterator[Page]:
    """The tab of the session: a new window, with nothing compiled, costs as much as loading a page."""
    opened = await context.new_page()
    yield opened
    await opened.close()


@pytest.fixture
async def page(tab: Page) -> AsyncIterator[Page]:
    """An empty page of 1920 × 1080, in the tab that all tests use; not for clocks, scripts and listeners."""
    await tab.set_viewport_size({"width": 1920, "height": 1080})
    yield tab
    await tab.emulate_media(media="null")
    await tab.goto("about:blank")


@pytest.fixture
async def own_page(context: BrowserContext, tab: Page) -> AsyncIterator[Page]:
    """A new tab of 1920 × 1080, beside that of the session."""
    opened = await context.new_page()
    yield opened
    await opened.close()


@pytest.fixture
async def clocked_page(browser: Browser) -> AsyncIterator[Page]:
    """A page of 1920 × 1080 whose clock the test moves. Playwright moves that of a whole profile, so it has one."""
    profile = await browser.new_context(viewport={"width": 1920, "height": 1080})
    opened = await profile.new_page()
    await opened.clock.install()
    yield opened
    await profile.close()
