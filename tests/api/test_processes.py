"""`ioc api`, `ioc user` and `ioc token` as commands; two API processes, and one of them killed."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from ioc_core.addresses import nats_url
from ioc_core.bus import connect_bus
from ioc_core.db import connect as connect_database
from ioc_core.engine import free_port
from ioc_core.live import Facts
from ioc_core.settings import Settings
from tests.api.conftest import SCOPE, Centre, change, until_ready
from tests.api.lines import Screen
from tests.api.seed import seed_province
from tests.api.test_feed import RAISE, receive, watch
from tests.processes import Forked, run, start

SEEN = datetime(2026, 7, 1, tzinfo=UTC)


def environment(settings: Settings) -> dict[str, str]:
    """The environment that makes a process read these settings."""
    assert settings.database_url is not None
    assert settings.nats_url is not None
    return {
        **os.environ,
        "IOC_DATABASE_URL": settings.database_url.get_secret_value(),
        "IOC_NATS_URL": settings.nats_url.get_secret_value(),
        "IOC_DATA_DIR": str(settings.data_dir),
        "IOC_CONFIG_DIR": str(settings.config_dir),
        "IOC_API_PORT": str(settings.api_port),
        "IOC_EVENTS_MAX_BYTES": str(settings.events_max_bytes),
        "IOC_LOG_FORMAT": "json",
    }


async def ioc(settings: Settings, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run `ioc …` to its end."""
    return await asyncio.to_thread(run, *arguments, env=environment(settings), said=said)


@contextlib.asynccontextmanager
async def process(settings: Settings) -> AsyncIterator[Forked]:
    """Run `ioc api` until the context ends."""
    started = await start("api", env=environment(settings))
    try:
        await until_ready(settings)
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()


@pytest.mark.slow
async def test_the_commands_of_accounts(centre: Settings) -> None:
    first = await ioc(centre, "user", "bootstrap")
    assert first.returncode == 0, first.stderr
    password, kiosk = (centre.data_dir / name for name in ("initial-admin-password", "kiosk-token"))
    assert first.stdout.split() == [str(password), str(kiosk)]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (password, kiosk)] == [0o600, 0o600]
    assert len(password.read_text().strip()) == 20
    again = await ioc(centre, "user", "bootstrap")
    assert (again.returncode, again.stdout) == (0, "")

    made = await ioc(
        centre, "user", "create", "lan", "--role", "on-call", "--scope", SCOPE, said="mật khẩu đủ dài rồi\n"
    )
    assert made.returncode == 0, made.stderr
    easy = await ioc(centre, "user", "create", "minh", "--role", "viewer", said="ngắn\n")
    assert (easy.returncode, easy.stderr.strip().splitlines()[-1]) == (1, "ioc: a password has 12 to 256 characters")
    nowhere = await ioc(centre, "user", "create", "minh", "--role", "viewer", "--scope", "X", said="mật khẩu đủ dài\n")
    assert nowhere.stderr.strip().splitlines()[-1] == "ioc: there is no unit X"
    screen = await ioc(centre, "user", "create", "minh", "--role", "kiosk", said="mật khẩu đủ dài rồi\n")
    assert screen.returncode == 1

    token = await ioc(centre, "token", "create", "grafana", "--role", "viewer", "--days", "30")
    assert token.stdout.startswith("ioct_")
    assert token.stdout.strip() not in (await ioc(centre, "token", "list")).stdout
    assert (await ioc(centre, "token", "revoke", "grafana")).returncode == 0
    assert (await ioc(centre, "token", "revoke", "grafana")).returncode == 1
    listed = (await ioc(centre, "token", "list")).stdout.splitlines()
    assert [line.split("\t")[0] for line in listed] == ["wall", "grafana"]

    assert (await ioc(centre, "user", "password", "admin", said="một mật khẩu khác hẳn\n")).returncode == 0
    assert not password.exists(), "the first password is no longer valid"
    assert (await ioc(centre, "user", "disable", "lan")).returncode == 0
    users = (await ioc(centre, "user", "list")).stdout.splitlines()
    assert [line.split("\t")[:3] for line in users] == [["admin", "admin", "-"], ["lan", "on-call", SCOPE]]
    assert "disabled" in users[1]

    verified = await ioc(centre, "user", "verify-audit")
    assert verified.stdout.startswith("7:"), verified.stdout
    assert (await ioc(centre, "user", "verify-audit", "--expect", verified.stdout.strip())).returncode == 0
    assert (await ioc(centre, "user", "verify-audit", "--expect", "7:" + "0" * 64)).returncode == 1


