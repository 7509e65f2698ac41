"""A whole centre, started as its user starts it, in a temporary folder on free ports."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import httpx
import psutil
import pytest

from ioc_core.engine import free_port
from tests.conftest import ROOT

PORTS = ("postgres", "nats", "ingest", "syslog", "write", "alerts", "api", "wall", "simulator")
UP_WITHIN = 90.0


@dataclass(slots=True)
class RunningCentre:
    """A centre under `ioc up`. `ports` by the names of the settings."""

    process: asyncio.subprocess.Process
    data: Path
    ports: Mapping[str, int]
    environment: dict[str, str]
    output: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        """Address of a process."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def secret(self, name: str) -> str:
        """The content of a secret file of the data directory."""
        return (self.data / name).read_text(encoding="utf-8").strip()

    def credentials(self, source: str) -> dict[str, str]:
        """What `ioc source credentials --save` stored."""
        found: dict[str, str] = json.loads((self.data / "credentials" / f"{source}.json").read_text(encoding="utf-8"))
        return found

    async def command(self, *arguments: str) -> str:
        """What `ioc ARGUMENTS` printed; fails the test when it failed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ioc_cli", *arguments),
            env=self.environment,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        return output.decode()

    def child(self, name: str) -> psutil.Process:
        """The process of a component, or of an engine (postgres, nats)."""
        lock = self.data / name / "run.lock" if name in {"postgres", "nats"} else self.data / "run" / f"{name}.lock"
        return psutil.Process(json.loads(lock.read_text(encoding="utf-8"))["pid"])

    async def signed_in(self) -> httpx.AsyncClient:
        """A client of the API, signed in as the first administrator."""
        client = httpx.AsyncClient(base_url=self.url("api"), timeout=20.0, headers={"X-Requested-With": "tests"})
        password = self.secret("initial-admin-password")
        answer = await client.post("/api/v1/session", json={"name": "admin", "password": password})
        assert answer.status_code in {200, 201}, answer.text
        return client

    async def stop(self) -> float:
        """Interrupt it as Ctrl-C does; seconds until it ended."""
        clock = asyncio.get_running_loop().time
        began = clock()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
            async with asyncio.timeout(20):
                await self.process.wait()
        return clock() - began


@contextlib.asynccontextmanager
async def running_centre(
    data: Path, *arguments: str, environment: Mapping[str, str] | None = None, ports: Mapping[str, int] | None = None
) -> AsyncIterator[RunningCentre]:
    """`ioc up ARGUMENTS` until every component was reported; stopped at the end."""
    ports = ports or {name: free_port() for name in PORTS}
    values = dict(os.environ) | {f"IOC_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    values |= {"IOC_DATA_DIR": str(data), "IOC_EVENTS_MAX_BYTES": str(2 << 30), **(environment or {})}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ioc_cli", "up", *arguments),
        env=values,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    centre = RunningCentre(process, data, ports, values)
    reading: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(UP_WITHIN):
            while not any("logs " in line for line in centre.output):
                line = await _line(process)
                if line is None:
                    pytest.fail("`ioc up` ended:\n" + "\n".join(centre.output))
                centre.output.append(line)
        reading = asyncio.create_task(_keep_reading(centre))
        yield centre
    finally:
        await centre.stop()
        if reading is not None:
            await reading


async def _line(process: asyncio.subprocess.Process) -> str | None:
    assert process.stdout is not None
    line = await process.stdout.readline()
    return line.decode().rstrip() if line else None


async def _keep_reading(centre: RunningCentre) -> None:
    while (line := await _line(centre.process)) is not None:
        centre.output.append(line)


class Phone:
    """A webhook receiver: the other side of the alert channel."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], Any]] = []
        self._lock = Lock()
        phone = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with phone._lock:
                    phone.calls.append((headers, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where to call."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def text(self) -> str:
        """Everything that was said so far, as one text."""
        with self._lock:
            return json.dumps([body for _, body in self.calls], ensure_ascii=False)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def phone() -> Iterator[Phone]:
    """A webhook receiver."""
    opened = Phone()
    yield opened
    opened.close()
