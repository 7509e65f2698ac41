"""The supervisor's grip on one process: real processes that die, hang and refuse to stop."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import psutil
import pytest

from ioc_cli.supervisor.backoff import Restarts
from ioc_cli.supervisor.child import Child
from ioc_core.engine import free_port

SERVER = """
import http.server, signal, sys, time
port, behaviour = int(sys.argv[1]), sys.argv[2]
if behaviour == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("listening on", port, flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as opened:
        yield opened


def child(folder: Path, *, behaviour: str = "good", program: str = SERVER) -> Child:
    for name in ("run", "log"):
        (folder / name).mkdir()
    port = free_port()
    return Child(
        "server",
        (sys.executable, "-c", program, str(port), behaviour),
        environment={},
        folder=folder,
        port=port,
        health_url=f"http://127.0.0.1:{port}/",
    )


async def until(condition: Callable[[], bool], *, within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.02)


def pid(supervised: Child) -> int:
    assert supervised.process is not None
    return supervised.process.pid


async def test_a_killed_process_runs_again_and_its_output_is_kept(tmp_path: Path, client: httpx.AsyncClient) -> None:
    supervised = child(tmp_path)
    keeping = asyncio.create_task(supervised.keep_alive(client))
    await until(lambda: supervised.state == "running")
    first = pid(supervised)
    psutil.Process(first).kill()
    await until(lambda: supervised.starts == 2 and supervised.state == "running")
    assert pid(supervised) != first
    await supervised.stop(2.0)
    await keeping
    assert supervised.log_path.read_text(encoding="utf-8").count("listening on") == 2
    assert not psutil.pid_exists(first)


async def test_a_frozen_process_is_replaced(
    tmp_path: Path, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc_cli.supervisor.child._CHECK_EVERY", 0.05)
    monkeypatch.setattr("ioc_cli.supervisor.child._CHECK_TIMEOUT", 0.2)
    supervised = child(tmp_path)
    keeping = asyncio.create_task(supervised.keep_alive(client))
    await until(lambda: supervised.state == "running")
    psutil.Process(pid(supervised)).suspend()
    await until(lambda: supervised.starts == 2 and supervised.state == "running")
    await supervised.stop(2.0)
    await keeping


async def test_a_process_that_ignores_sigterm_is_killed_in_time(tmp_path: Path, client: httpx.AsyncClient) -> None:
    supervised = child(tmp_path, behaviour="stubborn")
    keeping = asyncio.create_task(supervised.keep_alive(client))
    await until(lambda: supervised.state == "running")
    began = asyncio.get_running_loop().time()
    await supervised.stop(0.5)
    await keeping
    assert asyncio.get_running_loop().time() - began < 2.0
    assert not psutil.pid_exists(pid(supervised))


async def test_a_process_that_dies_at_once_is_not_started_in_a_loop(tmp_path: Path, client: httpx.AsyncClient) -> None:
    supervised = child(tmp_path, program="raise SystemExit(3)")
    keeping = asyncio.create_task(supervised.keep_alive(client))
    await asyncio.sleep(2.0)
    assert 2 <= supervised.starts <= 3
    assert "ended with 3" in supervised.state or supervised.state == "starting"
    await supervised.stop(1.0)
    await asyncio.wait_for(keeping, 5.0)


def test_pauses_grow_and_a_steady_life_forgives() -> None:
    restarts = Restarts()
    pauses = []
    for _ in range(9):
        restarts = restarts.died(after=1.0)
        pauses.append(restarts.pause)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert restarts.died(after=120.0).pause == 0.5
