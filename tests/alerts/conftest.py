"""Fixtures of the alert engine: a phone, and small configurations."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from textwrap import dedent

import pytest

from ioc_core.settings import Settings
from tests.alerts.phone import Phone, ringing_phone

ROUTES = """
route: {receiver: phone, group_by: ['...'], group_wait: 0s, group_interval: 0s, repeat_interval: 1h}
receivers:
  - name: phone
    channels: [{type: webhook, url_env: PHONE_URL, timeout: 2s}]
"""


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
