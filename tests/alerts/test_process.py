"""`ioc alerts` as a process: the whole way from a fact to the phone, and kill -9 anywhere on it."""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr

from ioc_core.bus import Bus, LiveReader, LiveReset
from ioc_core.db import Pool
from ioc_core.engine import free_port
from ioc_core.live import SUBJECT_CHANGED, Facts, decode_changed
from ioc_core.settings import Settings
from tests.alerts.engine_process import EngineProcess, engine_process
from tests.alerts.facts import add_dossier, notify, set_gauge
from tests.alerts.phone import Phone

pytestmark = pytest.mark.slow

RULES = """
groups:
  - name: test
    interval: 1h
    rules:
      - alert: GaugeHigh
        expr: SELECT labels->>'host' AS host, value FROM v_series WHERE metric = 'test_gauge' AND value > 10
        severity: 2
        annotations: {summary: "{{ host }}: {{ value | number }}"}
"""


@pytest.fixture
async def engine(configured: Callable[..., Settings], phone: Phone, bus: Bus) -> AsyncIterator[EngineProcess]:
    """A leader."""
    assert bus.connected
    async with engine_process(configured(RULES), PHONE_URL=phone.url) as started:
        await started.until_leading()
        yield started


async def heat(pool: Pool, bus: Bus, host: str, value: float) -> None:
    """Set a gauge as the writer would, and say so."""
    await set_gauge(pool, value, host=host)
    await notify(bus, Facts.SAMPLES)


async def history(pool: Pool) -> list[str]:
    """All kinds of history, in order."""
    return [row["kind"] for row in await pool.fetch("SELECT kind FROM alert_history ORDER BY id")]


async def recorded(pool: Pool, phone: Phone, calls: int, *, within: float = 10) -> None:
    """Return when the phone rang so often, and the engine has written that down."""
    await phone.until(lambda p: len(p.calls) == calls, within=within)
    async with asyncio.timeout(5):
        while await pool.fetchval("SELECT count(*) FROM notifications WHERE state = 'queued'"):
            await asyncio.sleep(0.02)


async def test_a_changed_fact_rings_the_phone_without_waiting_for_the_interval(
    engine: EngineProcess, pool: Pool, bus: Bus, phone: Phone
) -> None:
    await heat(pool, bus, "a", 11)
    await phone.until(lambda p: len(p.calls) == 1)
    assert phone.calls[0].body["title"] == "[P2] a: 11"
    assert phone.calls[0].body["status"] == "firing"
    await heat(pool, bus, "a", 1)
    await phone.until(lambda p: len(p.calls) == 2)
    assert phone.calls[1].body["title"] == "[ĐÃ HẾT] a: 11"
    assert await engine.terminate() == 0
    assert await history(pool) == ["firing", "notified", "resolved", "notified"]


async def test_everybody_is_told_that_alerts_changed(engine: EngineProcess, pool: Pool, bus: Bus) -> None:
    reader = LiveReader(bus, SUBJECT_CHANGED)
    heard: list[frozenset[Facts]] = []
    begun = asyncio.Event()

    async def listen() -> None:
        async for item in reader.read():
            begun.set()
            if not isinstance(item, LiveReset):
                heard.append(decode_changed(item.data).facts)

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(begun.wait(), 5)
    await heat(pool, bus, "a", 11)
    async with asyncio.timeout(5):
        while frozenset({Facts.ALERTS}) not in heard:
            await asyncio.sleep(0.02)
    listening.cancel()
    await reader.close()
    assert engine.process.returncode is None


