"""How long the replay of the 2020 report takes, from the first push to the last commit, beside COPY of the same rows.

Everything runs on this machine: generator, ingest, NATS, writer, PostgreSQL. Afterwards the API has to give the
report's figures, and what the writer stored is emptied out and copied back, by asyncpg's binary COPY, into the same
tables with their keys and indexes.
"""

import asyncio
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.engines import ROOT, Engines, command, engines
from bench.push_to_committed import ready
from bench.result import Result
from ioc_core.engine import free_port

REPORT = "dak-lak-2020"
BUDGET_SECONDS = 180.0
TABLES = ("dossier_events", "dossiers")

_KEPT = ("IOC_RETENTION_SAMPLES_DAYS", "IOC_RETENTION_DOSSIER_DAYS", "IOC_RETENTION_ROLLUP_DAYS")
_PORTS = ("IOC_WRITE_PORT", "IOC_INGEST_PORT", "IOC_SYSLOG_PORT", "IOC_API_PORT")
_DEADLINE = 1800.0
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many messages were sent, and when (seconds from the start) all were accepted and committed."""

    messages: int
    accepted: float
    committed: float


def environment_of(running: Engines) -> dict[str, str]:
    """Return the environment of a centre that keeps what is so old, with the replay's sources."""
    kept = dict.fromkeys(_KEPT, "36500")
    ports = {name: str(free_port()) for name in _PORTS}
    return running.environment({"IOC_EXTRA_SOURCES": str(ROOT / "simulator" / "replay" / "sources"), **kept, **ports})


def ioc(environment: dict[str, str], *arguments: str) -> str:
    """Return what `ioc ARGUMENTS` printed. Raises: CalledProcessError when it failed."""
    program = Path(sys.executable).with_name("ioc")
    done = subprocess.run(
        [program, *arguments], env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


async def replay(environment: dict[str, str], connection: "asyncpg.Connection[asyncpg.Record]") -> Taken:
    """Send the report, and wait until the database has counted all of it."""
    started = time.perf_counter()
    said = await asyncio.to_thread(ioc, environment, "simulate", "--scenario", REPORT)
    accepted = time.perf_counter() - started
    found = re.search(r"([\d,]+) messages", said.splitlines()[-3])
    if found is None:
        raise RuntimeError(f"the replay said: {said}")
    messages = int(found[1].replace(",", ""))
    stored = 0
    async with asyncio.timeout(_DEADLINE):
        while stored < messages:
            await asyncio.sleep(0.1)
            stored = await connection.fetchval("SELECT sum(events_total) FROM source_activity")
    return Taken(messages, accepted, time.perf_counter() - started)


async def compare(environment: dict[str, str]) -> str:
    """Return the last line of the comparison with the API. Raises: CalledProcessError when a figure differs."""
    token = ioc(environment, "token", "create", "bench", "--role", "viewer")
    with command("api", environment):
        await ready(int(environment["IOC_API_PORT"]))
        said = await asyncio.to_thread(ioc, {**environment, "IOC_API_TOKEN": token}, "simulate", "--scenario", REPORT)
    return said.splitlines()[-1]


async def copy_back(connection: "asyncpg.Connection[asyncpg.Record]", folder: Path) -> tuple[int, float]:
    """Return how many rows the tables have, and how many seconds COPY takes to put them back."""
    rows, seconds = 0, 0.0
    for table in TABLES:
        columns = [row["column_name"] for row in await connection.fetch(_COLUMNS, table)]
        file = folder / table
        query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY code"
        await connection.copy_from_query(query, output=file, format="binary")
        rows += await connection.fetchval(f"SELECT count(*) FROM {table}")
        await connection.execute(f"TRUNCATE {table}")
        started = time.perf_counter()
        await connection.copy_to_table(table, source=file, columns=columns, format="binary", timeout=_DEADLINE)
        seconds += time.perf_counter() - started
    return rows, seconds


async def measure() -> list[Result]:
    """Replay once; compare; copy once."""
    async with engines() as running:
        environment = environment_of(running)
        ioc(environment, "source", "credentials", "--all", "--save")
        connection = await asyncpg.connect(running.database_url)
        with command("write", environment), command("ingest", environment, "--no-collectors"):
            await ready(int(environment["IOC_WRITE_PORT"]))
            await ready(int(environment["IOC_INGEST_PORT"]))
            taken = await replay(environment, connection)
            verdict = await compare(environment)
        rows, copying = await copy_back(connection, running.folder)
        await connection.close()
        edition = running.edition
    note = f"accepted after {taken.accepted:.0f} s; {verdict}; {edition}; {os.cpu_count()} cores"
    return [
        Result(
            "replay of 2020, push → committed",
            taken.committed,
            "s",
            budget=BUDGET_SECONDS,
            at_least=False,
            note=note,
        ),
        Result(
            "replay of 2020, messages",
            taken.messages / taken.committed,
            "messages/s",
            "COPY of the same rows",
            rows / copying,
            note=f"{taken.messages:,} messages, {rows:,} rows copied in {copying:.0f} s",
        ),
    ]
