"""From a dossier's push to its number on the wall in a real browser, while 5,000 samples a second come in."""

import asyncio
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import httpx
from playwright.async_api import ElementHandle, async_playwright

from bench.result import Result
from tests.e2e.conftest import RunningCentre, running_centre
from tests.e2e.province import OneStopSystem, dossier, ndjson, samples
from tests.e2e.test_story import ARGUMENTS, CHROMIUM

DOSSIERS = 100
SAMPLES_PER_SECOND = 5_000
BODY = 500
BUDGET_MS = 500.0
_SOURCE = "sources:\n  - {name: bench, kind: push, title: Bench, rate_limit: 1000000}\n"
_WHEN = """(element, wanted) => new Promise((resolve) => {
  const look = () => { if (element.textContent.trim() === wanted) { observer.disconnect(); resolve(Date.now()); } };
  const observer = new MutationObserver(look);
  observer.observe(element, { characterData: true, childList: true, subtree: true });
  look();
})"""


async def measure() -> list[Result]:
    """Measure the delay of `DOSSIERS` dossiers; bring up and end a whole centre and a browser."""
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        sources = Path(folder) / "sources"
        sources.mkdir()
        (sources / "bench.yaml").write_text(_SOURCE, encoding="utf-8")
        environment = {"IOC_EXTRA_SOURCES": str(sources)}
        async with running_centre(Path(folder) / "data", environment=environment) as centre:
            await centre.command("source", "credentials", "--all", "--save", "--if-missing")
            delays = await _on_the_wall(centre)
    delays.sort()
    note = f"p50 {delays[len(delays) // 2]:.0f} ms, at {SAMPLES_PER_SECOND} samples/s"
    worst = delays[min(len(delays) - 1, int(len(delays) * 0.99))]
    return [Result("event → text on the wall, p99", worst, "ms", budget=BUDGET_MS, at_least=False, note=note)]


async def _on_the_wall(centre: RunningCentre) -> list[float]:
    login = centre.credentials("igate")
    system = OneStopSystem(centre.url("ingest"), username=login["username"], password=login["password"])
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await page.goto(f"{centre.url('wall')}/?kiosk={centre.secret('kiosk-token')}")
        await page.get_by_text("TRỰC TUYẾN").first.wait_for(timeout=60_000)
        tile = page.locator(".tile", has_text="Hồ sơ đang xử lý").locator(".value").first
        value = await tile.element_handle()
        assert value is not None
        load = asyncio.create_task(_load(centre))
        try:
            return await _delays(system, value)
        finally:
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
            await browser.close()
            await system.close()


async def _delays(system: OneStopSystem, value: ElementHandle) -> list[float]:
    """Milliseconds from the push of each dossier to its count on the wall."""
    dice = random.Random(766)
    found = []
    for number in range(1, DOSSIERS + 1):
        await asyncio.sleep(dice.uniform(0.2, 0.5))
        now = datetime.now(UTC)
        seen = asyncio.create_task(value.evaluate(_WHEN, str(number)))
        await asyncio.sleep(0.05)  # the page is watching
        began = datetime.now(UTC).timestamp() * 1000
        await system.push([dossier(number, now, NgayHenTra="20991231170000")])
        async with asyncio.timeout(30):
            found.append(await seen - began)
    return found


async def _load(centre: RunningCentre) -> None:
    token = centre.credentials("bench")["token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    clock = asyncio.get_running_loop().time
    began, sent = clock(), 0
    async with httpx.AsyncClient(base_url=centre.url("ingest"), headers=headers, timeout=30.0) as client:
        while True:
            body = ndjson(samples(sent, BODY, datetime.now(UTC)))
            (await client.post("/v1/events", content=body)).raise_for_status()
            sent += BODY
            await asyncio.sleep(max(0.0, began + sent / SAMPLES_PER_SECOND - clock()))
