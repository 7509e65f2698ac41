"""Our alerts in a real Alertmanager: they begin, stay while they fire, and end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import ValidationError

from alerts.channels import forward
from alerts.channels.forward import Forward, ForwardModel, labels_of
from alerts.channels.outcome import ChannelDisabledError, Ok, Permanent, Surroundings, Temporary
from ioc_core.bus import Bus
from ioc_core.db import Pool
from ioc_core.engine import free_port
from ioc_core.settings import Settings
from tests.alerts.engine_process import engine_process
from tests.alerts.messages import alert, message
from tests.alerts.phone import Phone
from tests.alerts.test_process import RULES, heat

MINUTE = timedelta(minutes=1)
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


class Alertmanager:
    """A running Alertmanager."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def alerts(self) -> list[dict[str, Any]]:
        """What fires there."""
        async with httpx.AsyncClient(trust_env=False) as http:
            found: list[dict[str, Any]] = (await http.get(f"{self.url}/api/v2/alerts")).json()
        return found

    async def until(self, count: int, *, within: float = 10) -> list[dict[str, Any]]:
        """Return what fires there once it is so much."""
        async with asyncio.timeout(within):
            while len(found := await self.alerts()) != count:
                await asyncio.sleep(0.1)
        return found


@pytest.fixture
async def alertmanager(tmp_path: Path) -> AsyncIterator[Alertmanager]:
    """Debian's Alertmanager, alone."""
    port = free_port()
    (tmp_path / "alertmanager.yml").write_text(CONFIG, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        "prometheus-alertmanager",
        f"--config.file={tmp_path / 'alertmanager.yml'}",
        f"--storage.path={tmp_path / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        stderr=asyncio.subprocess.DEVNULL,
    )
    made = Alertmanager(f"http://127.0.0.1:{port}")
    try:
        async with asyncio.timeout(15), httpx.AsyncClient(trust_env=False) as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"{made.url}/-/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.1)
        yield made
    finally:
        process.terminate()
        await process.wait()


def channel(url: str, environment: dict[str, str] | None = None, **said: Any) -> Forward:
    model = ForwardModel.model_validate({"type": "alertmanager", "url": url, **said})
    made = forward.KIND.make(model, Surroundings(environment or {}, ZoneInfo("UTC")))
    assert isinstance(made, Forward)
    return made


async def test_it_begins_and_ends_there(alertmanager: Alertmanager) -> None:
    now = datetime.now(UTC)
    made = channel(alertmanager.url + "/", labels={"centre": "dak-lak"}, severities={1: "page"})
    fires = alert(starts_at=now - MINUTE)
    try:
        assert await made.send(message(fires)) == Ok()
        (found,) = await alertmanager.alerts()
        assert found["labels"] == {
            "alertname": "SystemDown", "severity": "page", "system": "igate", "target": "https://igate.example.vn",
            "centre": "dak-lak",
        }  # fmt: skip
        assert found["annotations"]["summary"].startswith("Một cửa")
        assert found["generatorURL"] == "http://127.0.0.1:8501/console?alert=1"
        assert timedelta(0) < datetime.fromisoformat(found["endsAt"]) - now - 5 * MINUTE < MINUTE
        over = alert(starts_at=now - MINUTE, status="resolved", ends_at=now)
        assert await made.send(message(over, status="resolved")) == Ok()
        assert await alertmanager.alerts() == []
    finally:
        await made.close()


async def test_what_it_refuses_is_final_and_what_does_not_answer_is_tried_again(alertmanager: Alertmanager) -> None:
    made, nobody = channel(alertmanager.url), channel(f"http://127.0.0.1:{free_port()}")
    outcome = await made.send(message(alert(labels={"tên": "x"})))
    assert isinstance(outcome, Permanent)
    assert "400" in outcome.reason
    assert isinstance(await nobody.send(message()), Temporary)
    await made.close()
    await nobody.close()


async def test_it_signs_in_and_tells_no_secret(phone: Phone) -> None:
    phone.always = 401
    base = phone.url.removesuffix("/hook")
    sides = (
        channel(base, {"TOKEN": "geheim-1"}, token_env="TOKEN"),
        channel(base, {"PASSWORD": "x"}, username="ioc", password_env="PASSWORD"),
    )
    for made in sides:
        outcome = await made.send(message())
        assert isinstance(outcome, Permanent)
        assert "geheim-1" not in outcome.reason
        await made.close()
    assert sides[0]._headers["authorization"] == "Bearer geheim-1"
    assert sides[1]._headers["authorization"] == "Basic aW9jOng="
    with pytest.raises(ChannelDisabledError, match="TOKEN isn't set"):
        channel(base, token_env="TOKEN")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"url": "ftp://x"}, id="no address of HTTP"),
        pytest.param({}, id="no address"),
        pytest.param({"url": "http://x", "username": "a"}, id="a name without a password"),
        pytest.param({"url": "http://x", "password_env": "A"}, id="a password without a name"),
        pytest.param({"url": "http://x", "token_env": "A", "username": "a", "password_env": "B"}, id="both"),
        pytest.param({"url": "http://x", "severities": {5: "x"}}, id="a severity that isn't"),
        pytest.param({"url": "http://x", "resolve_timeout": "1s"}, id="too short"),
    ],
)
def test_wrong_settings(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ForwardModel.model_validate({"type": "alertmanager", **said})


def test_an_alert_of_another_system_keeps_its_own_word() -> None:
    sent = alert(labels={"site": "a", "sent_severity": "page"})
    assert labels_of(sent, forward.WORDS) == {"alertname": "SystemDown", "severity": "page", "site": "a"}
    assert labels_of(alert(severity=2, labels={}), forward.WORDS)["severity"] == "high"


@pytest.mark.slow
async def test_it_stays_there_while_it_fires_here(
    configured: Callable[..., Settings], alertmanager: Alertmanager, pool: Pool, bus: Bus
) -> None:
    routes = f"""
    route: {{receiver: forward, group_wait: 0s, group_interval: 0s, repeat_interval: 4h}}
    receivers:
      - name: forward
        channels: [{{type: alertmanager, url: "{alertmanager.url}", resolve_timeout: 3s}}]
    """
    async with engine_process(configured(RULES, routes)) as engine:
        await engine.until_leading()
        await heat(pool, bus, "a", 11)
        (found,) = await alertmanager.until(1)
        first_end = datetime.fromisoformat(found["endsAt"])
        while datetime.now(UTC) < first_end + timedelta(seconds=1):
            assert len(await alertmanager.alerts()) == 1, "it is said again before its end"
            await asyncio.sleep(0.2)
        await heat(pool, bus, "a", 1)
        await alertmanager.until(0, within=2.5)
        assert await engine.terminate() == 0
    assert await pool.fetchval("SELECT count(*) FROM notifications WHERE state = 'sent'") == 2
