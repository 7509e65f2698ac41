"""`ioc alerts` as a process: the whole way from a fact to the phone, and kill -9 anywhere on it."""

from collections.abc import Callable

import pytest

from ioc_core.bus import Bus
from ioc_core.db import Pool
from ioc_core.live import Facts
from ioc_core.settings import Settings
from tests.alerts.engine_process import engine_process
from tests.alerts.facts import notify, set_gauge
from tests.alerts.phone import Phone

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


@pytest.mark.slow
async def test_a_changed_fact_rings_the_phone_without_waiting_for_the_interval(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    async with engine_process(configured(RULES), PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        await set_gauge(pool, 11, host="a")
        await notify(bus, Facts.SAMPLES)
        await phone.until(lambda p: len(p.calls) == 1)
        assert phone.calls[0].body["title"] == "[P2] a: 11"
        assert phone.calls[0].body["status"] == "firing"

        await set_gauge(pool, 1, host="a")
        await notify(bus, Facts.SAMPLES)
        await phone.until(lambda p: len(p.calls) == 2)
        assert phone.calls[1].body["title"] == "[ĐÃ HẾT] a: 11"

        assert await engine.terminate() == 0
    kinds = [row["kind"] for row in await pool.fetch("SELECT kind FROM alert_history ORDER BY id")]
    assert kinds == ["firing", "notified", "resolved", "notified"]
