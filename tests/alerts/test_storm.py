"""Ten thousand alerts at once."""

import time

import pytest

from tests.alerts.night import Night

MANY = 10_000
RULES = """
groups:
  - name: test
    rules:
      - alert: Storm
        expr: SELECT labels->>'host' AS host, value FROM v_series WHERE metric = 'storm' AND value > 10
        severity: 3
        annotations: {summary: "{{ host }} {{ value | number }}", description: "Việc cần làm: gọi {{ host }}."}
"""


@pytest.mark.slow
async def test_ten_thousand_alerts_fire_are_told_and_end_in_seconds(night: Night) -> None:
    await night.lead(RULES)
    await night.pool.execute(
        "INSERT INTO series (source, metric, labels)"
        f" SELECT 'test', 'storm', jsonb_build_object('host', 'h' || n) FROM generate_series(1, {MANY}) n"
    )
    await night.pool.execute("INSERT INTO series_current (series_id, time, value) SELECT id, now(), 11 FROM series")
    started = time.perf_counter()
    await night.at("0:00")
    fired = time.perf_counter() - started
    assert await night.at("0:00:30", evaluate=False) == ["[P3] h1 11 (và 9999 cảnh báo khác)"]
    (page,) = night.pager.pages
    assert (page.firing, len(page.alerts), page.truncated_alerts) == (MANY, 100, MANY - 100)
    assert await night.pool.fetchval("SELECT count(*) FROM alert_history WHERE kind = 'notified'") == MANY

    started = time.perf_counter()
    await night.at("0:01")
    unchanged = time.perf_counter() - started

    await night.pool.execute("UPDATE series_current SET value = 1")
    started = time.perf_counter()
    assert await night.at("0:05") == []
    ended = time.perf_counter() - started
    assert len(await night.at("0:05:30", evaluate=False)) == 1
    assert night.pager.pages[-1].status == "resolved"
    assert night.pager.pages[-1].resolved == MANY
    assert await night.pool.fetchval("SELECT count(*) FROM notification_members") == 0
    assert await night.pool.fetchval("SELECT count(*) FROM alerts WHERE state = 'resolved'") == MANY
    assert fired < 15 and ended < 15 and unchanged < 3, (fired, unchanged, ended)


@pytest.mark.slow
async def test_too_many_rows_fail_the_rule_instead_of_filling_the_tables(night: Night) -> None:
    numbers = "(SELECT jsonb_build_object('host', n) AS labels, n AS value FROM generate_series(1, 20001) AS n) AS x"
    await night.lead(RULES.replace("v_series WHERE metric = 'storm' AND value > 10", numbers))
    await night.at("0:00")
    assert await night.pool.fetchval("SELECT error FROM rule_evaluations") == "finds more than 20,000 rows"
    assert await night.pool.fetchval("SELECT count(*) FROM alerts") == 0
