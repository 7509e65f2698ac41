"""Fixtures of the alert engine: a phone, and small configurations."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from textwrap import dedent

import pytest

from alerts.query import Sessions, open_sessions
from ioc_core.db import Pool, create_pool
from ioc_core.engine import EmbeddedPostgres
from ioc_core.settings import Settings
from tests.alerts.night import Night
from tests.alerts.phone import Phone, ringing_phone
from tests.conftest import drop_database, new_database

EMPTY = """
TRUNCATE alerts, alert_history, rule_evaluations, rule_subjects, notification_groups, notification_members,
         notifications, escalations, escalation_steps, person_messages, oncall_overrides, oncall_gaps,
         alert_links, alert_mutes, silences, series, series_current, samples, dossiers, dossier_events, probe_current,
         security_events, sources, source_activity, rejected
"""
ROUTES = """
route: {receiver: phone, group_by: ['...'], group_wait: 0s, group_interval: 0s, repeat_interval: 1h}
receivers:
  - name: phone
    channels: [{type: webhook, url_env: PHONE_URL, timeout: 2s}]
"""


@pytest.fixture(scope="session")
async def both_databases(
    timescaledb_server: EmbeddedPostgres, plain_server: EmbeddedPostgres
) -> AsyncIterator[dict[str, str]]:
    """Engine → the DSN of a migrated database that the tests of this area share."""
    servers = {"timescaledb": timescaledb_server, "plain": plain_server}
    made = {name: await new_database(server) for name, server in servers.items()}
    yield made
    for name, dsn in made.items():
        await drop_database(servers[name], dsn)


@pytest.fixture(params=["timescaledb", "plain"])
def alert_dsn(request: pytest.FixtureRequest, both_databases: dict[str, str]) -> str:
    """The DSN of a migrated database, once on each engine."""
    return both_databases[request.param]


@pytest.fixture
async def alert_pool(alert_dsn: str) -> AsyncIterator[Pool]:
    """A pool on a database without facts and alerts, once on each engine."""
    async with await create_pool(alert_dsn, application="test") as opened:
        await opened.execute(EMPTY)
        yield opened


@pytest.fixture
async def sessions(alert_dsn: str) -> AsyncIterator[Sessions]:
    """What evaluates rules on that database."""
    async with open_sessions(alert_dsn, 1) as opened:
        yield opened


@pytest.fixture
async def night(alert_pool: Pool, sessions: Sessions, tmp_path: Path) -> Night:
    """A night with a leader, once on each engine."""
    begun = Night(alert_pool, sessions, tmp_path)
    await begun.lead()
    return begun


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    """A webhook receiver."""
    async with ringing_phone() as opened:
        yield opened


@pytest.fixture
def configured(centre: Settings, tmp_path: Path) -> Callable[..., Settings]:
    """Returns the centre's settings with these rules and routes instead of the shipped ones."""

    def make(rules: str, routes: str = ROUTES) -> Settings:
        folder = tmp_path / "config"
        (folder / "rules").mkdir(parents=True, exist_ok=True)
        (folder / "rules" / "test.yaml").write_text(dedent(rules), encoding="utf-8")
        (folder / "routes.yaml").write_text(dedent(routes), encoding="utf-8")
        return centre.model_copy(update={"config_dir": folder})

    return make
