"""A real Prometheus beside the whole centre: its alert rings our phone, and ends there."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from ioc_api.accounts.passwords import Passwords
from ioc_api.accounts.register import Register
from ioc_api.accounts.roles import Role
from ioc_core.db import Pool
from ioc_core.settings import Settings
from tests.alerts.engine_process import engine_process
from tests.alerts.phone import Phone
from tests.alerts.prometheus import prometheus
from tests.alerts.test_process import RULES, recorded
from tests.api.conftest import running

pytestmark = pytest.mark.slow
S = timedelta(seconds=1)


@pytest.fixture
async def token(pool: Pool, centre: Settings) -> str:
    """A sender's token."""
    async with pool.acquire() as connection:
        register = Register(connection, Passwords(), actor="cli:test", data_dir=centre.data_dir)
        return await register.create_token(
            "prometheus", role=Role.SENDER, scope=None, expires_at=None, now=datetime.now(UTC)
        )


@pytest.fixture
async def api(centre: Settings) -> AsyncIterator[str]:
    """The API of the centre: host and port."""
    async with running(centre):
        yield f"127.0.0.1:{centre.api_port}"


async def test_an_alert_of_prometheus_rings_the_phone_and_ends(
    configured: Callable[..., Settings], api: str, token: str, pool: Pool, phone: Phone, tmp_path: Path
) -> None:
    async with (
        engine_process(configured(RULES), PHONE_URL=phone.url) as engine,
        prometheus(tmp_path / "prometheus", api, token) as sender,
    ):
        await engine.until_leading()
        sender.value = 42
        await recorded(pool, phone, 1, within=15)
        (told,) = phone.calls[0].body["alerts"]
        assert phone.calls[0].body["title"] == "[P1] giay-phep: 42 chờ"
        assert (told["rule"], told["severity"]) == ("QueueLong", 1)
        assert told["labels"].items() >= {"queue": "giay-phep", "unit": "22015", "sent_severity": "critical"}.items()
        assert told["annotations"]["runbook_url"] == "http://runbooks/queue"
        assert told["details"]["generator_url"].startswith("http://")
        await asyncio.sleep(2.5)
        sendings = await pool.fetchval("SELECT sendings FROM external_alerts")
        assert sendings > 1, "it is sent again each second"
        assert len(phone.calls) == 1
        sender.value = 3
        await recorded(pool, phone, 2, within=15)
        assert phone.calls[1].body["title"] == "[ĐÃ HẾT] giay-phep: 42 chờ"
        kinds = [row["kind"] for row in await pool.fetch("SELECT kind FROM alert_history ORDER BY id")]
        assert kinds == ["firing", "notified", "resolved", "notified"]


async def test_from_the_post_to_the_phone_in_less_than_a_second_and_nothing_is_lost_with_the_leader(
    configured: Callable[..., Settings], api: str, token: str, pool: Pool, phone: Phone
) -> None:
    settings = configured(RULES)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://{api}", headers=headers, trust_env=False) as http:

        async def post(name: str, **said: object) -> datetime:
            at = datetime.now(UTC)
            answer = await http.post("/api/v2/alerts", json=[{"labels": {"alertname": name}, **said}])
            assert answer.status_code == 200, answer.text
            return at

        delays = []
        async with engine_process(settings, PHONE_URL=phone.url) as engine:
            await engine.until_leading()
            for number in range(10):
                at = await post(f"Now{number}")
                await phone.until(lambda p, n=number: len(p.calls) == n + 1)  # type: ignore[misc]
                delays.append((phone.calls[-1].at - at).total_seconds())
            await engine.kill()
        assert statistics.median(delays) < 0.5, delays
        assert max(delays) < 2, "a lost notice costs half a second"
        await post("WhileNobodyLed")
        await post("Short", endsAt=(datetime.now(UTC) + 0.3 * S).isoformat())
        await asyncio.sleep(0.4)
        async with engine_process(settings, PHONE_URL=phone.url) as engine:
            await engine.until_leading()
            await phone.until(lambda p: "WhileNobodyLed" in p.calls[-1].body["title"])
            assert await engine.terminate() == 0
    states = await pool.fetch("SELECT rule, state FROM alerts WHERE rule IN ('WhileNobodyLed', 'Short') ORDER BY rule")
    assert [tuple(row) for row in states] == [("Short", "resolved"), ("WhileNobodyLed", "firing")]
    assert not any("Short" in call.body["title"] for call in phone.calls)