async def test_health_readiness_and_metrics(engine: EngineProcess, pool: Pool, bus: Bus, phone: Phone) -> None:
    await heat(pool, bus, "a", 11)
    await phone.until(lambda p: bool(p.calls))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{engine.port}", trust_env=False) as client:
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"status": "ok", "failed": {}})
        async with asyncio.timeout(10):
            while 'ioc_alerts_firing{severity="2"} 1.0' not in (metrics := (await client.get("/metrics")).text):
                await asyncio.sleep(0.2)
    for expected in (
        "ioc_alerts_leader 1.0",
        'ioc_notifications_total{channel="webhook",outcome="ok"} 1.0',
        'ioc_notification_latency_seconds_count{channel="webhook"} 1.0',
        'ioc_notification_channel_enabled{channel="webhook/0",receiver="phone"} 1.0',
        'ioc_rule_evaluation_duration_seconds_count{rule="GaugeHigh"}',
        'ioc_alert_transitions_total{step="firing"} 1.0',
    ):
        assert expected in metrics
    promtool = shutil.which("promtool")
    assert promtool, "promtool is in Debian's package prometheus"
    checking = await asyncio.create_subprocess_exec(
        promtool, "check", "metrics", stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, complaints = await asyncio.wait_for(checking.communicate(metrics.encode()), 30)
    assert checking.returncode == 0, complaints.decode()


async def test_a_wrong_configuration_stops_the_start_with_file_and_line(
    configured: Callable[..., Settings], phone: Phone
) -> None:
    settings = configured(RULES.replace("severity: 2", "severity: 8"))
    async with engine_process(settings, PHONE_URL=phone.url) as engine:
        assert await asyncio.wait_for(engine.process.wait(), 20) == 1
    said = engine.output.decode()
    assert f"ioc: {settings.config_dir}/rules/test.yaml:8: groups[0].rules[0].severity 8: must be 1, 2, 3, 4" in said
    assert "Traceback" not in said


async def test_a_killed_leader_is_replaced_within_five_seconds(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    settings = configured(RULES)
    async with (
        engine_process(settings, PHONE_URL=phone.url) as first,
        engine_process(settings, PHONE_URL=phone.url) as second,
    ):
        async with asyncio.timeout(20):
            while sum(["leader 1.0" in await one.metrics() for one in (first, second)]) != 1:
                await asyncio.sleep(0.1)
        leader, standby = (first, second) if "leader 1.0" in await first.metrics() else (second, first)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://127.0.0.1:{standby.port}/readyz")).status_code == 200
        await heat(pool, bus, "a", 11)
        await recorded(pool, phone, 1)
        await leader.kill()
        await heat(pool, bus, "b", 12)
        await recorded(pool, phone, 2, within=5)
        assert phone.calls[1].body["title"] == "[P2] b: 12"
        await heat(pool, bus, "a", 1)
        await recorded(pool, phone, 3, within=5)
        assert await standby.terminate() == 0
    assert Counter(await history(pool)) == {"firing": 2, "notified": 3, "resolved": 1}


async def test_a_lost_database_connection_costs_nothing(
    engine: EngineProcess, pool: Pool, bus: Bus, phone: Phone
) -> None:
    await heat(pool, bus, "a", 11)
    await recorded(pool, phone, 1)
    await pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name LIKE 'ioc-alerts%' AND datname = current_database()"
    )
    await heat(pool, bus, "a", 1)
    await recorded(pool, phone, 2)
    assert await history(pool) == ["firing", "notified", "resolved", "notified"]
    assert engine.process.returncode is None


async def test_a_receiver_that_is_down_is_retried_with_the_same_key(
    engine: EngineProcess, pool: Pool, bus: Bus, phone: Phone
) -> None:
    phone.plan.extend([(500, {}, 0.0), (429, {"Retry-After": "1"}, 0.0), (200, {}, 3.0)])  # the last is a timeout
    await heat(pool, bus, "a", 11)
    await phone.until(lambda p: len(p.calls) == 4, within=20)
    assert {call.key for call in phone.calls} == {phone.calls[0].key}
    assert {call.raw for call in phone.calls} == {phone.calls[0].raw}
    async with asyncio.timeout(5):
        while await history(pool) != ["firing", "notified"]:
            await asyncio.sleep(0.05)


@pytest.mark.timeout(400)
async def test_kill_nine_at_any_moment_loses_nothing_and_doubles_nothing(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    """Four episodes, the process killed about twice in each: every page arrives, one key each, one firing row.

    On a busy machine a process may need longer than it is given: the next ones live longer.
    """
    settings, dice, episodes = configured(RULES), random.Random(20261120), 4
    phone.plan.extend((200, {}, dice.choice([0.0, 0.05, 0.2])) for _ in range(100))
    stop = asyncio.Event()

    async def keep_killing() -> int:
        kills, patience, arrived = 0, 0.25, 0
        while not stop.is_set():
            async with engine_process(settings, PHONE_URL=phone.url) as engine:
                await engine.until_leading()
                await asyncio.sleep(dice.uniform(0.0, patience))
                await engine.kill()
                kills += 1
            patience += 0.0 if len(phone.accepted) > arrived else 0.2
            arrived = len(phone.accepted)
        return kills

    async def told(title: str) -> None:
        await phone.until(lambda p: any(call.body["title"] == title for call in p.accepted), within=120)

    killing = asyncio.create_task(keep_killing())
    for number in range(episodes):
        await heat(pool, bus, f"h{number}", 11)
        await told(f"[P2] h{number}: 11")
        await heat(pool, bus, f"h{number}", 1)
        await told(f"[ĐÃ HẾT] h{number}: 11")
    stop.set()
    kills = await killing
    async with engine_process(settings, PHONE_URL=phone.url) as engine, asyncio.timeout(40):
        await engine.until_leading()
        while await pool.fetchval("SELECT count(*) FROM notifications WHERE state = 'queued'"):
            await asyncio.sleep(0.05)
        assert await engine.terminate() == 0

    titles = {call.key: call.body["title"] for call in phone.calls}
    assert sorted(titles.values()) == sorted(
        f"{lead} h{number}: 11" for number in range(episodes) for lead in ("[P2]", "[ĐÃ HẾT]")
    ), "each page under one key"
    repeats = len(phone.calls) - len(titles)
    assert repeats <= kills
    counted = Counter(await history(pool))
    assert counted == {"firing": episodes, "resolved": episodes, "notified": 2 * episodes}
    assert await pool.fetchval("SELECT count(*) FROM alerts") == episodes


async def test_a_dossier_becomes_overdue_to_the_second_with_no_message(
    centre: Settings, pool: Pool, bus: Bus, phone: Phone
) -> None:
    """The shipped rules and routes: `wake` says when time alone makes the difference, one dossier after another."""
    async with engine_process(centre, IOC_ALERT_WEBHOOK_URL=phone.url) as engine:
        await engine.until_leading()
        begun = datetime.now(UTC) + timedelta(seconds=3)
        due = {f"000.00.01.H15-261120-000{number}": begun + number * timedelta(seconds=0.7) for number in range(3)}
        async with pool.acquire() as connection, connection.transaction():
            for code, instant in due.items():
                await add_dossier(connection, code, due_at=instant)
            await add_dossier(connection, "ONLINE", status=1, channel=2, filed_at=begun - timedelta(days=9))
            await connection.execute("UPDATE dossiers SET accept_by = $1 WHERE code = 'ONLINE'", begun)
        await notify(bus, Facts.DOSSIERS)
        await phone.until(lambda p: len(p.calls) == 2, within=15)
        titles = sorted(call.body["title"] for call in phone.calls)
        assert "000.00.01.H15-261120-0000 quá hạn" in titles[0]
        assert "ONLINE quá 8 giờ làm việc" in titles[1]
        for call in phone.calls:
            assert timedelta() < call.at - begun < timedelta(seconds=1)
        async with asyncio.timeout(15):
            while await pool.fetchval("SELECT count(*) FROM alerts WHERE rule = 'DossierOverdue'") < len(due):
                await asyncio.sleep(0.05)
        rows = await pool.fetch(
            "SELECT labels ->> 'code' AS code, firing_at FROM alerts WHERE rule = 'DossierOverdue'"
        )
        for row in rows:
            late = (
                row["firing_at"] - due[row["code"]]
            )  # told as of when the evaluation began: the database looks later
            assert timedelta(seconds=-0.5) < late < timedelta(seconds=1)


async def test_for_and_keep_firing_for_end_to_the_second(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    rules = RULES.replace("severity: 2", "severity: 2\n        for: 2s\n        keep_firing_for: 1s")
    async with engine_process(configured(rules), PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        await heat(pool, bus, "a", 11)
        await phone.until(lambda p: len(p.calls) == 1)
        await heat(pool, bus, "a", 1)
        await phone.until(lambda p: len(p.calls) == 2)
    row = await pool.fetchrow("SELECT firing_at - pending_at, resolved_at - absent_since FROM alerts")
    assert row is not None
    assert timedelta(seconds=2) <= row[0] < timedelta(seconds=2.5)
    assert timedelta(seconds=1) <= row[1] < timedelta(seconds=1.5)


async def test_it_starts_before_its_database_and_bus_and_survives_their_absence(
    configured: Callable[..., Settings], phone: Phone
) -> None:
    settings = configured(RULES).model_copy(
        update={
            "database_url": SecretStr(f"postgresql://ioc@127.0.0.1:{free_port()}/ioc"),
            "nats_url": SecretStr(f"nats://127.0.0.1:{free_port()}"),
        }
    )
    async with (
        engine_process(settings, PHONE_URL=phone.url) as engine,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{engine.port}", trust_env=False) as client,
    ):
        async with asyncio.timeout(20):
            while "ioc_alerts_leader 0.0" not in await engine.metrics():
                await asyncio.sleep(0.1)
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert set(ready.json()["failed"]) == {"database", "bus"}
        assert await engine.terminate() == 0
