"""Evaluating a rule: what it may do, how long it may take, and who goes first."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.query import EvaluationError, Sessions, open_sessions
from alerts.rule import Rule
from alerts.rule_file import load_rules
from alerts.templates import Templates
from ioc_core.db import Pool
from tests.conftest import CONFIG

ANY_RULE = load_rules(CONFIG, Templates(ZoneInfo("Asia/Ho_Chi_Minh")))[0]


def rule(expr: str, *, severity: int = 3, wake: str | None = None) -> Rule:
    """A rule with this SQL."""
    return replace(ANY_RULE, expr=expr, severity=severity, wake=wake, alert=f"P{severity}")


@pytest.fixture
async def hasty(alert_dsn: str, alert_pool: Pool) -> AsyncIterator[Sessions]:
    """One session with 300 ms for a statement."""
    assert alert_pool
    async with open_sessions(alert_dsn, 1, limit=timedelta(milliseconds=300)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        (
            "SELECT pg_sleep(5)::text AS x, 1 AS value",
            "canceling statement due to statement timeout",
        ),
        ("SELECT code, 1 AS value FROM dossiers", "permission denied for table dossiers"),
        ("SELECT password_hash, 1 AS value FROM users", "permission denied for table users"),
        ("SELECT nextval('alerts_id_seq') AS value", "permission denied for sequence alerts_id_seq"),
        ("SELECT 1 / 0 AS value", "division by zero"),
        ("SELECT 1 AS value) AS x; DROP TABLE alerts; SELECT * FROM (SELECT 1 AS value", "multiple commands"),
    ],
    ids=["too slow", "a table", "secrets", "a sequence", "a fault", "a second statement"],
)
async def test_what_a_rule_may_not_do(hasty: Sessions, alert_pool: Pool, expr: str, reason: str) -> None:
    with pytest.raises(EvaluationError, match=reason):
        await hasty.ask(rule(expr))
    assert [row["value"] for row in (await hasty.ask(rule("SELECT 2 AS value"))).rows] == [2]
    assert await alert_pool.fetchval("SELECT to_regclass('alerts') IS NOT NULL")


async def test_wake_sees_the_same_now_as_the_expression(hasty: Sessions) -> None:
    answer = await hasty.ask(rule("SELECT 1 AS value, now() AS at", wake="SELECT now() AS at"))
    assert answer.rows[0]["at"] == answer.wake


async def test_a_wake_that_is_no_instant_fails_the_rule(hasty: Sessions) -> None:
    with pytest.raises(EvaluationError, match="wake must give a timestamptz, got 1"):
        await hasty.ask(rule("SELECT 1 AS value", wake="SELECT 1"))


async def test_a_view_that_changed_under_a_rule_is_prepared_anew(hasty: Sessions, alert_pool: Pool) -> None:
    asked = rule("SELECT * FROM v_changing")
    try:
        for columns in ("1 AS value", "1 AS value, 'a'::text AS host"):
            await alert_pool.execute(f"DROP VIEW IF EXISTS v_changing; CREATE VIEW v_changing AS SELECT {columns}")
            await alert_pool.execute("GRANT SELECT ON v_changing TO ioc_rules")
            try:
                answer = await hasty.ask(asked)
            except EvaluationError:
                answer = await hasty.ask(asked)
            assert len(answer.columns) == len(columns.split(", "))
    finally:
        await alert_pool.execute("DROP VIEW IF EXISTS v_changing")


async def test_the_gravest_rule_that_waits_goes_next(hasty: Sessions) -> None:
    done: list[str] = []

    async def ask(severity: int, seconds: float) -> None:
        await hasty.ask(rule(f"SELECT 1 AS value, pg_sleep({seconds})::text AS x", severity=severity))
        done.append(f"P{severity}")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ask(4, 0.15))
        await asyncio.sleep(0.05)
        for severity in (4, 3, 1, 2, 3, 1):
            tasks.create_task(ask(severity, 0))
    assert done == ["P4", "P1", "P1", "P2", "P3", "P3", "P4"]
