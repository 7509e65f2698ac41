"""What the simulator needs before it starts, and what it remembers: options, credentials, positions."""

import asyncio
from pathlib import Path

import pytest

from ioc_core.errors import ConfigError, InputError
from simulator.cli import parse_since
from simulator.credentials import credential_path, wait_for_credential
from simulator.position import Position, PositionFile


@pytest.mark.parametrize(("text", "seconds"), [("30d", 30 * 86400), ("12h", 43200), ("90m", 5400), ("0d", 0)])
def test_since_is_a_number_with_its_unit(text: str, seconds: int) -> None:
    assert parse_since(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1.5d", "30 d", "81d", "9999999d"])
def test_other_pasts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--since"):
        parse_since(text)


async def test_a_credential_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    waiting = asyncio.create_task(wait_for_credential(tmp_path, "igate-sim", seconds=5))
    await asyncio.sleep(0.1)
    path = credential_path(tmp_path, "igate-sim")
    path.parent.mkdir()
    fresh = path.with_suffix(".new")
    fresh.write_text('{"source":"igate-sim","kind":"password","username":"u","password":"p"}')
    fresh.rename(path)
    credential = await waiting
    assert (credential.username, credential.password) == ("u", "p")


async def test_a_credential_that_never_comes_is_an_error_that_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ioc source credentials igate-sim --save"):
        await wait_for_credential(tmp_path, "igate-sim", seconds=0.3)


async def test_a_wrong_credential_file_is_an_error(tmp_path: Path) -> None:
    path = credential_path(tmp_path, "igate-sim")
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(ConfigError, match="credential"):
        await wait_for_credential(tmp_path, "igate-sim", seconds=1)


def test_a_position_is_kept_for_its_world_and_its_reach(tmp_path: Path) -> None:
    file = PositionFile(tmp_path, "igate", "present/766/1")
    assert file.read(since=0) is None
    file.write(since=100, until=200, last="x")
    assert file.read(since=100) == Position(world="present/766/1", since=100, until=200, last="x")
    assert file.read(since=150) is not None
    assert file.read(since=99) is None
    assert PositionFile(tmp_path, "igate", "present/767/1").read(since=100) is None
    file.forget()
    assert file.read(since=100) is None


def test_a_broken_position_is_no_position(tmp_path: Path) -> None:
    file = PositionFile(tmp_path, "igate", "w")
    file.path.parent.mkdir()
    file.path.write_text("nonsense")
    assert file.read(since=0) is None
