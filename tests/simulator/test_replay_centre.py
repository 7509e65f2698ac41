"""A small report through a real centre: its figures come out, to the unit, however often it is sent."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import httpx
import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from ioc_core.addresses import database_url, nats_url
from ioc_core.bus import connect_bus
from ioc_core.bus.connection import EVENTS
from ioc_core.catalogue import Catalogue
from ioc_core.dossier.marks import packed, unpacked
from ioc_core.errors import InputError
from ioc_core.settings import Settings
from simulator.replay.allocation import allocate
from simulator.replay.comparison import Counted, planned_units
from simulator.replay.plan import Replay
from simulator.replay.report import DAK_LAK_2020, scaled
from simulator.replay.run import Options, run_replay
from simulator.workclock import WorkClock
from tests.conftest import ROOT
from tests.processes import run, start
from tests.simulator.conftest import SEED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SOURCES = ROOT / "simulator" / "replay" / "sources"
KEPT_DAYS = 36_500


@pytest.fixture
def kept(centre: Settings) -> Settings:
    """A centre with a replay's sources, that keeps everything."""
    return centre.model_copy(
        update={
            "extra_sources": SOURCES,
            "retention_samples_days": KEPT_DAYS,
            "retention_rollup_days": KEPT_DAYS,
            "retention_dossier_days": KEPT_DAYS,
        }
    )


@pytest.fixture
def small(shipped: Catalogue, clock: WorkClock) -> Replay:
    """A province a 400th as large."""
    report = scaled(DAK_LAK_2020, 0.0025)
    return Replay(report, shipped, clock, SEED, allocate(report, shipped))


def _environment(settings: Settings) -> dict[str, str]:
    values = settings.model_dump(exclude_none=True, exclude_defaults=True)
    secrets = {name: value.get_secret_value() for name, value in values.items() if isinstance(value, SecretStr)}
    return os.environ | {f"IOC_{name.upper()}": str(value) for name, value in (values | secrets).items()}


async def _command(settings: Settings, *arguments: str) -> str:
    done = await asyncio.to_thread(run, *arguments, env=_environment(settings))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@asynccontextmanager
async def _running(settings: Settings, port: int, *command: str) -> AsyncIterator[None]:
    """A process of the centre, from when it is ready."""
    process = await start(*command, env=_environment(settings))
    try:
        async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as http:
            while not await _ready(http, port):
                assert process.returncode is None
                await asyncio.sleep(0.1)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@asynccontextmanager
async def _centre(settings: Settings) -> AsyncIterator[Options]:
    """Ingest, writer and API of a centre; how a replay finds them."""
    await _command(settings, "source", "credentials", "--all", "--save", "--if-missing")
    token = await _command(settings, "token", "create", "replay", "--role", "viewer")
    async with AsyncExitStack() as stack:
        for port, *command in (
            (settings.ingest_port, "ingest", "--no-collectors"),
            (settings.write_port, "write"),
            (settings.api_port, "api"),
        ):
            await stack.enter_async_context(_running(settings, port, *command))
        yield Options(settings.ingest_address, settings.api_address, token)


_STATE = """
SELECT code, status, filed_at, accepted_at, due_at, finished_at, returned_at, ended_at, end_status, entered_at,
       entered_late, lateness, requests, waiting_since, deadline_at, late_at, work_unit, channel, procedure_code
FROM dossiers ORDER BY code
"""
_ENDED = "SELECT work_unit, count(*) AS received, count(ended_at) AS resolved FROM dossiers GROUP BY 1"


async def test_a_report_comes_out_to_the_unit_and_again_when_it_is_sent_twice(kept: Settings, small: Replay) -> None:
    said: list[str] = []
    async with _centre(kept) as options:
        assert await run_replay(small, kept, options, said.append)
        assert "all figures agree" in said[-1]
        assert any("stored: everything" in line for line in said)
        connection = await asyncpg.connect(database_url(kept))
        planned = planned_units(small.cells)
        stored = {
            row["work_unit"]: Counted(row["received"], row["resolved"]) for row in await connection.fetch(_ENDED)
        }
        assert stored == planned
        before = await connection.fetch(_STATE)
        # The whole of it again, an hour later, and nobody remembers: what comes late could be taken for a correction.
        await _an_hour_passes(connection)
        for path in (kept.data_dir / "simulator").glob("*.json"):
            path.unlink()
        assert await run_replay(small, kept, options, said.append)
        assert await connection.fetch(_STATE) == before
        # A third time it is known how far it was sent.
        assert await run_replay(small, kept, options, said.append)
        assert any(line.startswith("sent: 0 dossiers") for line in said)
        await connection.close()


async def _an_hour_passes(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Everything that was told was told an hour earlier."""
    hour = 3_600_000_000
    await connection.execute("UPDATE dossier_events SET received_at = received_at - interval '1 hour'")
    rows = await connection.fetch("SELECT code, marks FROM dossiers")
    aged = [
        (
            row["code"],
            packed(tuple(replace(m, first=m.first - hour, last=m.last - hour) for m in unpacked(row["marks"]))),
        )
        for row in rows
    ]
    await connection.executemany("UPDATE dossiers SET marks = $2 WHERE code = $1", aged)


async def test_a_centre_that_keeps_too_little_is_sent_nothing(centre: Settings, small: Replay) -> None:
    settings = centre.model_copy(update={"extra_sources": SOURCES})
    await _command(settings, "source", "credentials", "--all", "--save", "--if-missing")
    bus = await connect_bus(settings, url=nats_url(settings), name="test")
    async with _running(settings, settings.ingest_port, "ingest", "--no-collectors"):
        before = (await bus.stream_state(EVENTS)).last_seq
        with pytest.raises(InputError, match="IOC_RETENTION_SAMPLES_DAYS"):
            await run_replay(small, settings, Options(settings.ingest_address, "", ""), lambda _: None)
        assert (await bus.stream_state(EVENTS)).last_seq == before
    await bus.close()