@pytest.mark.slow
async def test_a_killed_node_is_replaced_without_a_loss(centre: Settings, database: str) -> None:
    connection = await connect_database(database, application="test")
    await seed_province(connection, await connection.fetchval("SELECT now()"), dossiers=300, alerts=5)
    await connection.close()
    await ioc(centre, "user", "bootstrap")
    kiosk = (centre.data_dir / "kiosk-token").read_text().strip()
    other_settings = centre.model_copy(update={"api_port": free_port()})
    bus = await connect_bus(centre, url=nats_url(centre), name="test")
    one = Centre(centre, database, SEEN, bus, {"kiosk": kiosk})
    two = Centre(other_settings, database, SEEN, bus, {"kiosk": kiosk})
    async with process(centre) as first, process(other_settings):
        left, right = Screen(), Screen()
        async with one.feed() as line, two.feed() as other:
            left.take(await receive(line))
            right.take(await receive(other))
            await change(one, RAISE, "BothAlive", SCOPE, facts=Facts.ALERTS)
            await watch(line, left, f"BothAlive:{SCOPE}")
            await watch(other, right, f"BothAlive:{SCOPE}")
            assert (left.stream, left.seq) == (right.stream, right.seq)
            first.send_signal(signal.SIGKILL)  # it led, for it was first
            await first.wait()
            await change(one, RAISE, "AfterDeath", SCOPE, facts=Facts.ALERTS)
            assert await watch(other, right, f"AfterDeath:{SCOPE}") < 5
        async with two.feed(query=f"?since={left.seq}&stream={left.stream}") as line:
            left.take(await receive(line))
            assert left.resumed == 1
            await watch(line, left, f"AfterDeath:{SCOPE}")
        async with process(centre):
            async with one.feed(query=f"?since={left.seq}&stream={left.stream}") as line:
                left.take(await receive(line))
                assert left.resumed == 2, "a new process knows the last ten minutes"
                while (message := await receive(line))["type"] != "heartbeat":
                    left.take(message)
            fresh = Screen()
            async with two.feed() as line:
                fresh.take(await receive(line))
            assert left.snapshots == ["connect"]
            assert fresh.state["alerts"] == left.state["alerts"]
            assert fresh.state["units"] == left.state["units"]
    await bus.close()


@pytest.mark.slow
async def test_sigterm_ends_it_at_once_even_with_clients(centre: Settings) -> None:
    await ioc(centre, "user", "bootstrap")
    kiosk = (centre.data_dir / "kiosk-token").read_text().strip()
    async with process(centre) as running:
        bus = await connect_bus(centre, url=nats_url(centre), name="test")
        node = Centre(centre, "", SEEN, bus, {"kiosk": kiosk})
        async with node.feed() as line:
            await receive(line)
            running.terminate()
            async with asyncio.timeout(3):
                assert await running.wait() == 0
        await bus.close()


@pytest.mark.slow
async def test_promtool_accepts_the_metrics(centre: Settings) -> None:
    await ioc(centre, "user", "bootstrap")
    async with process(centre), httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{centre.api_port}/api/v1/dossiers/x")
        await client.get(f"http://127.0.0.1:{centre.api_port}/secret-path-of-somebody")
        text = (await client.get(f"http://127.0.0.1:{centre.api_port}/metrics")).text
    checked = await asyncio.to_thread(
        subprocess.run, ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert 'route="/api/v1/dossiers/{code}",status="401"' in text
    assert "secret-path" not in text, "paths that anybody may invent aren't labels"
    assert "ioc_feed_clients " in text
    assert "ioc_projector_leading 1.0" in text
