"""`ioc alerts` as a process of its own, to be killed."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import httpx

from ioc_core.engine import free_port
from ioc_core.settings import Settings
from tests.processes import Forked, start


class EngineProcess:
    """One `ioc alerts`, its output kept."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        assert settings.database_url is not None and settings.nats_url is not None
        self.port = free_port()
        self._environment = {
            "PATH": os.environ["PATH"],
            "IOC_DATABASE_URL": settings.database_url.get_secret_value(),
            "IOC_NATS_URL": settings.nats_url.get_secret_value(),
            "IOC_CONFIG_DIR": str(settings.config_dir),
            "IOC_DATA_DIR": str(settings.data_dir),
            "IOC_ALERTS_PORT": str(self.port),
            **environment,
        }
        self._process: Forked | None = None
        self.output = b""
        self._reading: asyncio.Task[None] | None = None

    @property
    def process(self) -> Forked:
        """The process; it must have been started."""
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        """Start it; returns before it leads."""
        self._process = await start("alerts", env=self._environment, stderr=asyncio.subprocess.PIPE)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        while chunk := await self.process.stderr.read(65536):
            self.output += chunk

    async def metrics(self) -> str:
        """What /metrics says; empty while it doesn't answer."""
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/metrics")).text
            except httpx.TransportError:
                return ""

    async def until_leading(self) -> None:
        """Return when it leads."""
        try:
            async with asyncio.timeout(20):
                while "ioc_alerts_leader 1.0" not in await self.metrics():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(self.output.decode()) from None

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await self._over()

    async def terminate(self) -> int:
        """SIGTERM; return the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self._over()

    async def _over(self) -> int:
        status = await asyncio.wait_for(self.process.wait(), 15)
        if self._reading is not None:
            await self._reading
        return status


@contextlib.asynccontextmanager
async def engine_process(settings: Settings, **environment: str) -> AsyncIterator[EngineProcess]:
    """A started `ioc alerts`; ended with the context, however it ended before."""
    engine = EngineProcess(settings, environment)
    await engine.start()
    try:
        yield engine
    finally:
        if engine.process.returncode is None:
            engine.process.kill()
        await engine._over()
