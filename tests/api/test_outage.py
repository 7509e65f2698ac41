"""The database or the bus goes away: what answers how, and that everything comes back by itself."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from ioc_core.addresses import nats_url
from ioc_core.engine import free_port
from ioc_core.live import Facts
from tests.api.conftest import SCOPE, Centre, change, running
from tests.api.lines import Screen
from tests.api.proxy import Cable, cable_to
from tests.api.test_feed import RAISE, receive, watch


@pytest.fixture
async def severable(own_api: Centre) -> AsyncIterator[tuple[Centre, Cable, Cable]]:
    """A second node whose lines to the database and to the bus can be cut."""
    async with cable_to(own_api.dsn) as (database, dsn), cable_to(nats_url(own_api.settings)) as (bus, url):
        settings = own_api.settings.model_copy(
            update={"database_url": SecretStr(dsn), "nats_url": SecretStr(url), "api_port": free_port()}
        )
        async with running(settings):
            yield Centre(settings, own_api.dsn, own_api.now, own_api.bus, own_api.tokens), database, bus


async def until(client: httpx.AsyncClient, path: str, status: int) -> httpx.Response:
    async with asyncio.timeout(20):
        while True:
            answer = await client.get(path)
            if answer.status_code == status:
                return answer
            await asyncio.sleep(0.05)


async def test_without_the_database_rest_says_so_and_the_feed_stays_up(
    severable: tuple[Centre, Cable, Cable],
) -> None:
    centre, database, _ = severable
    async with centre.feed() as line, centre.client() as client:
        screen = Screen()
        screen.take(await receive(line))
        await database.cut()
        for path in ("/dossiers", "/alerts", "/session", "/reports/period?from=2026-07-01&to=2026-07-02"):
            answer = await client.get(path)
            assert answer.status_code == 503, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "2"
        assert (await client.post("/session", json={"name": "x", "password": "y"})).status_code == 503
        ready = await client.get(f"{centre.url}/readyz")
        assert ready.status_code == 503
        assert "database" in ready.json()["failed"]
        assert (await client.get(f"{centre.url}/healthz")).status_code == 200
        beats = 0
        while beats < 3:
            beats += (await receive(line))["type"] == "heartbeat"
        await database.mend()
        await until(client, "/dossiers", 200)
        await until(client, f"{centre.url}/readyz", 200)
        await change(centre, RAISE, "AfterOutage", SCOPE, facts=Facts.ALERTS)
        await watch(line, screen, f"AfterOutage:{SCOPE}")
        assert screen.snapshots == ["connect"], "the connection lived through it"


async def test_without_the_bus_rest_answers_and_the_feed_catches_up_afterwards(
    severable: tuple[Centre, Cable, Cable],
) -> None:
    centre, _, bus = severable
    async with centre.feed() as line, centre.client("on-call") as client:
        screen = Screen()
        screen.take(await receive(line))
        await bus.cut()
        await until(client, f"{centre.url}/readyz", 503)
        assert (await client.get("/dossiers")).status_code == 200
        assert (await client.post("/alerts/1/comments", json={"note": "bus đứt"})).status_code == 201
        await change(centre, RAISE, "WhileCut", SCOPE, facts=Facts.ALERTS)
        message = await receive(line)
        while message["type"] != "heartbeat":
            message = await receive(line)
        await bus.mend()
        await watch(line, screen, f"WhileCut:{SCOPE}")
        await until(client, f"{centre.url}/readyz", 200)
        assert screen.snapshots == ["connect"], "the stream still had what was missed"


async def test_when_the_leader_loses_its_database_another_goes_on(severable: tuple[Centre, Cable, Cable]) -> None:
    centre, database, _ = severable
    async with centre.feed() as line:
        screen = Screen()
        screen.take(await receive(line))
        await database.cut()
        await change(centre, RAISE, "OtherLeads", SCOPE, facts=Facts.ALERTS)
        await watch(line, screen, f"OtherLeads:{SCOPE}")


async def test_an_api_that_starts_before_its_database_and_bus_waits_for_them(own_api: Centre) -> None:
    async with cable_to(own_api.dsn) as (database, dsn), cable_to(nats_url(own_api.settings)) as (bus, url):
        await database.cut()
        await bus.cut()
        settings = own_api.settings.model_copy(
            update={"database_url": SecretStr(dsn), "nats_url": SecretStr(url), "api_port": free_port()}
        )
        node = Centre(settings, own_api.dsn, own_api.now, own_api.bus, own_api.tokens)
        starting = asyncio.create_task(_start_and_watch(node))
        async with httpx.AsyncClient() as client:
            async with asyncio.timeout(10):
                while True:
                    try:
                        health = await client.get(f"{node.url}/healthz")
                    except httpx.TransportError:
                        await asyncio.sleep(0.05)
                    else:
                        break
            assert health.status_code == 200
            ready = await client.get(f"{node.url}/readyz")
            assert set(ready.json()["failed"]) == {"database", "bus", "feed"}
        await database.mend()
        await bus.mend()
        assert json.loads(await starting)["type"] == "snapshot"


async def _start_and_watch(node: Centre) -> str:
    async with running(node.settings), node.feed() as line:
        return str(await line.recv())
