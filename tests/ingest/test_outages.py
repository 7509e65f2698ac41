"""Ingest while the bus or the database is away, full, or slow to come."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from ingest.service import running
from ingest.sources import Sources
from ioc_core.catalogue import Catalogue
from ioc_core.engine import EmbeddedNats, EmbeddedPostgres, free_port
from ioc_core.events import DossierEvent, Rejected, Sample, SecurityEvent
from ioc_core.settings import Settings
from tests.conftest import drop_database, new_database
from tests.ingest.conftest import SOURCES, Ingest, issue_all, running_ingest, written_sources
from tests.ingest.payloads import short_form
from tests.ingest.test_events_http import sample
from tests.ingest.test_syslog_network import tcp, udp


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedNats]:
    """A NATS server that isn't started yet."""
    made = EmbeddedNats(tmp_path / "own-nats", port=free_port())
    yield made
    await made.stop()


async def ready(client: httpx.AsyncClient, *, status: int) -> dict[str, Any]:
    """Wait until /readyz answers with `status`."""
    async with asyncio.timeout(20):
        while (answer := await client.get("/readyz")).status_code != status:
            await asyncio.sleep(0.05)
    found: dict[str, Any] = answer.json()
    return found


async def test_it_starts_without_a_bus_and_says_so(
    centre: Settings, shipped: Catalogue, sources: Sources, server: EmbeddedNats
) -> None:
    secrets = await issue_all(centre, sources)
    settings = centre.model_copy(update={"nats_url": None})  # where it will be is not written down yet
    token = {"Authorization": f"Bearer {secrets['documents']}"}
    async with (
        running(settings, shipped, sources, collect=False),
        httpx.AsyncClient(base_url=settings.ingest_address, timeout=20.0) as client,
    ):
        assert (await client.get("/healthz")).status_code == 200
        async with asyncio.timeout(10):
            while (await ready(client, status=503))["failed"] != {"bus": "the bus does not answer"}:
                await asyncio.sleep(0.05)
        answer = await client.post("/v1/events", json=[sample()], headers=token)
        assert (answer.status_code, answer.json()["errors"][0]["reason"]) == (503, "bus_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        answer = await client.post(
            "/dvcqg/DongBoHoSoMC", json=[short_form()], headers={"X-API-Key": secrets["one-stop"]}
        )
        assert (answer.status_code, int(answer.json()["error_code"]) != 0) == (503, True)
        assert int(answer.headers["Retry-After"]) >= 1
        url = await server.start()
        run = settings.data_dir / "run"
        run.mkdir(parents=True, exist_ok=True)
        (run / "nats-url").write_text(url + "\n", encoding="utf-8")
        await ready(client, status=200)
        assert (await client.post("/v1/events", json=[sample()], headers=token)).status_code == 202


async def test_the_bus_goes_and_comes_back(
    centre: Settings, shipped: Catalogue, sources: Sources, server: EmbeddedNats
) -> None:
    settings = centre.model_copy(update={"nats_url": SecretStr(await server.start())})
    async with running_ingest(settings, shipped, sources) as ingest:
        token = ingest.token("documents")
        assert (await ingest.client.post("/v1/events", json=[sample(1)], headers=token)).status_code == 202
        await server.stop()
        await ready(ingest.client, status=503)
        assert (await ingest.client.post("/v1/events", json=[sample(2)], headers=token)).status_code == 503
        await tcp(ingest, b"".join(b"<13>over tcp %d\n" % number for number in range(3000)))
        udp(ingest, b"<13>over udp")
        await server.start()
        await ready(ingest.client, status=200)
        assert (await ingest.client.post("/v1/events", json=[sample(3)], headers=token)).status_code == 202
        events = await ingest.all_events(quiet=2.0)
    assert [event.value for event in events if isinstance(event, Sample)] == [1.0, 3.0]
    lines = {event.message for event in events if isinstance(event, SecurityEvent)}
    assert lines == {f"over tcp {number}" for number in range(3000)} | {"over udp"}


