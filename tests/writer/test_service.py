"""The whole writer against real servers that go away, and processes that are killed."""

import asyncio
import contextlib
import os
import random
import signal
import time
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from ingest.write_cli import serve
from ioc_core.addresses import NATS_FILE, write_address
from ioc_core.bus import Bus, LiveMessage, LiveReader, connect_bus
from ioc_core.db import Pool, create_pool
from ioc_core.engine import EmbeddedNats, free_port
from ioc_core.events import Event, encode_batch
from ioc_core.live import SUBJECT_CHANGED, Changed, Facts, decode_changed
from ioc_core.settings import Settings
from tests import processes
from tests.conftest import CONFIG
from tests.processes import Forked
from tests.writer.applying import Applier, message
from tests.writer.conftest import EMPTY
from tests.writer.events import contents, dossier, heartbeat, mixed, sample
from tests.writer.proxy import Line


@pytest.fixture
def writing(settings: Settings, shared_dsn: str, store: Pool, nats: str) -> Settings:
    """Settings of a writer of the shared database and a fresh bus."""
    return settings.model_copy(update={"database_url": SecretStr(shared_dsn), "nats_url": SecretStr(nats)})


@contextlib.asynccontextmanager
async def writer(settings: Settings) -> AsyncIterator[None]:
    """Run the writer in this process while the context is open."""
    stop = asyncio.Event()
    task = asyncio.create_task(serve(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 4.0)


def environment(settings: Settings) -> dict[str, str]:
    assert settings.database_url is not None
    assert settings.nats_url is not None
    return {
        **os.environ,
        "IOC_DATABASE_URL": settings.database_url.get_secret_value(),
        "IOC_NATS_URL": settings.nats_url.get_secret_value(),
        "IOC_DATA_DIR": str(settings.data_dir),
        "IOC_CONFIG_DIR": str(CONFIG),
        "IOC_LOG_LEVEL": "error",
    }


def spawn(settings: Settings, port: int = 0) -> Forked:
    """Start `ioc write` as a process of its own; `port` 0: any free one."""
    return processes.spawn("write", env=environment(settings) | {"IOC_WRITE_PORT": str(port)})


@contextlib.contextmanager
def process(settings: Settings, port: int = 0) -> Iterator[Forked]:
    """Run `ioc write` while the context is open."""
    child = spawn(settings, port)
    try:
        yield child
    finally:
        child.kill()
        child.join()


async def publish(bus: Bus, sent: Sequence[Sequence[Event]], *, pause: float = 0.0) -> None:
    for events in sent:
        await bus.publish_events("test", [encode_batch(events)])
        await asyncio.sleep(pause)


def batches(count: int, *, each: int = 10) -> list[list[Event]]:
    """Return `count` messages of `each` events, all different."""
    events = mixed(count * each)
    return [events[start : start + each] for start in range(0, len(events), each)]


async def until_written(bus: Bus, *, within: float = 30.0) -> None:
    """Return when EVENTS is empty: everything is acknowledged, so committed."""
    async with asyncio.timeout(within):
        while (await bus.stream_state("EVENTS")).messages:
            await asyncio.sleep(0.02)


async def assert_stored_once(store: Pool, sent: Sequence[Sequence[Event]]) -> None:
    """Every table holds what one writer stores that nobody ever disturbed."""
    found = await contents(store)
    await store.execute(EMPTY)
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(number + 1, events) for number, events in enumerate(sent)])
    expected = await contents(store)
    assert {name: len(rows) for name, rows in found.items()} == {name: len(rows) for name, rows in expected.items()}
    assert found == expected


async def ready(port: int) -> tuple[int, dict[str, str]]:
    """Return the status of /readyz and what fails; (0, {}) when nobody answers."""
    async with httpx.AsyncClient(timeout=5) as client:
        try:
            answer = await client.get(f"http://127.0.0.1:{port}/readyz")
        except httpx.TransportError:
            return 0, {}
    return answer.status_code, answer.json()["failed"]


