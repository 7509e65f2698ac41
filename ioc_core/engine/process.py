"""A server process of our own: started through `launch.py`, known by its run lock, stopped step by step."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from ioc_core.engine.account import Account
from ioc_core.engine.files import is_locked, read_tail
from ioc_core.errors import EngineError

_LAUNCH = Path(__file__).with_name("launch.py")
_LOG_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Running:
    """A living server as its run lock describes it: process id, supervisor's process id, TCP port."""

    pid: int
    parent: int
    port: int


def running(lock: Path) -> Running | None:
    """Who holds the run lock; None when nobody does or the supervisor is gone (then the server is stopping)."""
    if not is_locked(lock):
        return None
    try:
        note = json.loads(lock.read_text(encoding="utf-8"))
        found = Running(pid=note["pid"], parent=note["parent"], port=note["port"])
        if psutil.Process(found.pid).ppid() != found.parent:
            return None
    except (ValueError, KeyError, psutil.NoSuchProcess):
        return None
    return found


def launch_command(
    argv: Sequence[str], *, lock: Path, port: int, stop_signal: signal.Signals, account: Account | None
) -> list[str]:
    """The command that becomes `argv` as a child of this very process, and ends with it."""
    spec = {
        "argv": list(argv),
        "parent": os.getpid(),
        "signal": int(stop_signal),
        "lock": str(lock),
        "wait": 10.0,
        "port": port,
        "uid": account.uid if account else None,
        "gid": account.gid if account else None,
    }
    return [sys.executable, "-I", "-S", str(_LAUNCH), json.dumps(spec)]


class ServerProcess:
    """One child process; `spawn` it, watch `returncode`, `stop` it. Not bound to an event loop."""

    def __init__(self, name: str, *, log: Path) -> None:
        """`name` is for messages; `log` gets what the server writes to its standard output and error."""
        self._name = name
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the child was spawned and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id of the child, also after its end; None before the first start."""
        return self._child.pid if self._child else None

    def spawn(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Starts the child. It must be called from a thread that lives as long as the server should."""
        if self.alive:
            raise EngineError(f"{self._name} already runs as process {self.pid}")
        grown = self._log.exists() and self._log.stat().st_size > _LOG_LIMIT
        with self._log.open("wb" if grown else "ab") as log:
            self._log.chmod(0o600)
            self._child = subprocess.Popen(  # noqa: S603 - the command is ours
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
            )

    def require_alive(self) -> None:
        """Raises: EngineError with the end of the log when the child has ended."""
        if not self.alive:
            status = self._child.returncode if self._child else None
            raise EngineError(f"{self._name} ended with status {status}: {read_tail(self._log)}")

    async def stop(self, steps: Sequence[tuple[signal.Signals, float]]) -> None:
        """Sends each signal and waits so many seconds for the end; the last resort is SIGKILL."""
        if self._child is None:
            return
        for number, seconds in (*steps, (signal.SIGKILL, 5.0)):
            if not self.alive:
                break
            self._child.send_signal(number)
            await asyncio.to_thread(self._wait, seconds)
        self._child.wait(timeout=5.0)

    def _wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._child is not None:
                self._child.wait(timeout=seconds)
