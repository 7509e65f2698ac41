"""A real amtool at our API, while a leader goes by what it says."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from ioc_api.accounts.passwords import Passwords
from ioc_api.accounts.register import Register
from ioc_api.accounts.roles import Role
from ioc_core.db import Pool
from ioc_core.settings import Settings
from tests.alerts.engine_process import engine_process
from tests.alerts.phone import Phone
from tests.alerts.test_process import RULES
from tests.api.conftest import running

pytestmark = pytest.mark.slow
ROUTES = """
route:
  receiver: office
  group_by: [alertname]
  group_wait: 0s
  group_interval: 0s
  routes:
    - {matchers: [severity="1"], receiver: phone, group_by: ['...'], repeat_interval: 15m}
receivers:
  - {name: office, channels: [{type: webhook, url_env: PHONE_URL}]}
  - {name: phone, channels: [{type: webhook, url_env: PHONE_URL}]}
"""


class Amtool:
    """amtool, signed in by HTTP basic as an operator's token."""

    def __init__(self, url: str, file: Path) -> None:
        self._flags = [f"--alertmanager.url={url}", f"--http.config.file={file}", "--no-version-check"]

    async def __call__(self, *arguments: str) -> str:
        """Run it; return what it printed."""
        process = await asyncio.create_subprocess_exec(
            "amtool", *arguments, *self._flags, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0, f"amtool {arguments}: {err.decode()}{out.decode()}"
        return out.decode()

    async def json(self, *arguments: str) -> Any:
        """Run it with JSON as its output."""
        return json.loads(await self(*arguments, "-o", "json"))

    async def states(self, count: int, *arguments: str) -> dict[str, str]:
        """alertname → state of what `alert query` finds, once there is so much."""
        async with asyncio.timeout(10):
            while True:
                found = await self.json("alert", "query", *arguments)
                if len(found) == count:
                    return {alert["labels"]["alertname"]: alert["status"]["state"] for alert in found}
                await asyncio.sleep(0.1)


@pytest.fixture
async def amtool(centre: Settings, pool: Pool, tmp_path: Path) -> AsyncIterator[Amtool]:
    """amtool at the running API."""
    async with pool.acquire() as connection:
        register = Register(connection, Passwords(), actor="cli:test", data_dir=centre.data_dir)
        now = await connection.fetchval("SELECT now()")
        token = await register.create_token("amtool", role=Role.OPERATOR, scope=None, expires_at=None, now=now)
    file = tmp_path / "http.yml"
    file.write_text(f"basic_auth: {{username: amtool, password: {token}}}\n", encoding="utf-8")
    async with running(centre):
        yield Amtool(f"http://127.0.0.1:{centre.api_port}", file)


async def test_amtool_sends_queries_silences_and_shows_the_routes(
    configured: Callable[..., Settings], amtool: Amtool, phone: Phone, pool: Pool
) -> None:
    async with engine_process(configured(RULES, ROUTES), PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        await amtool("alert", "add", "LinkDown", "severity=critical", "site=a", "--annotation=summary=a đứt")
        await amtool("alert", "add", "DiskFull", "severity=info", "site=b")
        assert await amtool.states(2) == {"LinkDown": "active", "DiskFull": "active"}
        await phone.until(lambda p: len(p.calls) == 2)
        assert "LinkDown" in await amtool("alert", "query", 'alertname=~"Link.*"', "site=a")
        (down,) = await amtool.json("alert", "query", "severity=1")
        assert down["labels"] == {"alertname": "LinkDown", "severity": "1", "sent_severity": "critical", "site": "a"}
        assert (down["annotations"]["summary"], down["receivers"]) == ("a đứt", [{"name": "phone"}])
        assert await amtool.json("alert", "query", "--receiver=office", "severity=1") == []

        silence = (
            await amtool("silence", "add", "site=a", "--duration=1h", "--comment=đang sửa", "-a", "ca-truc")
        ).strip()
        assert await amtool.states(1, "--silenced") == {"LinkDown": "suppressed"}
        assert await amtool.states(1, "--active") == {"DiskFull": "active"}
        ((found,),) = [await amtool.json("silence", "query")]
        assert (found["id"], found["status"]["state"], found["comment"]) == (silence, "active", "đang sửa")
        assert found["createdBy"] == "ca-truc (token:amtool)"
        assert silence in await amtool("silence", "query", "site=a")
        assert silence not in await amtool("silence", "query", "site=b")
        await amtool("silence", "update", silence, "--duration=2h", "--comment=chờ vật tư")
        assert (await amtool.json("silence", "query"))[0]["comment"] == "chờ vật tư"
        await amtool("silence", "expire", silence)
        assert await amtool.states(2, "--active") == {"LinkDown": "active", "DiskFull": "active"}
        assert await amtool("silence", "query", "--quiet") == ""
        assert silence in await amtool("silence", "query", "--expired", "--quiet")

        assert "receiver: phone" in (await amtool("config", "show")).replace('"', "")
        assert (await amtool("config", "routes", "test", "severity=1")).strip() == "phone"
        assert (await amtool("config", "routes", "test", "severity=3")).strip() == "office"
        leader = await pool.fetchval("SELECT leader FROM alert_leader")
        cluster = await amtool("cluster", "show")
        assert "ready" in cluster
        assert leader in cluster
