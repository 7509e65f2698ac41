"""`ioc up` as its user meets it: start, second start, table, health, metrics, Ctrl-C."""

import asyncio
import contextlib
import stat
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.conftest import running_centre

PROCESSES = ("ingest", "write", "alerts", "api")


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_start_restart_and_stop(tmp_path: Path) -> None:
    data = tmp_path / "data"
    clock = asyncio.get_running_loop().time
    async with running_centre(data) as centre:
        ports = centre.ports
        table = "\n".join(centre.output)
        for name in (*PROCESSES, "wall", "postgres", "nats"):
            assert name in table
        assert "not ready" not in table
        assert f"/?kiosk={centre.secret('kiosk-token')}" in table
        assert centre.secret("initial-admin-password") in table
        for name in ("initial-admin-password", "kiosk-token", "run/database-url", "run/nats-url"):
            assert stat.S_IMODE((data / name).stat().st_mode) == 0o600, name
        async with httpx.AsyncClient() as client:
            for name in PROCESSES:
                assert (await client.get(f"{centre.url(name)}/readyz")).status_code == 200, name
                text = (await client.get(f"{centre.url(name)}/metrics")).text
                assert await asyncio.to_thread(promtool, text) == "", name
        children = centre_processes(centre.process.pid)
        assert await centre.stop() < 5.0
        assert centre.process.returncode == 0
        assert not living(children)

    began = clock()
    async with running_centre(data, ports=ports) as again:
        assert clock() - began < 20.0  # a few seconds by itself; the suite runs beside it
        assert again.secret("kiosk-token")


def promtool(text: str) -> str:
    """What `promtool check metrics` finds wrong."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def centre_processes(pid: int) -> list[psutil.Process]:
    """Everything that the supervisor has started."""
    return psutil.Process(pid).children(recursive=True)


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that haven't ended; one that only waits to be reaped by init has."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_killed_supervisor_leaves_no_process_behind(tmp_path: Path) -> None:
    async with running_centre(tmp_path / "data") as centre:
        children = centre_processes(centre.process.pid)
        assert len(children) >= 7
        centre.process.kill()
        await centre.process.wait()
        async with asyncio.timeout(15):
            while living(children):
                await asyncio.sleep(0.1)
