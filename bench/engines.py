"""Servers and processes of a benchmark: in a temporary folder, gone at its end."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ioc_core import calendar_file, catalogue
from ioc_core.db import connect, migrate
from ioc_core.db.catalogue_sync import sync_catalogue
from ioc_core.engine import EmbeddedNats, EmbeddedPostgres, PostgresServer, find_servers, free_port

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Engines:
    """A migrated database and a bus, as durable as in production; `edition` names the database."""

    database_url: str
    nats_url: str
    edition: str
    folder: Path

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a process of the centre that uses them."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("IOC_")}
        return {
            **kept,
            "IOC_DATABASE_URL": self.database_url,
            "IOC_NATS_URL": self.nats_url,
            "IOC_DATA_DIR": str(self.folder / "data"),
            "IOC_CONFIG_DIR": str(ROOT / "config"),
            "IOC_LOG_LEVEL": "warning",
            **(extra or {}),
        }


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-"))
    folder.chmod(0o711)  # the database's account has to pass
    return folder


@contextlib.asynccontextmanager
async def engines(*, memory: int = 4 << 30, server: PostgresServer | None = None) -> AsyncIterator[Engines]:
    """Bring up a database (the best of this machine) and NATS; `memory` (bytes) is what PostgreSQL plans with."""
    folder = _folder()
    server = server or find_servers()[0]
    postgres = EmbeddedPostgres(folder / "postgres", server, port=free_port(), memory=memory)
    nats = EmbeddedNats(folder / "nats", port=free_port())
    try:
        database_url, nats_url = await asyncio.gather(postgres.start(), nats.start())
        await migrate(database_url)
        connection = await connect(database_url, application="bench")
        config = ROOT / "config"
        await sync_catalogue(
            connection,
            catalogue.load(config),
            calendar_file.load(config),
            calendar_file.load_clock_rules(config),
        )
        await connection.close()
        yield Engines(database_url, nats_url, str(server), folder)
    finally:
        await asyncio.gather(postgres.stop(60), nats.stop())
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def command(name: str, environment: Mapping[str, str], *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `ioc <name> <options>` beside the benchmark; ended by SIGTERM, or by force after five seconds."""
    program = Path(sys.executable).with_name("ioc")
    process = subprocess.Popen([str(program), name, *options], env=dict(environment), cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
