"""`ioc up --replay`: what its centre is, and what it refuses before anything is started."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingest.sources import load_sources
from ioc_cli.replay import replay_environment, replay_settings
from ioc_cli.supervisor.components import components
from ioc_core import catalogue
from ioc_core.errors import EngineError
from ioc_core.settings import Settings
from simulator.replay.run import DOSSIER_SOURCE, SETTINGS, SYSTEMS_SOURCE
from tests.conftest import CONFIG
from tests.processes import run


def test_its_centre_is_apart_and_keeps_what_is_old(settings: Settings) -> None:
    apart = replay_settings(settings, "dak-lak-2020")
    assert apart.data_dir == settings.data_dir / "replay-dak-lak-2020"
    environment = replay_environment(apart)
    assert {name: environment[name] for name in SETTINGS.values()} == dict.fromkeys(SETTINGS.values(), "36500")
    sources = load_sources(apart, catalogue.load(CONFIG)).by_name
    assert {DOSSIER_SOURCE, SYSTEMS_SOURCE} <= sources.keys()


@pytest.mark.parametrize("name", ["database_url", "nats_url"])
def test_the_past_is_not_mixed_into_a_configured_centre(settings: Settings, name: str) -> None:
    with pytest.raises(EngineError, match="IOC_DATABASE_URL"):
        replay_settings(settings.model_copy(update={name: SecretStr("x://y")}), "dak-lak-2020")


def test_the_past_calls_nobody_and_watches_nothing(settings: Settings) -> None:
    parts = {part.name: part for part in components(settings, demo=False, rate=1.0, since="0d", replay=True)}
    assert set(parts) == {"ingest", "write", "api", "wall"}
    assert parts["ingest"].command[-1] == "--no-collectors"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param(("--replay", "kon-tum-2019"), "there are: present, dak-lak-2020", id="another report"),
        pytest.param(("--replay", "dak-lak-2020", "--demo"), "--demo and --replay", id="past and present at once"),
    ],
)
def test_what_is_refused_before_anything_is_started(
    settings: Settings, tmp_path: Path, arguments: tuple[str, ...], named: str
) -> None:
    ports = {f"IOC_{name.upper()}": str(getattr(settings, name)) for name in Settings.model_fields if "_port" in name}
    done = run("up", *arguments, env={**os.environ, **ports, "IOC_DATA_DIR": str(tmp_path / "data")})
    assert done.returncode == 1
    assert named in done.stderr
    assert not list((tmp_path / "data").glob("*/postgres"))
