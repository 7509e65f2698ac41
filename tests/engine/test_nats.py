"""The embedded NATS server: private, durable, bounded."""

import asyncio
import json
import os
import stat
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import nats
import nats.errors
import psutil
import pytest

from ioc_core.engine import EmbeddedNats, find_nats_server, free_port
from ioc_core.engine.nats import nats_version
from ioc_core.engine.nats_probe import jetstream_answers
from ioc_core.errors import EngineError


async def _refused(_error: Exception) -> None:
    """The client's default would log."""


async def test_it_is_private(place: Path) -> None:
    bus = EmbeddedNats(place / "nats", port=free_port())
    url = await bus.start()
    try:
        for user, password in (("", ""), ("ioc", "wrong")):
            with pytest.raises(EngineError, match="Authorization Violation"):
                await jetstream_answers(bus.port, user=user, password=password)
        assert urlsplit(url).hostname == "127.0.0.1"
        for path in ("password", "nats.conf"):
            assert stat.S_IMODE((bus.home / path).stat().st_mode) == 0o600, path
        running = bus.running()
        assert running is not None
        process = psutil.Process(running.pid)
        listening = {c.laddr for c in process.net_connections() if c.status == psutil.CONN_LISTEN}
        assert listening == {("127.0.0.1", bus.port)}
        assert process.uids().effective == os.geteuid()
        assert set(process.environ()) <= {"PATH", "TZ", "HOME", "LC_CTYPE"}
        secret = urlsplit(url).password
        assert secret is not None and secret not in " ".join(process.cmdline())
    finally:
        await bus.stop()


async def test_an_acknowledgement_means_on_disk(place: Path) -> None:
    bus = EmbeddedNats(place / "nats", port=free_port(), monitor_port=free_port())
    await bus.start()
    try:
        async with httpx.AsyncClient() as client:
            base = f"http://127.0.0.1:{bus.monitor_port}"
            assert (await client.get(f"{base}/healthz")).json() == {"status": "ok"}
            config = (await client.get(f"{base}/jsz")).json()["config"]
        assert config["sync_always"] is True
        assert config["max_storage"] == 16 << 30
        assert config["max_memory"] == 256 << 20
    finally:
        await bus.stop()


async def test_a_message_may_be_large_but_not_huge(place: Path) -> None:
    bus = EmbeddedNats(place / "nats", port=free_port(), max_payload=1 << 20)
    client = await nats.connect(await bus.start(), error_cb=_refused)
    try:
        inbox = await client.subscribe("big")
        await client.publish("big", bytes(1 << 20))
        assert len((await inbox.next_msg(timeout=5)).data) == 1 << 20
        with pytest.raises(nats.errors.MaxPayloadError):
            await client.publish("big", bytes((1 << 20) + 1))
    finally:
        await client.close()
        await bus.stop()


async def test_a_second_start_is_quick_and_keeps_what_was_there(place: Path) -> None:
    bus = EmbeddedNats(place / "nats", port=free_port())
    client = await nats.connect(await bus.start())
    await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
    await client.close()
    await bus.stop()
    begun = time.monotonic()
    client = await nats.connect(await bus.start())
    try:
        assert time.monotonic() - begun < 2
        assert (await client.jetstream().stream_info("KEPT")).config.name == "KEPT"
    finally:
        await client.close()
        await bus.stop()


async def test_streams_of_a_newer_server_are_refused(place: Path) -> None:
    bus = EmbeddedNats(place / "nats", port=free_port())
    await bus.prepare()
    major, minor, patch = nats_version(find_nats_server())
    (bus.home / "nats.json").write_text(json.dumps({"version": [major, minor + 1, 0]}))
    with pytest.raises(EngineError, match="is older and can't open them"):
        await bus.start()
    (bus.home / "nats.json").write_text(json.dumps({"version": [major, minor, patch + 1]}))
    await bus.start()
    await bus.stop()


async def test_a_taken_port_is_named(place: Path) -> None:
    taken = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port: int = taken.sockets[0].getsockname()[1]
    try:
        with pytest.raises(EngineError, match=f"port {port} of 127.0.0.1 is taken"):
            await EmbeddedNats(place / "nats", port=port).start()
    finally:
        taken.close()
        await taken.wait_closed()


async def test_a_server_that_can_not_start_says_why(place: Path) -> None:
    bus = EmbeddedNats(place / "nats", port=free_port())
    await bus.prepare()
    (bus.home / "store").write_text("a file where a folder should be")
    with pytest.raises(EngineError, match="storage directory is not a directory"):
        await bus.start(10)
    assert bus.running() is None
