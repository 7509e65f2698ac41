"""An escalation in real processes: the leader is killed between two steps, and the other one does the next in time."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from ioc_core import alert_lifecycle as lifecycle
from ioc_core.bus import Bus
from ioc_core.db import Pool
from ioc_core.settings import Settings
from tests.alerts.engine_process import engine_process
from tests.alerts.phone import Phone
from tests.alerts.test_people_process import do
from tests.alerts.test_process import RULES, heat, recorded

pytestmark = pytest.mark.slow
S = timedelta(seconds=1)

ROUTES = """
route: {receiver: people, group_by: ['...'], group_wait: 0s, group_interval: 0s, repeat_interval: 1h}
receivers:
  - {name: people, escalate: urgent}
"""
ONCALL = """
ways: {phone: {type: webhook, timeout: 2s}}
people:
  - {name: truc-1, ways: [{kind: phone, address_env: PHONE_URL}]}
  - {name: truc-2, ways: [{kind: phone, address_env: PHONE_URL}]}
rotations:
  - {name: duty, kind: daily, members: [truc-1], start: 2026-01-01, hand_over: 07:00}
policies:
  - name: urgent
    steps:
      - {whom: [{rotation: duty}]}
      - {wait: 4s, whom: [{person: truc-2}]}
      - {wait: 4s, whom: [{person: truc-1}]}
"""


async def test_the_next_leader_does_the_next_step_in_time_and_nobody_is_called_twice(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    settings = configured(RULES, ROUTES)
    (settings.config_dir / "oncall.yaml").write_text(ONCALL, encoding="utf-8")
    async with engine_process(settings, PHONE_URL=phone.url) as one:
        await one.until_leading()
        async with engine_process(settings, PHONE_URL=phone.url) as two:
            while not await two.metrics():  # it stands by
                await asyncio.sleep(0.05)
            await heat(pool, bus, "a", 11)
            await recorded(pool, phone, 1)
            assert phone.calls[0].body["receiver"] == "person:truc-1"
            due = await pool.fetchval("SELECT due_at FROM escalations")
            await one.kill()
            await recorded(pool, phone, 2)
            assert phone.calls[1].body["receiver"] == "person:truc-2"
            assert phone.calls[1].body["reason"] == "escalated"
            assert timedelta() <= phone.calls[1].at - due < 3 * S  # the other one leads within five seconds
            await do(pool, partial(lifecycle.acknowledge, actor="truc-2"), actor="truc-2")
            await asyncio.sleep(max(((due + 5 * S) - datetime.now(UTC)).total_seconds(), 0))
            assert await pool.fetchval("SELECT reason FROM escalations") == "acknowledged"
            assert len(phone.calls) == 2
            assert await pool.fetchval("SELECT count(*) FROM escalation_steps") == 2
            assert "rule_evaluation_failed" not in two.output.decode()
