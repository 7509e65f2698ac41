"""kill -9 of servers and supervisors: nothing committed is lost, the next start works, nothing is left behind."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest

from ioc_core.engine import EmbeddedNats, PostgresServer, free_port
from ioc_core.errors import EngineError
from tests.engine.conftest import MakePostgres
from tests.engine.supervisors import supervised, until

pytestmark = pytest.mark.slow


async def _write(dsn: str, value: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS written (value int PRIMARY KEY)")
        await connection.execute("INSERT INTO written VALUES ($1)", value)
    finally:
        await connection.close()


async def _written(dsn: str) -> list[int]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["value"] for row in await connection.fetch("SELECT value FROM written ORDER BY value")]
    finally:
        await connection.close()


async def test_postgres_recovers_from_kill_9(server: PostgresServer, make_postgres: MakePostgres) -> None:
    for value in range(3):
        postgres = make_postgres(server)
        await _write(await postgres.start(), value)
        running = postgres.running()
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        await postgres.stop()
    last = make_postgres(server)
    try:
        assert await _written(await last.start()) == [0, 1, 2]
    finally:
        await last.stop()


async def test_postgres_ends_cleanly_with_its_supervisor(
    server: PostgresServer, make_postgres: MakePostgres, place: Path
) -> None:
    home, state = place / "postgres", place / "state"
    arguments = ("postgres", str(home), str(state), str(free_port()), str(server.bin_dir))
    async with supervised(*arguments) as first:
        await _write(first.url, 1)
        first.process.kill()
        await first.process.wait()
    control = make_postgres(server)
    assert control.running() is None
    async with supervised(*arguments) as second:
        assert await _written(second.url) == [1]
        log = (place / "postgres" / "cluster" / "log").glob("*.log")
        assert not any("was not properly shut down" in path.read_text() for path in log)


async def test_a_new_supervisor_waits_for_the_old_server_to_end(wheel: PostgresServer, place: Path) -> None:
    arguments = ("postgres", str(place / "postgres"), str(place / "state"), str(free_port()), str(wheel.bin_dir))
    async with supervised(*arguments) as first:
        await _write(first.url, 7)
        first.process.kill()
        async with supervised(*arguments) as second:
            assert second.server_pid != first.server_pid
            assert await _written(second.url) == [7]


async def test_ctrl_c_in_the_terminal_does_not_reach_the_server(wheel: PostgresServer, place: Path) -> None:
    arguments = ("postgres", str(place / "postgres"), str(place / "state"), str(free_port()), str(wheel.bin_dir))
    async with supervised(*arguments) as running:
        assert os.getpgid(running.server_pid) != os.getpgid(running.process.pid)


async def test_a_stale_pid_file_with_the_number_of_a_stranger_is_ignored(
    wheel: PostgresServer, make_postgres: MakePostgres
) -> None:
    postgres = make_postgres(wheel)
    await _write(await postgres.start(), 5)
    running = postgres.running()
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    await postgres.stop()
    pid_file = postgres.home / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    stranger = psutil.Process().pid
    pid_file.write_text("\n".join([str(stranger), *lines[1:], ""]))
    try:
        assert await _written(await postgres.start()) == [5]
    finally:
        await postgres.stop()


async def test_an_interrupted_initdb_is_begun_again(wheel: PostgresServer, make_postgres: MakePostgres) -> None:
    postgres = make_postgres(wheel)
    await postgres.prepare()
    record = postgres.home / "cluster.json"
    record.write_text(record.read_text().replace('"initialised": true', '"initialised": false'))
    (postgres.home / "cluster").rename(postgres.home / "cluster.new")
    (postgres.home / "cluster.new" / "PG_VERSION").unlink()
    try:
        await _write(await postgres.start(), 1)
    finally:
        await postgres.stop()


async def test_nats_keeps_acknowledged_messages_through_kill_9(place: Path) -> None:
    bus = EmbeddedNats(place / "nats", port=free_port())
    client = await nats.connect(await bus.start())
    stream = client.jetstream()
    await stream.add_stream(name="EVENTS", subjects=["events.>"])
    for number in range(100):
        await stream.publish("events.x", str(number).encode())
    running = bus.running()
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    await client.close()
    await bus.stop()
    client = await nats.connect(await bus.start())
    try:
        info = await client.jetstream().stream_info("EVENTS")
        assert info.state.messages == 100
    finally:
        await client.close()
        await bus.stop()


async def test_nats_ends_with_its_supervisor(place: Path) -> None:
    arguments = ("nats", str(place / "nats"), str(place / "state"), str(free_port()))
    async with supervised(*arguments) as first:
        first.process.kill()
        await until(lambda: not psutil.pid_exists(first.server_pid))


async def test_two_supervisors_can_not_share_one_store(place: Path) -> None:
    port = free_port()
    async with supervised("nats", str(place / "nats"), str(place / "state"), str(port)) as first:
        other = EmbeddedNats(place / "nats", port=free_port())
        with pytest.raises(EngineError, match=f"under process {first.process.pid}"):
            await other.prepare(5)
        assert await other.start() == first.url, "a short command attaches instead"
        await other.stop()
        assert psutil.pid_exists(first.server_pid)


async def test_two_starts_at_once_give_one_server(wheel: PostgresServer, make_postgres: MakePostgres) -> None:
    both = [make_postgres(wheel), make_postgres(wheel)]
    urls = await asyncio.gather(*(each.start() for each in both))
    try:
        assert urls[0] == urls[1]
    finally:
        await asyncio.gather(*(each.stop() for each in both))
    assert both[0].running() is None
