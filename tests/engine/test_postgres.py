"""The embedded PostgreSQL, both kinds of server: start, use, stop, start again."""

import stat
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

from ioc_core.engine import EmbeddedPostgres, PostgresServer, free_port
from ioc_core.engine.edition import EditionKind, edition
from ioc_core.engine.remove import remove_data
from ioc_core.errors import EngineError
from tests.engine.conftest import MakePostgres


async def _value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def _execute(dsn: str, command: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(command)
    finally:
        await connection.close()


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_new_cluster_is_private_and_safe(running: EmbeddedPostgres) -> None:
    dsn = running.url
    assert await _value(dsn, "SELECT current_user || ' ' || current_database()") == "ioc ioc"
    superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    assert await _value(dsn, superuser) is False
    assert await _value(running.admin_url, superuser) is True
    settings = {
        "fsync": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "TimeZone": "UTC",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "server_encoding": "UTF8",
        "password_encryption": "scram-sha-256",
    }
    for name, value in settings.items():
        assert await _value(dsn, f"SELECT current_setting('{name}')") == value, name


async def test_text_is_ordered_and_cased_alike_on_every_engine(running: EmbeddedPostgres) -> None:
    assert await _value(running.url, "SELECT upper('đắk lắk')") == "ĐẮK LẮK"
    assert await _value(running.url, "SELECT 'Z' < 'a' AND 'z' < 'Đ'"), "order is by code point"


async def test_the_server_listens_on_loopback_alone_and_is_not_root(running: EmbeddedPostgres) -> None:
    found = running.running()
    assert found is not None and found.port == running.port
    process = psutil.Process(found.pid)
    listening = {c.laddr for c in process.net_connections("all") if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", running.port)}
    assert process.uids().effective != 0
    environment = set(process.environ()) - {"PGDATA", "PG_GRANDPARENT_PID", "LC_COLLATE", "LC_CTYPE"}
    assert environment <= {"PATH", "LC_ALL", "TZ"}, "nothing of ours is handed on"


async def test_secrets_are_readable_by_their_owner_alone(running: EmbeddedPostgres) -> None:
    for name in ("password", "admin-password"):
        assert stat.S_IMODE((running.home / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((running.home / "cluster").stat().st_mode) == 0o700
    assert "superuser-password" not in _names(running.home), "initdb's copy is gone"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(host="127.0.0.1", port=running.port, user="ioc", password="wrong", database="ioc")


async def test_another_process_attaches_and_leaves_the_server_running(running: EmbeddedPostgres, place: Path) -> None:
    guest = EmbeddedPostgres(running.home, running.server, port=free_port(), state_root=place)
    assert await guest.start() == running.url
    await guest.stop()
    assert await _value(running.url, "SELECT 1") == 1
    with pytest.raises(EngineError, match="already runs"):
        await guest.prepare(5)
    with pytest.raises(EngineError, match="is running: stop it first"):
        running.remove()


async def test_a_taken_port_is_named(running: EmbeddedPostgres, place: Path) -> None:
    other = EmbeddedPostgres(place / "other", running.server, port=running.port, state_root=place)
    with pytest.raises(EngineError, match=f"port {running.port} of 127.0.0.1 is taken"):
        await other.start()
    assert other.running() is None


async def test_edition_tells_what_the_database_offers(running: EmbeddedPostgres) -> None:
    before = await edition(running.url)
    assert before.postgresql == running.server.version
    assert before.timescaledb == running.server.timescaledb
    assert before.installed is False
    assert await _value(running.url, "SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'") == 0
    if running.server.timescaledb is None:
        assert before.kind is EditionKind.PLAIN
        return
    assert before.kind in {EditionKind.APACHE, EditionKind.COMMUNITY}
    assert await _value(running.url, "SELECT current_setting('timescaledb.telemetry_level')") == "off"
    await _execute(running.url, "CREATE EXTENSION timescaledb")
    after = await edition(running.url)
    assert (after.kind, after.installed) == (before.kind, True)


async def test_edition_of_nothing_is_an_error() -> None:
    with pytest.raises(EngineError, match="doesn't answer"):
        await edition(f"postgresql://ioc:x@127.0.0.1:{free_port()}/ioc")


async def test_a_second_start_is_quick_and_keeps_what_was_there(
    server: PostgresServer, make_postgres: MakePostgres
) -> None:
    first = make_postgres(server)
    await _execute(await first.start(), "CREATE TABLE kept AS SELECT 41 + 1 AS value")
    await first.stop()
    second = make_postgres(server)
    begun = time.monotonic()
    dsn = await second.start()
    try:
        assert time.monotonic() - begun < 2
        assert await _value(dsn, "SELECT value FROM kept") == 42
    finally:
        await second.stop()


async def test_a_server_that_can_not_start_says_why(wheel: PostgresServer, place: Path) -> None:
    postgres = EmbeddedPostgres(
        place / "postgres",
        wheel,
        port=free_port(),
        state_root=place / "state",
        overrides={"shared_buffers": "a lot"},
    )
    with pytest.raises(EngineError, match="shared_buffers"):
        await postgres.start(20)
    assert postgres.running() is None


async def test_removing_leaves_nothing(wheel: PostgresServer, make_postgres: MakePostgres, place: Path) -> None:
    postgres = make_postgres(wheel, home=place / "data" / "postgres")
    await postgres.start()
    try:
        with pytest.raises(EngineError, match="stop the centre first"):
            remove_data(place / "data")
    finally:
        await postgres.stop()
    remove_data(place / "data")
    assert "data" not in _names(place)
    state = place / "state"
    assert not state.exists() or _names(state) <= {"servers"}, "copied programs may stay, data may not"