async def until_ready(port: int, status: int = 200, *, within: float = 15.0) -> dict[str, str]:
    async with asyncio.timeout(within):
        while True:
            found, failed = await ready(port)
            if found == status:
                return failed
            await asyncio.sleep(0.05)


async def test_events_become_rows_and_a_notice(writing: Settings, bus: Bus, store: Pool) -> None:
    reader = LiveReader(bus, SUBJECT_CHANGED)
    notices: asyncio.Queue[Changed] = asyncio.Queue()

    async def listen() -> None:
        async for item in reader.read():
            if isinstance(item, LiveMessage):
                notices.put_nowait(decode_changed(item.data))

    listening = asyncio.create_task(listen())
    async with writer(writing):
        await until_ready(writing.write_port)
        started = datetime.now(UTC)
        await publish(bus, [[dossier(7, 1, 2), sample(1, 1.0)]])
        notice = await asyncio.wait_for(notices.get(), 5)
        assert await store.fetchval("SELECT count(*) FROM dossiers") == 1
        assert notice.facts == {Facts.DOSSIERS, Facts.SAMPLES, Facts.SOURCES}
        assert notice.dossiers == (dossier(7, 1, 2).code,)
        assert started < notice.committed_at < datetime.now(UTC)
        await until_written(bus)
    listening.cancel()
    await reader.close()


async def test_a_message_nobody_can_read_holds_up_nothing(writing: Settings, bus: Bus, store: Pool) -> None:
    async with writer(writing):
        await bus.publish_events("leaf-7", [b"\x00\xff not JSON"])
        await publish(bus, [[heartbeat(1), sample(1, 1.0)]])
        await until_written(bus)
    row = await store.fetchrow("SELECT source, port, reason, raw FROM rejected")
    assert row is not None
    assert tuple(row) == ("leaf-7", "writer", "undecodable", b"\x00\xff not JSON")
    assert await store.fetchval("SELECT count(*) FROM samples") == 1
    assert await store.fetchval("SELECT rejected_total FROM source_activity WHERE source = 'leaf-7'") == 1


async def test_notices_come_again_when_a_crash_may_have_lost_them(writing: Settings, bus: Bus, store: Pool) -> None:
    """A message that is in the database but wasn't acknowledged is told of again, and acknowledged."""
    await publish(bus, [[dossier(7, 1, 2)]])
    identity = (await bus.stream_state("EVENTS")).identity
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(1, [dossier(7, 1, 2)], stream=identity)])
    before = (await bus.stream_state("LIVE")).last_seq
    async with writer(writing):
        await until_written(bus)
    assert (await bus.stream_state("LIVE")).last_seq == before + 1
    assert await store.fetchval("SELECT events_total FROM source_activity") == 1


async def test_the_database_may_go_away_under_load(writing: Settings, bus: Bus, store: Pool) -> None:
    assert writing.database_url is not None
    url = writing.database_url.get_secret_value()
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    sent = batches(300)
    async with Line(port).listening() as line:
        cut = writing.model_copy(update={"database_url": SecretStr(url.replace(f":{port}/", f":{line.port}/"))})
        async with writer(cut):
            await until_ready(cut.write_port)
            load = asyncio.create_task(publish(bus, sent, pause=0.005))
            for go_away in (line.cut, line.freeze):
                await asyncio.sleep(0.4)
                go_away()
                failed = await until_ready(cut.write_port, 503)
                assert "database" in failed
                await asyncio.sleep(0.3)
                line.mend()
                await until_ready(cut.write_port)
            await load
            await until_written(bus)
    await assert_stored_once(store, sent)


@pytest.mark.slow
async def test_the_bus_may_be_restarted_under_load(settings: Settings, database: str, tmp_path: Path) -> None:
    server = EmbeddedNats(tmp_path / "nats", port=free_port())
    url = await server.start()
    both = settings.model_copy(update={"database_url": SecretStr(database), "nats_url": SecretStr(url)})
    bus = await connect_bus(both, url=url, name="test")
    sent = batches(200)
    async with writer(both):
        await until_ready(both.write_port)
        await publish(bus, sent[:100], pause=0.002)
        await server.stop()
        assert "bus" in await until_ready(both.write_port, 503)
        await server.start()
        await until_ready(both.write_port)
        await bus.ensure_streams()
        await publish(bus, sent[100:], pause=0.002)
        await until_written(bus)
        assert (await bus.stream_state("LIVE")).messages > 0  # in memory, so it had to be made anew
    await bus.close()
    await server.stop()
    async with await create_pool(database, application="test") as pool:
        await assert_stored_once(pool, sent)


