"""The centre as a whole: checks, engines, migrations, processes; then watching until it is told to stop."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path

import httpx
import structlog

from ioc_cli.db import bring_up_to_date
from ioc_cli.supervisor.child import Child, answers
from ioc_cli.supervisor.components import Component
from ioc_cli.supervisor.engines import Engine, embedded_engines, write_addresses
from ioc_core.engine import is_listening
from ioc_core.errors import EngineError
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

READY_WITHIN = 60.0
_ENGINE_STOP = 1.5
_STAGE_STOP = {0: 1.5, 1: 1.5}


class Centre:
    """The supervised processes of one machine. `start`, then `watch` until cancelled, then `stop`."""

    def __init__(self, settings: Settings, components: Sequence[Component], *, environment: dict[str, str]) -> None:
        self.settings = settings
        self.components = tuple(components)
        self.engines: list[Engine] = []
        self.children: dict[str, Child] = {}
        self._environment = environment
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = httpx.AsyncClient(timeout=5.0)

    async def start_engines(self) -> None:
        """Start the embedded servers and bring the database up to date.

        Raises:
            EngineError, StorageError, ConfigErrors: with what is wrong.
        """
        for name in ("run", "log"):
            (self.settings.data_dir / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engines = await embedded_engines(self.settings)
        await asyncio.gather(*(engine.start() for engine in self.engines))
        self._environment.update(write_addresses(self.settings, self.engines))
        await bring_up_to_date(self.settings)
        for engine in self.engines:
            self._keep(engine.keep_alive(), engine.name)

    async def command(self, *arguments: str) -> str:
        """Run `ioc ARGUMENTS` to its end; return what it printed.

        Raises:
            EngineError: it failed; the message is what it said.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ioc_cli",
            *arguments,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60.0):
            output, errors = await process.communicate()
        if process.returncode != 0:
            said = (errors or output).decode("utf-8", "replace").strip()
            raise EngineError(f"`ioc {' '.join(arguments)}` failed with status {process.returncode}:\n{said}")
        return output.decode("utf-8", "replace").strip()

    async def shown(self, *arguments: str, extra: dict[str, str]) -> int:
        """Run `ioc ARGUMENTS` on this terminal to its end, with `extra` in its environment; return its status."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ioc_cli", *arguments),
            env=self._environment | extra,
            stdin=asyncio.subprocess.DEVNULL,
        )
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()

    def start_components(self) -> None:
        """Start every component; each is kept alive from now on."""
        for component in self.components:
            child = Child(
                component.name,
                component.command,
                environment=self._environment,
                folder=self.settings.data_dir,
                port=component.port,
                health_url=component.health_url,
            )
            self.children[component.name] = child
            self._keep(child.keep_alive(self._client), component.name)

    async def wait_ready(self, within: float = READY_WITHIN) -> dict[str, str]:
        """Return why components aren't ready after `within` seconds, by name (none: all are)."""
        waiting = {component.name: component.ready_url for component in self.components}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while waiting:
                    for name, url in list(waiting.items()):
                        if await answers(self._client, url):
                            del waiting[name]
                    await asyncio.sleep(0.1)
        return {name: await self._why_not(url) for name, url in waiting.items()}

    async def _why_not(self, ready_url: str) -> str:
        try:
            failed = (await self._client.get(ready_url)).json().get("failed", {})
        except (httpx.HTTPError, ValueError):
            return "doesn't answer"
        return "; ".join(f"{name}: {reason}" for name, reason in failed.items())

    async def stop(self) -> None:
        """Stop everything in order: what takes input, what works on it, the bus, the database. Takes up to 5 s."""
        for stage, within in sorted(_STAGE_STOP.items()):
            names = [component.name for component in self.components if component.stop_stage == stage]
            await asyncio.gather(*(self.children[name].stop(within) for name in names if name in self.children))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(engine.server.stop(_ENGINE_STOP) for engine in self.engines))
        await self._client.aclose()

    def _keep(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)


def child_environment(settings: Settings, extra: dict[str, str]) -> dict[str, str]:
    """Return the environment of the children: ours, with paths made absolute (they run from /)."""
    environment = dict(os.environ)
    environment["IOC_DATA_DIR"] = str(settings.data_dir.absolute())
    environment["IOC_CONFIG_DIR"] = str(settings.config_dir.absolute())
    environment["PYTHONUNBUFFERED"] = "1"
    environment.update(extra)
    return environment


def read_secret(path: Path) -> str | None:
    """Return the one line of a secret file, or None when there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def require_free(components: Sequence[Component]) -> None:
    """Raise EngineError naming every port of `components` that another program has taken."""
    taken = [f"{component.port} ({component.title})" for component in components if is_listening(component.port)]
    if taken:
        raise EngineError(f"taken by another program: port {', '.join(taken)}; set IOC_…_PORT to use others")
