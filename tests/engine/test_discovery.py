"""Which servers are found, and in which order."""

from pathlib import Path

import pytest

from ioc_core.engine import PostgresServer, find_nats_server, find_servers
from ioc_core.engine.discovery import WHEEL
from ioc_core.engine.nats import nats_version
from ioc_core.engine.tuning import configuration

_MIB = 1 << 20


def _install(folder: Path, version: str, *, extension: str | None = None, whole: bool = True) -> Path:
    """An installation as discovery sees it: programs that say their version and where their files are."""
    bin_dir, share, lib = folder / "bin", folder / "share", folder / "lib"
    for each in (bin_dir, share / "extension", lib):
        each.mkdir(parents=True)
    _program(bin_dir / "postgres", f"echo 'postgres (PostgreSQL) {version}'")
    _program(bin_dir / "initdb", "exit 0")
    _program(bin_dir / "pg_config", f'case $1 in --sharedir) echo "{share}";; *) echo "{lib}";; esac')
    if extension:
        (share / "extension" / "timescaledb.control").write_text(f"default_version = '{extension}'\n")
        (lib / "timescaledb.so").touch()
        if whole:
            (lib / f"timescaledb-{extension}.so").touch()
    return bin_dir


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_order_is_timescaledb_then_the_wheel_then_plain_hosts(tmp_path: Path) -> None:
    newest = _install(tmp_path / "newest", "99.2", extension="9.0.1")
    newer = _install(tmp_path / "newer", "98.1 (Debian 98.1-1)", extension="9.0.0")
    plain = _install(tmp_path / "plain", "97beta1")
    found = find_servers([plain, newer, newest])
    assert [server.bin_dir for server in found[:2]] == [newest, newer]
    assert found[0] == PostgresServer(newest, (99, 2), "9.0.1", f"host {newest}")
    wheel = next(index for index, server in enumerate(found) if server.origin.startswith(f"wheel {WHEEL}"))
    position = next(index for index, server in enumerate(found) if server.bin_dir == plain)
    assert all(server.timescaledb for server in found[:wheel])
    assert wheel < position
    assert found[position].version == (97, 0)


@pytest.mark.parametrize(
    "version",
    [pytest.param("14.9", id="too old"), pytest.param("broken", id="does not say its version")],
)
def test_unusable_installations_are_left_out(tmp_path: Path, version: str) -> None:
    unusable = _install(tmp_path / "unusable", version, extension="9.0.0")
    assert unusable not in [server.bin_dir for server in find_servers([unusable])]


def test_an_extension_without_its_module_does_not_count(tmp_path: Path) -> None:
    half = _install(tmp_path / "half", "99.0", extension="9.0.0", whole=False)
    found = next(server for server in find_servers([half]) if server.bin_dir == half)
    assert found.timescaledb is None


def test_the_bus_is_found_and_new_enough() -> None:
    assert nats_version(find_nats_server()) >= (2, 11, 0)


@pytest.mark.parametrize(
    ("memory", "shared", "cache"),
    [
        pytest.param(512 * _MIB, "64MB", "256MB", id="a small machine"),
        pytest.param(4096 * _MIB, "512MB", "2048MB", id="a usual machine"),
        pytest.param(262144 * _MIB, "2048MB", "131072MB", id="a large machine is not taken whole"),
    ],
)
def test_memory_follows_the_machine(memory: int, shared: str, cache: str) -> None:
    server = PostgresServer(Path("/opt"), (18, 6), None, "test")
    text = configuration(server, memory=memory, overrides={})
    assert f"shared_buffers = '{shared}'" in text
    assert f"effective_cache_size = '{cache}'" in text
    assert "timescaledb" not in text


def test_overrides_win_and_are_quoted() -> None:
    server = PostgresServer(Path("/opt"), (15, 20), "2.19.3", "test")
    text = configuration(server, memory=1024 * _MIB, overrides={"fsync": "off", "cluster_name": "o'clock"})
    assert "fsync = 'off'" in text
    assert "fsync = 'on'" not in text
    assert "cluster_name = 'o''clock'" in text
    assert "shared_preload_libraries = 'timescaledb'" in text
