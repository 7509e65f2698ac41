"""The scoreboard of a month of 200,000 dossiers and 150 units: from request to answer, beside a bare count."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr

from bench.engines import ROOT, Engines, engines
from bench.result import Result
from ioc_core.db import Connection, connect
from ioc_core.engine import free_port
from ioc_core.settings import Settings
from tests.api.board_seed import seed_dossiers
from tests.api.conftest import enrol, running

DOSSIERS, MONTHS, UNITS = 200_000, 3, 150
REPEATS = 7
BUDGET_MS = 1000.0
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_SHARED = 2.1
"""Seconds after which an answer isn't shared any more."""

_BARE = "SELECT work_unit, count(*) FROM dossiers WHERE filed_at >= $1 AND filed_at < $2 GROUP BY 1"
_MORE_UNITS = """
INSERT INTO units (code, kind, name, short_name, parent)
SELECT 'bench-' || n, 'commune', 'Xã ' || n, 'Xã ' || n, (SELECT code FROM units WHERE kind = 'province')
FROM generate_series(1, $1::int - (SELECT count(*) FROM units WHERE valid_to IS NULL)::int) AS n
"""


async def measure() -> list[Result]:
    """Seed the running month and two before it, then ask a running API for the scoreboard."""
    async with engines() as held:
        since = await _seed(held)
        settings = Settings(
            data_dir=held.folder / "data",
            config_dir=ROOT / "config",
            api_port=free_port(),
            wall_port=free_port(),
            database_url=SecretStr(held.database_url),
            nats_url=SecretStr(held.nats_url),
            log_level="warning",
        )
        tokens = await enrol(held.database_url, settings, datetime.now(UTC))
        async with running(settings):
            url = f"http://127.0.0.1:{settings.api_port}/api/v1"
            headers = {"Authorization": f"Bearer {tokens['leader']}"}
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
                return await _ask(client, held, since)


async def _seed(held: Engines) -> datetime:
    """Fill the database; return the beginning of the running month."""
    now = datetime.now(_ZONE)
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    connection = await connect(held.database_url, application="bench")
    try:
        await connection.execute(_MORE_UNITS, UNITS)
        earlier = since - timedelta(days=30 * (MONTHS - 1))
        await seed_dossiers(connection, earlier, since, DOSSIERS * (MONTHS - 1), known_at=now)
        await seed_dossiers(connection, since, now, DOSSIERS, prefix="R15")
        await connection.execute("VACUUM ANALYZE dossiers")
    finally:
        await connection.close()
    return since


async def _ask(client: httpx.AsyncClient, held: Engines, since: datetime) -> list[Result]:
    first = await _timed(client, "/scoreboard")
    again = []
    for _ in range(REPEATS):
        await asyncio.sleep(_SHARED)
        again.append(await _timed(client, "/scoreboard"))
    unit = await _timed(client, "/scoreboard/66/forecast")
    tried = {"unit": "66", "overdue_of": "22015", "actions": ["finish_now"]}
    what_if = await _timed(client, "/scoreboard/what-if", tried)
    connection = await connect(held.database_url, application="bench")
    try:
        bare = await _bare(connection, since)
    finally:
        await connection.close()
    median, note = statistics.median(again), f"{UNITS} units; {held.edition}"
    return [
        Result(
            f"scoreboard of {DOSSIERS:,} dossiers, median", median, "ms", budget=BUDGET_MS, at_least=False, note=note
        ),
        Result("the same, beside a bare count of its rows", median, "ms", "count(*) by unit", bare),
        Result(
            "scoreboard, the first after a start (3 periods)", first, "ms", note="not compared with a closed month"
        ),
        Result("scoreboard, forecast of the province", unit, "ms"),
        Result("scoreboard, what if a commune's overdue dossiers end", what_if, "ms"),
    ]


async def _timed(client: httpx.AsyncClient, path: str, body: dict[str, object] | None = None) -> float:
    """Milliseconds until the whole answer is there."""
    started = time.perf_counter()
    answer = await (client.get(path) if body is None else client.post(path, json=body))
    answer.raise_for_status()
    return (time.perf_counter() - started) * 1000


async def _bare(connection: Connection, since: datetime) -> float:
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        await connection.fetch(_BARE, since, datetime.now(UTC))
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent)