async def test_tcp_waits_and_udp_is_told_when_there_is_no_room(
    centre: Settings, shipped: Catalogue, tmp_path: Path, server: EmbeddedNats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.outlet.CAPACITY", 100)
    monkeypatch.setattr("ingest.syslog.receiver._SUMMARY_PERIOD", 0.2)
    settings = centre.model_copy(update={"nats_url": SecretStr(await server.start())})
    sources = written_sources(tmp_path, SOURCES, shipped, settings)
    async with running_ingest(settings, shipped, sources) as ingest:
        await server.stop()
        await ready(ingest.client, status=503)
        for number in range(200):
            udp(ingest, b"<13>over udp %d" % number)
        await asyncio.sleep(0.2)
        sending = asyncio.create_task(tcp(ingest, b"".join(b"<13>over tcp %d\n" % n for n in range(5000))))
        await asyncio.sleep(0.3)
        await server.start()
        await sending
        events = await ingest.all_events(quiet=2.0)
    lines = [event.message for event in events if isinstance(event, SecurityEvent)]
    assert {line for line in lines if "tcp" in line} == {f"over tcp {number}" for number in range(5000)}
    (dropped,) = [event for event in events if isinstance(event, Rejected)]
    kept = sum("udp" in line for line in lines)
    assert (dropped.source, dropped.reason) == ("devices", "buffer_full")
    assert dropped.detail == f"{200 - kept} datagrams were dropped"


def record(number: int) -> dict[str, Any]:
    """A long security record."""
    common = {"type": "security", "observed_at": time.time(), "event_category": "host", "event_severity": 1}
    return common | {"event_id": str(number), "message": "x" * 4000}


async def test_a_full_bus_is_told_and_nothing_is_dropped(
    centre: Settings, shipped: Catalogue, sources: Sources
) -> None:
    settings = centre.model_copy(update={"events_max_bytes": 1 << 20})
    async with running_ingest(settings, shipped, sources) as ingest:
        accepted, statuses = 0, set()
        for turn in range(6):
            body = [record(turn * 100 + number) for number in range(100)]
            answer = await ingest.client.post("/v1/events", json=body, headers=ingest.token("documents"))
            statuses.add(answer.status_code)
            accepted += answer.json()["accepted"]
        assert statuses == {202, 503}
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["errors"][0]["reason"] == "bus_full"
        events = await ingest.all_events()
        assert len({event.event_id for event in events if isinstance(event, SecurityEvent)}) >= accepted > 0
        answer = await ingest.client.post("/v1/events", json=[sample()], headers=ingest.token("documents"))
        assert answer.status_code == 202


async def test_the_database_is_away_and_pushes_go_on(
    settings: Settings, nats: str, plain_server: EmbeddedPostgres, shipped: Catalogue, tmp_path: Path
) -> None:
    dsn = await new_database(plain_server)
    centre = settings.model_copy(update={"database_url": SecretStr(dsn), "nats_url": SecretStr(nats)})
    sources = written_sources(tmp_path, SOURCES, shipped, centre)
    async with running_ingest(centre, shipped, sources) as ingest:
        session = await opened(ingest.client, ingest.secrets["one-stop"])
        await drop_database(plain_server, dsn)  # with every connection to it
        await pushes_go_on(ingest, ingest.client, session)
        gone = centre.model_copy(update={"ingest_port": free_port(), "syslog_port": free_port()})
        async with (  # a second process, started while the database is away
            running(gone, shipped, sources, collect=False),
            httpx.AsyncClient(base_url=gone.ingest_address, timeout=20.0) as client,
        ):
            await ready(client, status=200)
            await pushes_go_on(ingest, client, session)


async def opened(client: httpx.AsyncClient, password: str) -> str:
    answer = await client.post("/dvcqg/session", json={"username": "motcua", "password": password})
    session: str = answer.json()["session"]
    return session


async def pushes_go_on(ingest: Ingest, client: httpx.AsyncClient, session: str) -> None:
    """All kinds of push are accepted by the process behind `client`; only a look-up can't be answered."""
    assert (await client.post("/v1/events", json=[sample()], headers=ingest.token("documents"))).status_code == 202
    assert await opened(client, ingest.secrets["one-stop"])
    for service, more in (("DongBoHoSoMC", {"data": [short_form()]}), ("LayThuTuc", {"maTTHC": "1.001193"})):
        body = {"session": session, "madonvi": "H15", "service": service, **more}
        assert (await client.post("/dvcqg/integration", json=body)).json()["error_code"] == "00"
    body = {"session": session, "madonvi": "H15", "service": "TraCuuHoSo", "mahoso": "A"}
    answer = await client.post("/dvcqg/integration", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (503, "5")
    assert (await client.post("/v1/events", content=b"[]", headers={"X-API-Key": "nobody"})).status_code == 401
    assert len(await ingest.events(DossierEvent, 1)) == 1