@pytest.mark.slow
async def test_writers_killed_at_any_moment_lose_and_double_nothing(writing: Settings, bus: Bus, store: Pool) -> None:
    moments = random.Random(20)
    sent = batches(2500, each=8)
    load = asyncio.create_task(publish(bus, sent, pause=0.001))
    children = [spawn(writing), spawn(writing)]
    try:
        killed = 0
        while not load.done() or killed < 6:
            await asyncio.sleep(moments.uniform(0.9, 1.6))
            victim = children.pop(0)
            victim.kill()
            victim.join()
            killed += 1
            children.append(spawn(writing))
        await load
        await until_written(bus, within=40)
    finally:
        for child in children:
            child.kill()
            child.join()
    await assert_stored_once(store, sent)


async def test_it_starts_before_its_servers_and_waits_for_them(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    port = int(database.rsplit(":", 1)[1].split("/")[0])
    server = EmbeddedNats(tmp_path / "nats", port=free_port())
    async with Line(port).listening() as line:
        line.cut()
        later = SecretStr(database.replace(f":{port}/", f":{line.port}/"))
        waiting = settings.model_copy(update={"database_url": later})
        async with writer(waiting):
            assert set(await until_ready(waiting.write_port, 503)) == {"database", "bus"}
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"http://127.0.0.1:{waiting.write_port}/healthz")
            assert answer.status_code == 200
            url = await server.start()
            write_address(waiting, NATS_FILE, url)
            line.mend()
            await until_ready(waiting.write_port)
            bus = await connect_bus(waiting, url=url, name="test")
            await publish(bus, batches(3))
            await until_written(bus)
            await bus.close()
        await server.stop()


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_what_it_has_in_hand_committed(
    centre: Settings, bus: Bus, pool: Pool, signal_: signal.Signals
) -> None:
    port = free_port()
    with process(centre, port) as child:
        await until_ready(port)
        load = asyncio.create_task(publish(bus, batches(400), pause=0.001))
        await asyncio.sleep(0.5)
        began = time.monotonic()
        child.send_signal(signal_)
        assert await asyncio.to_thread(child.join) == 0
        assert time.monotonic() - began < 3
        await load
    counted = await pool.fetchval("SELECT coalesce(sum(events_total), 0)::int FROM source_activity")
    left = (await bus.stream_state("EVENTS")).messages
    assert 0 < left < 400
    facts = await pool.fetchval(
        "SELECT (SELECT count(*) FROM samples) + (SELECT count(*) FROM dossier_events)"
        " + (SELECT count(*) FROM probe_results) + (SELECT count(*) FROM security_events)"
    )
    assert counted == facts


async def test_metrics_are_what_prometheus_accepts(centre: Settings, bus: Bus) -> None:
    port = free_port()
    with process(centre, port):
        await until_ready(port)
        await publish(bus, [[sample(1, 1.0), sample(1, 2e300), heartbeat(1)]])
        await until_written(bus)
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    tool = await asyncio.create_subprocess_exec("promtool", "check", "metrics", stdin=PIPE, stdout=PIPE, stderr=STDOUT)
    said, _ = await tool.communicate(text.encode())
    assert tool.returncode == 0, said.decode()
    for line in (
        "ioc_writer_batches_total 1.0",
        'ioc_writer_rows_total{kind="sample"} 1.0',
        'ioc_writer_rejected_total{reason="value_out_of_range"} 1.0',
        "ioc_writer_batch_duration_seconds_count 1.0",
        "ioc_writer_pending_messages",
        "ioc_writer_pending_oldest_seconds",
    ):
        assert line in text
