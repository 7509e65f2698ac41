"""What the embedded servers share: prepare, start or attach, wait until ready, stop."""

import asyncio
import contextlib
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from ioc_core.engine.files import exclusive, is_locked
from ioc_core.engine.ports import is_listening
from ioc_core.engine.process import Running, ServerProcess, running
from ioc_core.errors import EngineError

_POLL = 0.02
_LAST_CHILD = 5.0
"""Seconds that children of a server which has ended (PostgreSQL's log writer) get to end, too."""


class EmbeddedServer(ABC):
    """A private server with its state in one folder, `home`, listening on 127.0.0.1 alone.

    Tests and short commands call `start` and `stop`. A supervisor that wants the server as its own child calls
    `prepare`, runs `command()` with `environment()` (from its main thread: the server ends with the thread that
    spawned it), and then `wait_ready`; it stops the child with `stop_signal`.
    """

    name: str
    stop_signal: signal.Signals

    def __init__(self, home: Path, *, port: int) -> None:
        self.home = home.absolute()
        self.port = port
        self.lock = self.home / "run.lock"
        self._process = ServerProcess(self.name, log=self.home / "start.log")

    @property
    @abstractmethod
    def url(self) -> str:
        """Where and how to connect, with the password; valid once `prepare` or `start` has returned."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line of the server as a child of this process. Raises: EngineError before `prepare`."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The whole environment of the server: nothing of ours, so no secret, is handed on."""

    @abstractmethod
    def remove(self) -> None:
        """Deletes all the server's data for good. Raises: EngineError while it runs."""

    @abstractmethod
    def _prepare(self) -> None:
        """Makes or checks everything on disk (blocking)."""

    @abstractmethod
    async def _answers(self) -> bool:
        """Whether the server takes requests now. Raises: EngineError when another server answers instead."""

    @abstractmethod
    async def _complete(self) -> None:
        """What has to be done through the running server itself; repeatable."""

    @abstractmethod
    def _stop_steps(self, within: float) -> Sequence[tuple[signal.Signals, float]]:
        """Signals and how long to wait after each, from the most polite."""

    def running(self) -> Running | None:
        """Process id and port of the living server of this folder, whoever started it."""
        return running(self.lock)

    async def prepare(self, within: float = 60.0) -> None:
        """Makes the server's files, or checks them; waits for a server whose supervisor died to end.

        Raises: EngineError when the files belong to another version, the server runs under another living
            supervisor, or `within` seconds are over.
        """
        async with self._turn(within):
            await self._free()
            await asyncio.to_thread(self._prepare)

    async def start(self, within: float = 60.0) -> str:
        """Starts the server, or attaches to the one that already runs on this folder; returns its URL.

        Raises: EngineError with the end of the server's log when it isn't ready within `within` seconds.
        """
        async with self._turn(within):
            found = self.running()
            if found is not None:
                self.port = found.port
                await self.wait_ready(within, alive=lambda: self.running() is not None)
                return self.url
            await self._free()
            await asyncio.to_thread(self._prepare)
            self._process.spawn(self.command(), self.environment())
            try:
                await self.wait_ready(within, alive=self._alive)
            except BaseException:
                await asyncio.shield(self.stop(5.0))
                raise
            return self.url

    async def wait_ready(self, within: float = 60.0, *, alive: Callable[[], bool] | None = None) -> None:
        """Returns when the server takes requests and is set up. Raises: EngineError after `within` seconds.

        `alive` says whether waiting makes sense; it may raise EngineError itself, with the reason.
        """
        try:
            async with asyncio.timeout(within):
                while not await self._answers():
                    if alive is not None and not alive():
                        raise EngineError(f"{self.name} in {self.home} ended before it was ready")
                    await asyncio.sleep(_POLL)
                await self._complete()
        except TimeoutError as error:
            raise EngineError(f"{self.name} in {self.home} was not ready within {within:g} s") from error

    async def stop(self, within: float = 10.0) -> None:
        """Stops the server if this object started it; by force after `within` seconds. Loses nothing either way."""
        await self._process.stop(self._stop_steps(within))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_CHILD):
                while is_locked(self.lock) and self.running() is None:  # noqa: ASYNC110 - the lock of a file tells nobody
                    await asyncio.sleep(_POLL)

    def require_stopped(self) -> None:
        """Raises: EngineError while any process of the server lives."""
        if is_locked(self.lock):
            raise EngineError(f"{self.name} in {self.home} is running: stop it first")

    def _alive(self) -> bool:
        self._process.require_alive()
        return True

    async def _free(self) -> None:
        """Waits for the end of a server that is stopping; refuses one that is somebody else's, and a taken port."""
        while is_locked(self.lock):
            found = self.running()
            if found is not None:
                raise EngineError(
                    f"{self.name} in {self.home} already runs (process {found.pid}, port {found.port}) under process "
                    f"{found.parent}: stop that one first, or use another data directory"
                )
            await asyncio.sleep(_POLL)
        if is_listening(self.port):
            raise EngineError(f"{self.name}: port {self.port} of 127.0.0.1 is taken by another program")

    @contextlib.asynccontextmanager
    async def _turn(self, within: float) -> AsyncIterator[None]:
        """One process at a time prepares or starts the server of this folder."""
        self._make_home()
        try:
            async with asyncio.timeout(within), exclusive(self.home / "setup.lock"):
                yield
        except TimeoutError as error:
            raise EngineError(f"{self.name} in {self.home} was not ready within {within:g} s") from error

    def _make_home(self) -> None:
        """One account owns everything here, root too: a file of somebody else would stop the next start."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = self.home.stat().st_uid
        except OSError as error:
            raise EngineError(f"{self.home}: {error.strerror}") from error
        if owner != os.geteuid():
            raise EngineError(
                f"{self.home}: belongs to uid {owner}, we are uid {os.geteuid()}: "
                "run the centre as the owner of its data, or give the folder to one account"
            )
