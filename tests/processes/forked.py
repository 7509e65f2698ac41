"""Asks the process of `template.py` for copies, and looks after them."""

import asyncio
import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_line: socket.socket | None = None


class Forked:
    """A running `ioc`. Its exit status arrives through `pipe`."""

    def __init__(self, pipe: int, stderr: asyncio.StreamReader | None = None) -> None:
        self._pipe = os.fdopen(pipe, "rb")
        self.pid = int(self._pipe.readline())
        self._status: int | None = None
        self.stderr = stderr

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self._status is None and select.select([self._pipe], [], [], 0)[0]:
            return self.join()
        return self._status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it is known to have ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def join(self) -> int:
        """Wait for its end; return the exit status, negative for a signal."""
        if self._status is None:
            with self._pipe:
                self._status = int(self._pipe.readline())
        return self._status

    async def wait(self) -> int:
        """Wait for its end in the event loop; return the exit status."""
        if self.returncode is None:
            loop, ended = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(self._pipe.fileno(), ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(self._pipe.fileno())
        return self.join()

    async def communicate(self) -> tuple[None, bytes]:
        """Wait for its end; return what it said on standard error, if that is a pipe."""
        said = b"" if self.stderr is None else await self.stderr.read()
        await self.wait()
        return None, said


def spawn(*arguments: str, env: Mapping[str, str], stdin: int = -1, stdout: int = 1, stderr: int = 2) -> Forked:
    """Start `ioc arguments` in the project's folder, with these descriptors; without input unless one is given."""
    with Path(os.devnull).open("rb") as nothing:
        return Forked(_ask(arguments, env, [nothing.fileno() if stdin < 0 else stdin, stdout, stderr]))


async def start(*arguments: str, env: Mapping[str, str], stderr: int = 2) -> Forked:
    """Start `ioc arguments`; its standard error is ours, or with `asyncio.subprocess.PIPE` can be read."""
    if stderr != asyncio.subprocess.PIPE:
        return spawn(*arguments, env=env)
    ours, theirs = os.pipe()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb")
    )
    try:
        started = spawn(*arguments, env=env, stderr=theirs)
    finally:
        os.close(theirs)
    started.stderr = reader
    return started


def run(*arguments: str, env: Mapping[str, str], said: str = "") -> "subprocess.CompletedProcess[str]":
    """Run `ioc arguments` to its end, with `said` as its input."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(said.encode())
        stdin.seek(0)
        status = spawn(
            *arguments, env=env, stdin=stdin.fileno(), stdout=stdout.fileno(), stderr=stderr.fileno()
        ).join()
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(["ioc", *arguments], status, stdout.read().decode(), stderr.read().decode())


def _ask(arguments: tuple[str, ...], env: Mapping[str, str], given: list[int]) -> int:
    request = {"arguments": arguments, "environment": dict(env), "folder": str(ROOT)}
    ours, theirs = os.pipe()
    try:
        socket.send_fds(_template(), [json.dumps(request).encode()], [*given, theirs])
    finally:
        os.close(theirs)
    return ours


def _template() -> socket.socket:
    global _line
    if _line is None:
        _line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        program = Path(__file__).with_name("template.py")
        copied = subprocess.Popen(
            [sys.executable, program, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        atexit.register(_end, _line, copied)
    return _line


def _end(line: socket.socket, copied: "subprocess.Popen[bytes]") -> None:
    line.close()
    copied.wait(10)
