"""The bus against a real NATS server that is killed, filled and made anew."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ioc_core.bus import Bus, EventsPuller, LiveMessage, LiveReader, LiveReset, connect_bus
from ioc_core.engine import EmbeddedNats, free_port
from ioc_core.errors import BusFullError, BusUnavailableError
from ioc_core.events import Sample, decode_batch, encode_batch, encode_batches
from ioc_core.live import SUBJECT_CHANGED, SUBJECT_STATE
from ioc_core.settings import Settings

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def samples(count: int, *, first: int = 0) -> list[Sample]:
    return [Sample("host", NOW, NOW, "load1", float(first + index)) for index in range(count)]


async def drain(puller: EventsPuller, count: int, *, ack: bool = True) -> list[int]:
    """Return the sequences of `count` messages."""
    seqs: list[int] = []
    async with asyncio.timeout(20):
        while len(seqs) < count:
            batch = await puller.batch(wait=1.0)
            seqs += [message.seq for message in batch]
            if ack:
                await puller.ack(batch)
    return seqs


async def test_messages_arrive_in_order_and_once_when_acknowledged(bus: Bus) -> None:
    puller = EventsPuller(bus)
    await puller.start()
    for number in range(300):
        await bus.publish_events("host", [encode_batch(samples(1, first=number))])
    assert await drain(puller, 300) == list(range(1, 301))
    assert await puller.batch(wait=0.5) == []
    async with asyncio.timeout(20):  # the server takes acknowledgements when it gets to them
        while (await bus.stream_state("EVENTS")).messages:
            await asyncio.sleep(0.05)


async def test_a_large_push_becomes_several_messages_and_keeps_every_event(bus: Bus) -> None:
    puller = EventsPuller(bus)
    await puller.start()
    sent = samples(40_000)
    messages = encode_batches(list(sent))
    assert len(messages) > 1
    await bus.publish_events("host", messages)
    got: list[Sample] = []
    while len(got) < len(sent):
        batch = await puller.batch(wait=2.0)
        got += [event for message in batch for event in decode_batch(message.data) if isinstance(event, Sample)]
        await puller.ack(batch)
    assert sorted(got, key=lambda sample: sample.value) == sent


async def test_what_is_not_acknowledged_comes_again(bus: Bus) -> None:
    first = EventsPuller(bus)
    await first.start()
    await bus.publish_events("host", [encode_batch(samples(1))])
    assert await drain(first, 1, ack=False) == [1]
    again = EventsPuller(bus)
    await again.start()
    assert await drain(again, 1) == [1]


async def test_a_full_stream_refuses_and_keeps_what_it_has(nats: str, settings: Settings) -> None:
    small = settings.model_copy(update={"events_max_bytes": 100_000})
    bus = await connect_bus(small, url=nats, name="test")
    message = encode_batch(samples(100))

    async def fill() -> None:
        while True:
            await bus.publish_events("host", [message])

    with pytest.raises(BusFullError):
        await fill()
    accepted = (await bus.stream_state("EVENTS")).messages
    assert accepted > 0
    puller = EventsPuller(bus)
    await puller.start()
    await drain(puller, accepted)
    async with asyncio.timeout(5):
        while (await bus.stream_state("EVENTS")).messages:  # acknowledgements take a moment
            await asyncio.sleep(0.05)
    await bus.publish_events("host", [message])
    await bus.close()


async def test_a_killed_server_loses_nothing_acknowledged_and_readers_recover(
    tmp_path: Path, settings: Settings
) -> None:
    server = EmbeddedNats(tmp_path / "nats", port=free_port())
    bus = await connect_bus(settings, url=await server.start(), name="test")
    puller = EventsPuller(bus)
    await puller.start()
    live = LiveReader(bus, SUBJECT_CHANGED).read()
    first = await anext(live)
    assert isinstance(first, LiveReset)
    for number in range(50):
        await bus.publish_events("host", [encode_batch(samples(1, first=number))])

    await server.stop(0.0)  # SIGKILL at once
    with pytest.raises(BusUnavailableError):
        await bus.publish_events("host", [encode_batch(samples(1))])
    await server.start()

    assert sorted(set(await drain(puller, 50))) == list(range(1, 51))
    async with asyncio.timeout(10):
        reset = await anext(live)
    assert isinstance(reset, LiveReset)
    assert reset.stream != first.stream, "LIVE is kept in memory: a new server has a new stream"
    await bus.publish_live(SUBJECT_CHANGED, b"{}")
    async with asyncio.timeout(10):
        message = await anext(live)
    assert isinstance(message, LiveMessage)
    assert message.data == b"{}"
    await bus.close()
    await server.stop()


async def test_a_reader_sees_only_its_subject_in_order_with_the_stream_sequence(bus: Bus) -> None:
    live = LiveReader(bus, SUBJECT_STATE).read()
    assert isinstance(await anext(live), LiveReset)
    published = []
    for number in range(200):
        seq = await bus.publish_live(SUBJECT_STATE if number % 2 else SUBJECT_CHANGED, str(number).encode())
        if number % 2:
            published.append((seq, str(number).encode()))
    got = []
    for _ in published:
        message = await anext(live)
        assert isinstance(message, LiveMessage)
        got.append((message.seq, message.data))
    assert got == published


async def test_many_processes_may_come_and_go_with_the_room_of_one_stream(tmp_path: Path, settings: Settings) -> None:
    """The server has room for one EVENTS: a second reservation would be refused."""
    server = EmbeddedNats(tmp_path / "nats", port=free_port(), max_file=settings.events_max_bytes + (1 << 20))
    url = await server.start()
    buses = await asyncio.gather(*(connect_bus(settings, url=url, name="test") for _ in range(4)))
    again = await connect_bus(settings, url=url, name="test")
    assert (await again.stream_state("EVENTS")).identity == (await buses[0].stream_state("EVENTS")).identity
    smaller = settings.model_copy(update={"events_max_bytes": 1 << 20})
    await (await connect_bus(smaller, url=url, name="test")).close()
    with pytest.raises(BusFullError):
        await again.publish_events("host", encode_batches(samples(60_000)))
    for bus in (*buses, again):
        await bus.close()
    await server.stop()


async def test_a_server_that_is_not_there_is_told_of_in_time(settings: Settings) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(BusUnavailableError, match=r"no NATS server answers: .+"):
            await connect_bus(settings, url=f"nats://127.0.0.1:{free_port()}", name="test", wait=0.5)
