"""Settings are documented and read from the environment."""

import re

import pytest

from ioc_core.settings import Settings
from tests.conftest import ROOT


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(IOC_[A-Z0-9_]+)` \| (.*?) \|", text, re.MULTILINE))
    wanted = {}
    for name, field in Settings.model_fields.items():
        wanted[f"IOC_{name.upper()}"] = "–" if field.default in (None, "") else f"`{field.default}`"
    assert rows == wanted


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_API_PORT", "9000")
    assert Settings().api_address == "http://127.0.0.1:9000"
