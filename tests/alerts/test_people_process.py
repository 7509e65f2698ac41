"""What people said ends by itself, to the second, whatever happens to the process that sees to it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from ioc_core import alert_actions, alert_links, silences
from ioc_core import alert_lifecycle as lifecycle
from ioc_core.bus import Bus
from ioc_core.db import Pool
from ioc_core.label_matchers import LabelMatcher
from ioc_core.live import Facts
from ioc_core.settings import Settings
from ioc_core.silences import Wanted
from tests.alerts.engine_process import EngineProcess, engine_process
from tests.alerts.facts import notify
from tests.alerts.phone import Phone
from tests.alerts.test_process import RULES, heat, recorded

pytestmark = pytest.mark.slow
S = timedelta(seconds=1)


async def do(
    pool: Pool, decide: Callable[..., lifecycle.Change | None], *, actor: str, bus: Bus | None = None
) -> None:
    """Do something to the only alert, as the API does; without `bus` the notice is lost."""
    now = datetime.now(UTC)
    async with pool.acquire() as connection:
        alert_id = await connection.fetchval("SELECT id FROM alerts WHERE state <> 'resolved'")
        assert await alert_actions.act(connection, alert_id, partial(decide, now=now), actor=actor, now=now)
    if bus is not None:
        await notify(bus, Facts.ALERTS)


async def kinds(pool: Pool) -> Counter[str]:
    return Counter(row["kind"] for row in await pool.fetch("SELECT kind FROM alert_history"))


async def test_an_acknowledgement_ends_within_a_second_of_its_time_though_the_notice_of_it_was_lost(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    async with engine_process(configured(RULES), PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        await heat(pool, bus, "a", 11)
        await recorded(pool, phone, 1)
        until = datetime.now(UTC) + 2 * S
        await do(pool, partial(lifecycle.acknowledge, actor="lan", until=until), actor="lan")
        await recorded(pool, phone, 2)
        assert phone.calls[1].body["title"] == "[P2 · CHƯA AI NHẬN] a: 11"
        assert phone.calls[1].body["reason"] == "returned"
        expired = await pool.fetchval("SELECT at FROM alert_history WHERE kind = 'ack_expired'")
        assert timedelta() <= expired - until < S
        assert timedelta() <= phone.calls[1].at - until < 1.5 * S


async def test_a_silence_begins_and_ends_within_a_second_though_the_notice_of_it_was_lost(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    async with engine_process(configured(RULES), PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        await heat(pool, bus, "a", 11)
        await recorded(pool, phone, 1)
        began = datetime.now(UTC)
        wanted = Wanted(
            matchers=(LabelMatcher("host", "a"),), starts_at=began, ends_at=began + 3 * S, comment="đang thay dây"
        )
        async with pool.acquire() as connection:
            await silences.create(connection, wanted, actor="lan", now=began, zone=ZoneInfo("Asia/Ho_Chi_Minh"))
        await recorded(pool, phone, 2)
        assert phone.calls[1].body["reason"] == "returned"
        assert timedelta() <= phone.calls[1].at - wanted.ends_at < 1.5 * S
        rows = await pool.fetch("SELECT kind, at FROM alert_history WHERE kind IN ('muted', 'unmuted') ORDER BY id")
        assert [row["kind"] for row in rows] == ["muted", "unmuted"]
        assert rows[0]["at"] - began < 1.5 * S
        assert timedelta() <= rows[1]["at"] - wanted.ends_at < S


async def test_what_people_do_is_told_at_once(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    async with engine_process(configured(RULES), PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        await heat(pool, bus, "a", 11)
        await recorded(pool, phone, 1)
        link = phone.calls[0].body["links"]["ack"].removeprefix("http://127.0.0.1:8000/a/")
        async with pool.acquire() as connection:
            read = alert_links.read(await alert_links.signing_key(connection), link)
        assert read.notification == phone.calls[0].key
        assert timedelta(hours=23) < read.expires_at - datetime.now(UTC) <= timedelta(hours=24)
        began = datetime.now(UTC)
        await do(pool, partial(lifecycle.close, actor="lan", reason="bảo trì"), actor="lan", bus=bus)
        await recorded(pool, phone, 2)
        assert phone.calls[1].at - began < S
        assert phone.calls[1].body["alerts"][0]["close_reason"] == "bảo trì"
        assert phone.calls[1].body["links"] == {}
        await do(pool, lifecycle.reopen, actor="hai", bus=bus)
        await recorded(pool, phone, 3)
        assert phone.calls[2].body["title"] == "[P2] a: 11"
        await heat(pool, bus, "a", 1)  # the rule's own memory of the alert is still right
        await recorded(pool, phone, 4)
        assert phone.calls[3].body["status"] == "resolved"
        assert "rule_evaluation_failed" not in engine.output.decode()


async def test_times_that_run_out_while_no_process_runs_are_told_once_at_the_start(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    settings = configured(RULES)
    async with engine_process(settings, PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        await heat(pool, bus, "a", 11)
        await recorded(pool, phone, 1)
        until = datetime.now(UTC) + S
        await do(pool, partial(lifecycle.acknowledge, actor="lan", until=until), actor="lan")
        assert await engine.terminate() == 0
    await asyncio.sleep(1.2)
    for _ in range(2):
        async with engine_process(settings, PHONE_URL=phone.url) as engine:
            await engine.until_leading()
            await recorded(pool, phone, 2)
            await asyncio.sleep(1.2)
            assert await engine.terminate() == 0
    assert len(phone.calls) == 2
    assert await kinds(pool) == {"firing": 1, "notified": 2, "acknowledged": 1, "ack_expired": 1}


@pytest.mark.parametrize("early", [0.06, 0.0, -0.03], ids=["just before", "at", "just after"])
async def test_kill_nine_at_the_moment_at_which_it_runs_out(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone, early: float
) -> None:
    """Two processes: whichever leads is killed around the instant; the other tells, once or with the same key."""
    settings = configured(RULES)
    async with (
        engine_process(settings, PHONE_URL=phone.url) as first,
        engine_process(settings, PHONE_URL=phone.url) as second,
    ):
        leader, _ = await _leader(first, second)
        await heat(pool, bus, "a", 11)
        await recorded(pool, phone, 1)
        until = datetime.now(UTC) + S
        await do(pool, partial(lifecycle.acknowledge, actor="lan", until=until), actor="lan", bus=bus)
        await asyncio.sleep((until - datetime.now(UTC)).total_seconds() - early)
        await leader.kill()
        await phone.until(lambda p: len({call.key for call in p.accepted}) == 2, within=8)
        async with asyncio.timeout(10):
            while (await kinds(pool))["notified"] < 2:
                await asyncio.sleep(0.05)
    assert len({call.key for call in phone.calls}) == 2
    assert await kinds(pool) == {"firing": 1, "notified": 2, "acknowledged": 1, "ack_expired": 1}
    assert {call.at for call in phone.calls[1:]} and phone.calls[1].at - until < 5 * S


async def _leader(first: EngineProcess, second: EngineProcess) -> tuple[EngineProcess, EngineProcess]:
    async with asyncio.timeout(20):
        while True:
            leading = [engine for engine in (first, second) if "leader 1.0" in await engine.metrics()]
            if leading:
                return leading[0], second if leading[0] is first else first
            await asyncio.sleep(0.05)
