"""Time to read the live state from a province's database: all of it, and after one kind of change."""

import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bench.engines import ROOT, engines
from bench.result import Result
from ioc_api import wall_file
from ioc_api.projector.reading import PARTS_OF, Reader
from ioc_api.projector.state import project
from ioc_core.db import connect
from ioc_core.live import Facts
from tests.api.seed import seed_province

DOSSIERS = 30_000
ALERTS = 300
REPEATS = 40
FULL_MS, TOUCHED_MS = 50.0, 15.0


async def measure() -> list[Result]:
    """Seed a province of `DOSSIERS`, then time readings with their projection."""
    config = wall_file.load(ROOT / "config")
    reader = Reader(config, ZoneInfo("Asia/Ho_Chi_Minh"))
    async with engines() as running:
        connection = await connect(running.database_url, application="bench")
        try:
            now = datetime.now(UTC)
            await seed_province(connection, now, dossiers=DOSSIERS, alerts=ALERTS)
            await connection.execute("VACUUM ANALYZE dossiers")
            facts = await reader.everything(connection, now)

            async def everything() -> None:
                project(await reader.everything(connection, datetime.now(UTC)), config)

            results = [await _timed("live state, read whole", everything, FULL_MS, running.edition)]
            for kind in (Facts.DOSSIERS, Facts.ALERTS, Facts.PROBES, Facts.SECURITY, Facts.SOURCES):

                async def touched(kind: Facts = kind) -> None:
                    at = await reader.instants(connection, datetime.now(UTC))
                    project(await reader.parts(connection, facts, PARTS_OF[kind], at), config)

                name = f"live state, after a change of {kind}"
                results.append(await _timed(name, touched, TOUCHED_MS, running.edition))
        finally:
            await connection.close()
    return results


async def _timed(name: str, work: Callable[[], Awaitable[None]], budget: float, edition: str) -> Result:
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        await work()
        spent.append((time.perf_counter() - started) * 1000)
    p95 = sorted(spent)[int(0.95 * REPEATS)]
    note = f"p95 {p95:.1f} ms; {DOSSIERS:,} dossiers; {edition}"
    return Result(f"{name}, median", statistics.median(spent), "ms", budget=budget, at_least=False, note=note)
