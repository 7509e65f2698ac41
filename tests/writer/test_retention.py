"""What is dropped, what stays, and that rollups outlive their samples: on both engines."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.retention import Retention, Rule, drop_expired, floor_of, limits_of, rules
from ingest.rollups import MAINTENANCE_LOCK, roll
from ingest.writer.database import Database
from ioc_core.db import Pool
from ioc_core.db.retention_floors import read_floors
from ioc_core.events import DossierEvent, DossierStatus, Event, ProbeResult, Rejected, Sample, SecurityEvent
from ioc_core.settings import Settings
from tests.writer.applying import Applier, message

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 20, 10, 0, 30, tzinfo=UTC)
SAMPLES = Rule("samples", "time", 90)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


MAKERS: dict[str, Callable[[datetime], Event]] = {
    "samples": lambda at: Sample("host", at, at, "load1", 1.0),
    "probe_results": lambda at: ProbeResult("probes", at, at, "t", "http", True, 0.1),
    "security_events": lambda at: SecurityEvent("ids", at, at, f"e{at}", "malware", 50, "found"),
    "dossier_events": lambda at: DossierEvent("igate", at, at, f"code {at}", True, DossierStatus(2)),
    "rejected": lambda at: Rejected("igate", at, at, "events", "bad", f"at {at}", b""),
}
CHUNK = {"samples": 1, "probe_results": 7, "security_events": 7, "dossier_events": 30, "rejected": 7}


async def write(pool: Pool, seq: int, *events: Event) -> None:
    async with pool.acquire() as connection:
        await Applier().apply(connection, [message(seq, events)])


async def drop(pool: Pool, rule: Rule, now: datetime = NOW) -> int | None:
    async with pool.acquire() as connection:
        return await drop_expired(connection, rule, zone=ZONE, now=now)


@pytest.mark.parametrize("rule", rules(Settings()), ids=lambda rule: rule.table)
async def test_what_is_past_its_days_is_dropped_and_the_rest_stays(store: Pool, rule: Rule) -> None:
    make = MAKERS.get(rule.table)
    if make is None:  # a rollup: of samples that are as old
        make = MAKERS["samples"]
    chunk = CHUNK.get(rule.table, 730)
    old, edge, recent = ago(rule.days + 2 * chunk + 2), ago(rule.days - 0.01), ago(1)
    await write(store, 1, *(make(at) for at in (old, edge, recent)))
    async with store.acquire() as connection:
        await roll(connection, zone=ZONE, now=NOW)
    current = {name: await store.fetch(f"SELECT * FROM {name}") for name in ("dossiers", "series_current", "series")}
    assert await drop(store, rule)
    times = [row[0] for row in await store.fetch(f"SELECT {rule.column} FROM {rule.table} ORDER BY 1")]
    assert len(times) == 2
    assert min(times) >= floor_of(rule, zone=ZONE, now=NOW)
    for name, rows in current.items():
        assert await store.fetch(f"SELECT * FROM {name}") == rows


async def test_every_table_of_facts_has_its_days(store: Pool) -> None:
    rows = await store.fetch(
        "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name IN ('time', 'bucket', 'observed_at', 'received_at')"
        " AND table_name ~ '^(samples|probe_results|[a-z]+_events|rejected|rollup_.*)$' AND table_name !~ '^v_'"
    )
    tables = {row["table_name"] for row in rows}
    assert tables == {rule.table for rule in rules(Settings())}


async def test_it_is_done_once_an_hour_by_whoever_comes_first(store: Pool) -> None:
    assert await drop(store, SAMPLES) == 0
    assert await drop(store, SAMPLES, NOW + timedelta(minutes=59)) is None
    assert await drop(store, SAMPLES, NOW + timedelta(minutes=61)) == 0


async def test_it_never_runs_beside_the_roller(store: Pool) -> None:
    async with store.acquire() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock($1)", MAINTENANCE_LOCK)
        assert await drop(store, SAMPLES) is None
    assert await drop(store, SAMPLES) == 0


async def test_a_floor_never_goes_back(store: Pool) -> None:
    await drop(store, Rule("samples", "time", 30))
    await drop(store, SAMPLES, NOW + timedelta(hours=2))
    async with store.acquire() as connection:
        floors = await read_floors(connection)
    assert floors["samples"] == floor_of(Rule("samples", "time", 30), zone=ZONE, now=NOW)
    limits = limits_of(floors)
    assert limits.samples == floors["samples"]
    assert limits.probes < ago(3000)


async def test_rollups_of_samples_that_are_gone_stay_as_they_are(store: Pool) -> None:
    """A late sample of a day whose samples were dropped is neither stored nor rolled up over the others."""
    old = [Sample("host", ago(95) + timedelta(seconds=n), ago(95), "load1", float(n)) for n in range(50)]
    await write(store, 1, *old)
    async with store.acquire() as connection:
        await roll(connection, zone=ZONE, now=NOW)
        kept = {name: await connection.fetch(f"SELECT * FROM rollup_{name}") for name in ("1m", "1h", "1d")}
        await drop(store, SAMPLES)
        late = Sample("host", ago(95), ago(0), "load1", 1e6)
        await Applier().apply(connection, [message(2, [late])])  # by a writer that doesn't know the floor yet
        await roll(connection, zone=ZONE, now=NOW)
        for name, rows in kept.items():
            assert await connection.fetch(f"SELECT * FROM rollup_{name}") == rows
        limits = limits_of(await read_floors(connection))
        stored = await Applier().apply(connection, [message(3, [late])], limits=limits)
        assert stored.rejected == {"too_old": 1}


async def test_a_round_looks_at_every_table_and_tells_the_limits(store: Pool, shared_dsn: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, retention_probes_days=5)
    retention = Retention(Database(settings), settings)
    async with store.acquire() as connection:
        await retention.look(connection, now=NOW)
        assert set(await read_floors(connection)) == {rule.table for rule in rules(settings)}
    assert retention.limits.probes == floor_of(Rule("probe_results", "observed_at", 5), zone=ZONE, now=NOW)
    assert retention.limits.dossiers < retention.limits.samples < retention.limits.probes
