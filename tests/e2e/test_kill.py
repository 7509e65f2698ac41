"""Every process is killed once while 96,000 events flow; nothing is lost, doubled or fired twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from ioc_core.addresses import database_url
from ioc_core.db import Pool, create_pool
from ioc_core.settings import Settings
from tests.e2e.conftest import Phone, RunningCentre, running_centre
from tests.e2e.province import OneStopSystem, dossier, ndjson, samples, security_events

SAMPLES = 90_000
SECURITY = 4_000
DOSSIERS = 2_000
BODY = 500
LATE_EVERY = 100  # each hundredth dossier is past due
VICTIMS = ("ingest", "write", "alerts", "api", "wall", "nats", "postgres")


async def insist(send: Callable[[], Awaitable[bool]]) -> None:
    """Send until it is accepted, as a well-made client does."""
    while True:
        try:
            if await send():
                return
        except (httpx.HTTPError, OSError):
            pass
        await asyncio.sleep(0.2)


class Sender:
    """Pushes everything, body after body; `sent` counts events."""

    def __init__(self, centre: RunningCentre, now: datetime) -> None:
        self.sent = 0
        self._centre = centre
        self._now = now
        token = centre.credentials("idesk-test")["token"]
        self._events = httpx.AsyncClient(
            base_url=centre.url("ingest"), headers={"Authorization": f"Bearer {token}"}, timeout=30.0
        )
        login = centre.credentials("igate")
        self._system = OneStopSystem(centre.url("ingest"), username=login["username"], password=login["password"])

    async def run(self) -> None:
        """Send all of it."""
        bodies = [ndjson(samples(first, BODY, self._now)) for first in range(0, SAMPLES, BODY)]
        bodies += [ndjson(security_events(first, BODY, self._now)) for first in range(0, SECURITY, BODY)]
        dossiers = [self._dossiers(first) for first in range(0, DOSSIERS, BODY // 10)]
        step = len(bodies) // len(dossiers)
        for index, body in enumerate(bodies):
            await insist(lambda body=body: self._post(body))  # type: ignore[misc]  # the default binds it
            self.sent += BODY
            if index % step == 0 and dossiers:
                batch = dossiers.pop()
                await insist(lambda batch=batch: self._push(batch))  # type: ignore[misc]
                self.sent += len(batch)
        await self._events.aclose()
        await self._system.close()

    def _dossiers(self, first: int) -> list[dict[str, object]]:
        batch = []
        for number in range(first, first + BODY // 10):
            late = number % LATE_EVERY == 0
            batch.append(dossier(number, self._now, **({} if late else {"NgayHenTra": "20991231170000"})))
        return batch

    async def _post(self, body: bytes) -> bool:
        answer = await self._events.post("/v1/events", content=body, headers={"Content-Type": "application/x-ndjson"})
        if answer.status_code == 202:
            assert answer.json() == {"accepted": BODY, "rejected": 0, "errors": []}
            return True
        assert answer.status_code in {429, 503}, answer.text
        return False

    async def _push(self, batch: list[dict[str, object]]) -> bool:
        return bool((await self._system.push(batch))["error_code"] == "00")


async def kill_each(centre: RunningCentre, sender: Sender) -> None:
    """Kill every victim once, each after a further share of the events, and wait until it is there again."""
    total = SAMPLES + SECURITY + DOSSIERS
    for number, name in enumerate(VICTIMS, start=1):
        while sender.sent < total * number / (len(VICTIMS) + 2):
            await asyncio.sleep(0.02)
        victim = centre.child(name)
        victim.kill()
        while True:
            try:
                if (found := centre.child(name)).pid != victim.pid and found.is_running():
                    break
            except (psutil.NoSuchProcess, OSError, ValueError):
                pass
            await asyncio.sleep(0.1)


async def settled(pool: Pool) -> None:
    """Returns when every event has arrived and every late dossier has fired."""
    while True:
        counts = await pool.fetchrow(
            "SELECT (SELECT count(*) FROM samples s JOIN series ON id = series_id WHERE source = 'idesk-test'),"
            " (SELECT count(*) FROM security_events WHERE source = 'idesk-test'),"
            " (SELECT count(*) FROM dossiers),"
            " (SELECT count(*) FROM alerts WHERE rule = 'DossierOverdue' AND state = 'firing')"
        )
        assert counts is not None
        if tuple(counts) == (SAMPLES, SECURITY, DOSSIERS, DOSSIERS // LATE_EVERY):
            return
        await asyncio.sleep(0.5)


@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_every_process_is_killed_and_every_count_is_right(tmp_path: Path, phone: Phone) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "test.yaml").write_text(
        "sources:\n  - {name: idesk-test, kind: push, title: iDesk, system: idesk, rate_limit: 1000000}\n",
        encoding="utf-8",
    )
    environment = {"IOC_ALERT_WEBHOOK_URL": phone.url, "IOC_EXTRA_SOURCES": str(sources)}
    async with running_centre(tmp_path / "data", environment=environment) as centre:
        await centre.command("source", "credentials", "--all", "--save", "--if-missing")
        sender = Sender(centre, datetime.now(UTC))
        async with asyncio.timeout(240), asyncio.TaskGroup() as group:
            group.create_task(sender.run())
            group.create_task(kill_each(centre, sender))
        url = database_url(Settings(data_dir=tmp_path / "data"))
        async with await _reachable(url) as pool:
            async with asyncio.timeout(120):
                await settled(pool)
            total = await pool.fetchval(
                "SELECT sum(value) FROM samples s JOIN series ON id = series_id WHERE source = 'idesk-test'"
            )
            assert total == SAMPLES * (SAMPLES - 1) / 2
            assert await pool.fetchval("SELECT count(*) FROM dossier_events") == DOSSIERS
            fired = await pool.fetch(
                "SELECT alert_id, count(*) AS times FROM alert_history h JOIN alerts a ON a.id = h.alert_id"
                " WHERE rule = 'DossierOverdue' AND kind = 'firing' GROUP BY alert_id"
            )
            assert [row["times"] for row in fired] == [1] * (DOSSIERS // LATE_EVERY)
            async with asyncio.timeout(90):
                while await _rolled_up(pool) != (SAMPLES, total):
                    await asyncio.sleep(0.5)
        async with asyncio.timeout(60):
            await _all_were_called_about(phone, pages=DOSSIERS // LATE_EVERY)
        _repeats_have_the_same_key(phone)
        api = await centre.signed_in()
        assert (await api.get("/readyz")).status_code == 200
        await api.aclose()


async def _rolled_up(pool: Pool) -> tuple[int, float]:
    row = await pool.fetchrow(
        "SELECT coalesce(sum(count), 0)::bigint AS count, coalesce(sum(sum), 0) AS sum"
        " FROM rollup_1m JOIN series ON id = series_id WHERE source = 'idesk-test'"
    )
    assert row is not None
    return row["count"], row["sum"]


async def _reachable(url: str) -> Pool:
    """A pool on the database, which may be on its way back."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await create_pool(url, application="test")
            except (OSError, TimeoutError, asyncpg.PostgresError):
                await asyncio.sleep(0.2)


async def _all_were_called_about(phone: Phone, *, pages: int) -> None:
    codes = {f"{number:06}" for number in range(0, DOSSIERS, LATE_EVERY)}
    assert len(codes) == pages
    while missing := {code for code in codes if code not in phone.text()}:
        assert missing
        await asyncio.sleep(0.2)


def _repeats_have_the_same_key(phone: Phone) -> None:
    keys = Counter(headers.get("idempotency-key") for headers, _ in phone.calls)
    bodies = Counter(str(body) for _, body in phone.calls)
    assert None not in keys
    assert len(bodies) <= len(keys), "the same page was sent under two keys"
