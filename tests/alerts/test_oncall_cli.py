"""`ioc oncall` as its user meets it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import CONFIG
from tests.processes import run

pytestmark = pytest.mark.slow


def oncall(command: str, config: Path, data: Path) -> "subprocess.CompletedProcess[str]":
    environment = {
        "IOC_CONFIG_DIR": str(config), "IOC_DATA_DIR": str(data), "IOC_DATABASE_URL": "postgresql://127.0.0.1:1/none",
    }  # fmt: skip
    return run("oncall", command, env=dict(os.environ) | environment)


def test_the_shipped_rota_is_right_and_somebody_is_on_call(tmp_path: Path) -> None:
    checked = oncall("check", CONFIG, tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.splitlines()[-1] == "ok"
    assert "webhook of truc-1 is disabled: IOC_ALERT_WEBHOOK_URL isn't set" in checked.stdout
    now = oncall("now", CONFIG, tmp_path)
    assert now.returncode == 0, now.stderr
    assert "without overrides" in now.stderr
    (duty, rest) = now.stdout.splitlines()
    assert re.fullmatch(r"truc-ban: truc-[123] until \S+ 07:00, then truc-[123] from \S+ 07:00", duty)
    assert rest.startswith("truc-nghi: truc-")


def test_a_wrong_line_and_a_rota_that_ends_are_told(tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    text = (CONFIG / "oncall.yaml").read_text(encoding="utf-8")
    (config / "oncall.yaml").write_text(text.replace("members: [truc-1,", "members: [truc-9,"), encoding="utf-8")
    checked = oncall("check", config, tmp_path)
    assert checked.returncode == 1
    assert "members[0] 'truc-9': is no person" in checked.stderr
    ended = text.replace(
        "start: 2026-01-05\n    hand_over: 07:00\n    days_off",
        "start: 2026-01-05\n    last: 2026-02-01\n    hand_over: 07:00\n    days_off",
    )
    (config / "oncall.yaml").write_text(ended, encoding="utf-8")
    checked = oncall("check", config, tmp_path)
    assert checked.returncode == 0
    assert "note: truc-ban: nobody is on call from" in checked.stdout
