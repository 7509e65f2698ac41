"""From a late dossier to a ringing phone: the one path that everything hangs on."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from playwright.async_api import Page, async_playwright

from tests.e2e.conftest import Phone, RunningCentre, running_centre
from tests.e2e.province import OneStopSystem, dossier

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


async def alert_of(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    """The firing alert about a dossier."""
    while True:
        answer = await client.get("/api/v1/alerts", params={"state": "firing", "rule": "DossierOverdue"})
        answer.raise_for_status()
        for item in answer.json()["items"]:
            if code in json.dumps(item):
                found: dict[str, Any] = item
                return found
        await asyncio.sleep(0.02)


async def delta_about(centre: RunningCentre, text: str, ready: asyncio.Event) -> str:
    """The first delta of topic alerts in which `text` stands."""
    address = centre.url("api").replace("http", "ws") + "/ws/live?topics=alerts"
    headers = {"Authorization": f"Bearer {centre.secret('kiosk-token')}"}
    async with websockets.connect(address, additional_headers=headers) as socket:
        first = json.loads(await socket.recv())
        assert first["type"] == "snapshot"
        ready.set()
        while True:
            frame = str(await socket.recv())
            if json.loads(frame)["type"] == "delta" and text in frame:
                return frame


async def phone_about(phone: Phone, text: str) -> None:
    """Returns when the phone was called about `text`."""
    while text not in phone.text():
        await asyncio.sleep(0.02)


async def wall_page(centre: RunningCentre, page: Page) -> None:
    """The wall, live."""
    await page.goto(f"{centre.url('wall')}/?kiosk={centre.secret('kiosk-token')}")
    await page.get_by_text("TRỰC TUYẾN").first.wait_for(timeout=60_000)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_an_overdue_dossier_rings_the_phone_and_shows_on_the_wall(tmp_path: Path, phone: Phone) -> None:
    environment = {"IOC_ALERT_WEBHOOK_URL": phone.url}
    async with running_centre(tmp_path / "data", environment=environment) as centre, async_playwright() as driver:
        await centre.command("source", "credentials", "igate", "--save")
        login = centre.credentials("igate")
        system = OneStopSystem(centre.url("ingest"), username=login["username"], password=login["password"])
        api = await centre.signed_in()
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await wall_page(centre, page)
        ready = asyncio.Event()
        late = dossier(1, datetime.now(UTC))
        # The rule's interval is 30 s: what arrives within 5 s was not waited for.
        async with asyncio.timeout(30):
            delta = asyncio.create_task(delta_about(centre, "Buôn Ma Thuột", ready))
            await ready.wait()
        assert (await system.push([late]))["error_code"] == "00"
        async with asyncio.timeout(5):
            alert, *_ = await asyncio.gather(
                alert_of(api, late["MaHoSo"]),
                delta,
                phone_about(phone, late["MaHoSo"]),
                page.get_by_text("Buôn Ma Thuột").first.wait_for(timeout=5_000),
            )
        assert alert["state"] == "firing"

        answer = await api.post(f"/api/v1/alerts/{alert['id']}/ack", json={"note": "Đã gọi đơn vị"})
        assert answer.status_code == 200, answer.text
        detail = (await api.get(f"/api/v1/alerts/{alert['id']}")).json()
        assert [entry["kind"] for entry in detail["history"]].count("firing") == 1
        assert "acknowledged" in [entry["kind"] for entry in detail["history"]]
        assert "Nguyễn Thị Thử" not in json.dumps((await api.get(f"/api/v1/dossiers/{late['MaHoSo']}")).json())

        late["TrangThaiHoSo"] = "10"
        late["NgayKetThucXuLy"] = late["NgayTra"] = late["NgayHenTra"]
        assert (await system.push([late]))["error_code"] == "00"
        async with asyncio.timeout(10):
            while (await api.get(f"/api/v1/alerts/{alert['id']}")).json()["state"] != "resolved":
                await asyncio.sleep(0.05)
        await browser.close()
        await api.aclose()
        await system.close()
