"""The umbrella command as its user meets it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CONFIG
from tests.processes import run


def ioc(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(*arguments, env=dict(os.environ) | environment)


def test_without_a_command_it_lists_them() -> None:
    program = Path(sys.executable).with_name("ioc")
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    for name in ("up", "doctor", "db", "ingest", "write", "alerts", "api", "wall", "simulate", "user", "token"):
        assert name in done.stdout


def test_an_unknown_command_is_named() -> None:
    done = ioc("serve")
    assert (done.returncode, "no command 'serve'" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["up", "doctor", "db", "ingest", "write", "alerts", "api", "wall", "simulate"])
def test_every_command_explains_itself(command: str) -> None:
    done = ioc(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"ioc {command}" in done.stdout


def test_a_wrong_line_in_the_configuration_stops_the_start_with_its_place(tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    units = config / "units.csv"
    lines = units.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[4] = lines[4].replace(",department,", ",departement,", 1)
    units.write_text("".join(lines), encoding="utf-8")
    done = ioc("up", IOC_CONFIG_DIR=str(config), IOC_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 1
    assert f"{units}:5: " in done.stderr
    assert "departement" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_needs_a_running_centre_says_so(tmp_path: Path) -> None:
    done = ioc("db", "status", IOC_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "IOC_DATABASE_URL isn't set" in done.stderr
