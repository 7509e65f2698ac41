"""How fast samples are pushed, and go from EVENTS into the database, beside raw asyncpg COPY into the same hypertable.

The rounds of the three take turns, because a machine isn't the same all the time; each does the same rows in its own
time, so that none finds the other's there.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import msgspec

from bench.engines import ROOT, Engines, command, engines
from bench.pushing import Target, push_all
from bench.result import Result
from ioc_core.bus import Bus, connect_bus
from ioc_core.engine import free_port
from ioc_core.events import Sample, encode_batches
from ioc_core.settings import Settings

SOURCES = 10
SERIES = 250  # of each source
STEPS = 4  # samples of each series in one push: a minute of them
PUSHES = 600  # of a round
ROUNDS = 4
COPY_ROWS = 50_000
"""Rows of one COPY of the yardstick: about what a transaction of the writer holds."""

_SOURCE = "bench"
_EVERY = timedelta(seconds=15)
_METRICS = [f"node_metric_{number}_total" for number in range(SERIES)]
_DEADLINE = 120.0


@dataclass
class Clock:
    """Hands out pushes whose times nobody has used."""

    start: datetime = field(
        default_factory=lambda: (datetime.now(UTC) - timedelta(days=20)).replace(hour=0, minute=0, second=0)
    )
    used: int = 0

    def pushes(self, count: int) -> Iterator[list[Sample]]:
        """Return pushes: of one host each, all its series, `STEPS` instants."""
        for number in range(self.used, self.used + count):
            first = self.start + _EVERY * STEPS * (number // SOURCES)
            labels = {"unit": "66", "system": "igate", "instance": f"host-{number % SOURCES}"}
            received = datetime.now(UTC)
            yield [
                Sample(_SOURCE, first + _EVERY * step, received, metric, float(number + step), labels)
                for step in range(STEPS)
                for metric in _METRICS
            ]
        self.used += count


async def copy_round(connection: "asyncpg.Connection[asyncpg.Record]", clock: Clock) -> float:
    """Return how many seconds COPY alone takes: a round's rows in their order, one transaction after the other."""
    rows = [
        (1_000_000 + (number % SOURCES) * SERIES + index % SERIES, sample.observed_at, sample.value)
        for number, samples in enumerate(clock.pushes(PUSHES))
        for index, sample in enumerate(samples)
    ]
    started = time.perf_counter()
    for start in range(0, len(rows), COPY_ROWS):
        await connection.copy_records_to_table(
            "samples", records=rows[start : start + COPY_ROWS], columns=("series_id", "time", "value")
        )
    return time.perf_counter() - started


async def drain_round(
    connection: "asyncpg.Connection[asyncpg.Record]", clock: Clock, bus: Bus, writer: subprocess.Popen[bytes]
) -> float:
    """Return how many seconds the writer takes for a round that EVENTS holds already."""
    before = await committed(connection)
    writer.send_signal(signal.SIGSTOP)
    for samples in clock.pushes(PUSHES):
        await bus.publish_events(_SOURCE, encode_batches(samples))
    writer.send_signal(signal.SIGCONT)
    return await until_committed(connection, before + PUSHES * SERIES * STEPS)


async def push_round(connection: "asyncpg.Connection[asyncpg.Record]", clock: Clock, target: Target) -> float:
    """Return how many seconds pass from the first push of a round to its last commit."""
    before = await committed(connection)
    bodies = [msgspec.json.encode([_as_pushed(sample) for sample in samples]) for samples in clock.pushes(PUSHES)]
    pushing = asyncio.create_task(push_all(target, bodies))
    took = await until_committed(connection, before + PUSHES * SERIES * STEPS, pushing)
    await pushing
    return took


def _as_pushed(sample: Sample) -> dict[str, object]:
    return {
        "type": "sample",
        "observed_at": sample.observed_at,
        "metric": sample.metric,
        "value": sample.value,
        "labels": sample.labels,
    }


async def committed(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    """Return how many events of the benchmark's source the database has counted."""
    done: int | None = await connection.fetchval("SELECT events_total FROM source_activity WHERE source = $1", _SOURCE)
    return done or 0


async def until_committed(
    connection: "asyncpg.Connection[asyncpg.Record]", total: int, pushing: asyncio.Task[None] | None = None
) -> float:
    """Return how many seconds it takes until `total` events are committed."""
    started = time.perf_counter()
    async with asyncio.timeout(_DEADLINE):
        while await committed(connection) < total:
            if pushing is not None and pushing.done():
                pushing.result()
            await asyncio.sleep(0.01)
    return time.perf_counter() - started


def issue_token(environment: dict[str, str]) -> str:
    """Return the token of the benchmark's source."""
    program = Path(sys.executable).with_name("ioc")
    arguments = [str(program), "source", "credentials", _SOURCE, "--save"]
    subprocess.run(arguments, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=60)
    saved = Path(environment["IOC_DATA_DIR"], "credentials", f"{_SOURCE}.json")
    token: str = json.loads(saved.read_text(encoding="utf-8"))["token"]
    return token


async def ready(port: int) -> None:
    """Return when the process on `port` says that it is ready."""
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)


def environment_of(running: Engines) -> dict[str, str]:
    """Return the environment of ingest and the writer, with a source for the benchmark."""
    sources = running.folder / "sources"
    sources.mkdir()
    text = f"sources:\n  - name: {_SOURCE}\n    kind: push\n    title: Bench\n    rate_limit: 100000000\n"
    (sources / "bench.yaml").write_text(text, encoding="utf-8")
    names = ("IOC_WRITE_PORT", "IOC_INGEST_PORT", "IOC_SYSLOG_PORT")
    ports = {name: str(free_port()) for name in names}
    return running.environment({"IOC_EXTRA_SOURCES": str(sources), **ports})


async def measure() -> list[Result]:
    """Measure some rounds of each, in turns."""
    async with engines() as running:
        environment = environment_of(running)
        token = issue_token(environment)
        target = Target(int(environment["IOC_INGEST_PORT"]), token)
        bus = await connect_bus(Settings(events_max_bytes=8 << 30), url=running.nats_url, name="bench")
        connection = await asyncpg.connect(running.database_url)
        seconds: dict[str, list[float]] = {"copy": [], "drain": [], "push": []}
        clock = Clock()
        with command("write", environment) as writer, command("ingest", environment, "--no-collectors"):
            await ready(int(environment["IOC_WRITE_PORT"]))
            await ready(target.port)
            await push_round(connection, clock, target)  # not counted: caches, first chunks, first series
            for _ in range(ROUNDS):
                seconds["copy"].append(await copy_round(connection, clock))
                seconds["drain"].append(await drain_round(connection, clock, bus, writer))
                seconds["push"].append(await push_round(connection, clock, target))
        await connection.close()
        await bus.close()
    rows = PUSHES * SERIES * STEPS
    rate = {name: rows * ROUNDS / sum(times) for name, times in seconds.items()}
    ranges = {name: f"{rows / max(times):,.0f}–{rows / min(times):,.0f}" for name, times in seconds.items()}
    note = f"of {ROUNDS} rounds; {running.edition}; {os.cpu_count()} cores"
    return [
        Result(
            "samples, EVENTS → committed",
            rate["drain"],
            "samples/s",
            "asyncpg COPY",
            rate["copy"],
            note=f"{ranges['drain']}, COPY {ranges['copy']}, {note}",
        ),
        Result(
            "samples, push → committed",
            rate["push"],
            "samples/s",
            "asyncpg COPY",
            rate["copy"],
            budget=0.7,
            note=f"{ranges['push']}",
        ),
    ]
