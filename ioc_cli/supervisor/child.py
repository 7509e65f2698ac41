"""One supervised process: started, its output kept in a log of bounded size, restarted when it dies or hangs."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Mapping, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

import httpx
import structlog

from ioc_cli.supervisor.backoff import Restarts
from ioc_core.engine.process import launch_command

log = structlog.get_logger(__name__)

_LOG_BYTES = 10 << 20
_CHECK_EVERY = 2.0
_CHECK_TIMEOUT = 5.0
_HUNG_AFTER = 6  # failed checks in a row, once it had been healthy
_LINE = 256 << 10


class Child:
    """A process that is kept alive until `stop`; `state` is a word for people."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        port: int,
        health_url: str,
    ) -> None:
        self.name = name
        self.state = "starting"
        self.starts = 0
        self.process: asyncio.subprocess.Process | None = None
        self._command = command
        self._environment = environment
        self._lock = folder / "run" / f"{name}.lock"
        self._port = port
        self._health_url = health_url
        self._stopped = asyncio.Event()
        self._lines = logging.Logger(f"child.{name}")
        path = folder / "log" / f"{name}.log"
        self._output = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=3, encoding="utf-8")
        self._lines.addHandler(self._output)
        self.log_path = path

    async def keep_alive(self, client: httpx.AsyncClient) -> None:
        """Start the process, and again with growing pauses whenever it ends, until `stop`."""
        try:
            await self._keep_alive(client)
        finally:
            self._output.close()

    async def _keep_alive(self, client: httpx.AsyncClient) -> None:
        restarts = Restarts()
        clock = asyncio.get_running_loop().time
        while not self._stopped.is_set():
            started = clock()
            status = await self._live(client)
            if self._stopped.is_set():
                break
            restarts = restarts.died(after=clock() - started)
            self.state = f"restarting in {restarts.pause:g} s (ended with {status})"
            log.warning(
                "process_died", name=self.name, status=status, restart_in=restarts.pause, log=str(self.log_path)
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(restarts.pause):
                    await self._stopped.wait()

    async def _live(self, client: httpx.AsyncClient) -> int:
        self.state = "starting"
        self.starts += 1
        command = launch_command(
            self._command, lock=self._lock, port=self._port, stop_signal=signal.SIGTERM, account=None
        )
        self.process = await asyncio.create_subprocess_exec(
            *command,
            env=dict(self._environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LINE,
        )
        async with asyncio.TaskGroup() as group:
            copying = group.create_task(self._copy_output(self.process))
            watching = group.create_task(self._watch_health(self.process, client))
            status = await self.process.wait()
            watching.cancel()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):  # a grandchild may hold the pipe open
                    await asyncio.wait({copying})
            copying.cancel()
        return status

    async def _copy_output(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line longer than the limit: the reader dropped it
                continue
            if not line:
                return
            self._lines.info(line.decode("utf-8", "replace").rstrip("\n"))

    async def _watch_health(self, process: asyncio.subprocess.Process, client: httpx.AsyncClient) -> None:
        failed = 0
        while True:
            if await answers(client, self._health_url, within=_CHECK_TIMEOUT):
                self.state, failed = "running", 0
            elif self.state == "running" or failed:
                failed += 1
                self.state = f"not answering ({failed})"
            if failed >= _HUNG_AFTER:
                log.error("process_hangs", name=self.name, checks_failed=failed)
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                return
            await asyncio.sleep(_CHECK_EVERY if self.state == "running" else 0.2)

    async def stop(self, within: float) -> None:
        """Ask the process to end, by force after `within` seconds; it isn't started again."""
        self._stopped.set()
        self.state = "stopped"
        process = self.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(within):
                await process.wait()
        except TimeoutError:
            log.warning("process_killed", name=self.name, after=within)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def answers(client: httpx.AsyncClient, url: str, *, within: float = 2.0) -> bool:
    """Whether `url` answers 200 within so many seconds."""
    try:
        async with asyncio.timeout(within):
            return (await client.get(url)).status_code == httpx.codes.OK
    except (httpx.HTTPError, OSError, TimeoutError):
        return False
