"""`ioc ingest` as a process: started, killed, stopped, and started wrongly."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import httpx
import pytest

from ingest.sources import Sources
from ioc_core.addresses import nats_url
from ioc_core.bus import EventsPuller, connect_bus
from ioc_core.events import Sample, decode_batch
from ioc_core.settings import Settings
from tests.ingest.conftest import SOURCES, issue_all
from tests.ingest.test_events_http import sample
from tests.processes import Forked, start


def environment(settings: Settings, folder: Path) -> dict[str, str]:
    """What the process is told of its centre."""
    assert settings.database_url is not None
    folder.mkdir(exist_ok=True)
    (folder / "test.yaml").write_text(SOURCES, encoding="utf-8")
    return os.environ | {
        "IOC_DATABASE_URL": settings.database_url.get_secret_value(),
        "IOC_NATS_URL": nats_url(settings),
        "IOC_DATA_DIR": str(settings.data_dir),
        "IOC_EXTRA_SOURCES": str(folder),
        "IOC_INGEST_PORT": str(settings.ingest_port),
        "IOC_SYSLOG_PORT": str(settings.syslog_port),
        "IOC_EVENTS_MAX_BYTES": str(settings.events_max_bytes),
    }


@asynccontextmanager
async def process(settings: Settings, folder: Path) -> AsyncIterator[Forked]:
    """A process that is ready."""
    started = await start("ingest", env=environment(settings, folder), stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(20), httpx.AsyncClient(base_url=settings.ingest_address) as client:
            while not await answers(client):
                assert started.returncode is None, await said(started)
                await asyncio.sleep(0.05)
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def said(started: Forked) -> str:
    assert started.stderr is not None
    return (await started.stderr.read()).decode()


@pytest.mark.slow
async def test_what_was_accepted_survives_kill_9(centre: Settings, sources: Sources, tmp_path: Path) -> None:
    secrets = await issue_all(centre, sources)
    token = {"Authorization": f"Bearer {secrets['documents']}"}
    accepted: set[float] = set()
    number = 0
    for _ in range(3):
        async with process(centre, tmp_path / "more") as started, httpx.AsyncClient(timeout=5.0) as client:
            killing = asyncio.get_running_loop().call_later(0.4, started.kill)
            try:
                while True:
                    values = [float(number + n) for n in range(50)]
                    number += 50
                    body = [sample(value) for value in values]
                    answer = await client.post(f"{centre.ingest_address}/v1/events", json=body, headers=token)
                    if answer.status_code == 202:
                        accepted |= set(values)
            except httpx.TransportError:
                killing.cancel()
    bus = await connect_bus(centre, url=nats_url(centre), name="test")
    puller = EventsPuller(bus)
    await puller.start()
    stored: set[float] = set()
    while messages := await puller.batch(wait=0.5):
        for message in messages:
            stored |= {event.value for event in decode_batch(message.data) if isinstance(event, Sample)}
        await puller.ack(messages)
    await puller.close()
    await bus.close()
    assert len(accepted) > 500
    assert accepted <= stored


async def test_it_stops_at_once_although_clients_hang_on(centre: Settings, sources: Sources, tmp_path: Path) -> None:
    token = (await issue_all(centre, sources))["documents"]
    async with process(centre, tmp_path / "more") as started:
        _, idle = await asyncio.open_connection("127.0.0.1", centre.ingest_port)
        reader, pushing = await asyncio.open_connection("127.0.0.1", centre.ingest_port)
        pushing.write(
            b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nX-API-Key: " + token.encode() + b"\r\n\r\n["
        )
        _, syslog = await asyncio.open_connection("127.0.0.1", centre.syslog_port)
        syslog.write(b"<13>half a line")
        await syslog.drain()
        await asyncio.sleep(0.2)
        began = monotonic()
        started.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert await started.wait() == 0
        assert monotonic() - began < 2
        assert b" 503 " in await reader.readline()
        pushing.close()
        idle.close()
        syslog.close()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param("source", "wrong.yaml:2: sources[0].kind", id="a wrong line in config/sources"),
        pytest.param("port", "can't listen on 127.0.0.1 port", id="a port that is taken"),
    ],
)
async def test_it_does_not_start_wrongly(centre: Settings, tmp_path: Path, wrong: str, message: str) -> None:
    folder = tmp_path / "more"
    told = environment(centre, folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        if wrong == "port":
            told["IOC_INGEST_PORT"] = str(taken.getsockname()[1])
        else:
            (folder / "wrong.yaml").write_text("sources:\n  - {name: x, title: X}\n", encoding="utf-8")
        started = await start("ingest", env=told, stderr=asyncio.subprocess.PIPE)
        async with asyncio.timeout(15):
            _, errors = await started.communicate()
    assert started.returncode == 1
    assert message in errors.decode()
    assert "Traceback" not in errors.decode()
