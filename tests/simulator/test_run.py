"""A whole run against a small receiver: the past, real time, a restart, a receiver that was emptied."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path

import httpx
import pytest

from ioc_core.catalogue import Catalogue
from ioc_core.engine import free_port
from ioc_core.settings import Settings
from simulator.dossiers.scenario import PRESENT
from simulator.run import DOSSIER_SOURCE, SYSTEMS_SOURCE, Options, Simulation
from simulator.workclock import DAY, HOUR, WorkClock
from simulator.world import World
from tests.conftest import CONFIG
from tests.simulator.conftest import SEED
from tests.simulator.receiver import Receiver, receiving


class Syslog(asyncio.DatagramProtocol):
    """Takes syslog on one port, both ways."""

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []
        self.streamed = bytearray()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.datagrams.append(data)

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection."""
        while data := await reader.read(65536):
            self.streamed += data
        writer.close()


@pytest.fixture
def small(shipped: Catalogue, clock: WorkClock) -> World:
    """A tenth of the province's traffic."""
    return World(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED, rate=0.1)


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Settings on free ports, with both credentials in place."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    secrets = {
        DOSSIER_SOURCE: {"kind": "password", "username": "igate-sim", "password": "secret"},
        SYSTEMS_SOURCE: {"kind": "token", "token": "token"},
    }
    for source, secret in secrets.items():
        (folder / f"{source}.json").write_text(json.dumps({"source": source, **secret}))
    return Settings(data_dir=tmp_path, config_dir=CONFIG, simulator_port=free_port(), syslog_port=free_port())


@pytest.fixture
async def syslog(here: Settings) -> AsyncIterator[Syslog]:
    """A syslog receiver on the port of the settings."""
    taken = Syslog()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: taken, local_addr=("127.0.0.1", here.syslog_port))
    async with await asyncio.start_server(taken.stream, "127.0.0.1", here.syslog_port):
        yield taken
    transport.close()


def _simulation(world: World, here: Settings, url: str, *, start: int, once: bool) -> Simulation:
    return Simulation(world, here, Options(since=3 * DAY, once=once, ingest_url=url), start=start)


async def _send_past(world: World, here: Settings, url: str, *, start: int) -> None:
    async with asyncio.timeout(60):
        await _simulation(world, here, url, start=start, once=True).run(asyncio.Event())


async def test_the_past_arrives_whole(small: World, here: Settings, syslog: Syslog) -> None:
    receiver, start = Receiver(), int(time.time())
    receiver.session_calls = 3
    receiver.away = 3
    async with receiving(receiver) as url:
        await _send_past(small, here, url, start=start)
    timeline = small.timeline(first=small.clock.day_of(start - 3 * DAY), start=start)
    expected = {past.plan.code: len(past.steps) for day in timeline.past() for past in day}
    created = Counter(code for call, code in receiver.told if call == "DongBoHoSoMC False")
    stepped = Counter(code for call, code in receiver.told if call == "CapNhatTienDoHoSoMC")
    assert created == dict.fromkeys(expected, 1)
    assert stepped == expected
    assert receiver.logins > 1
    assert sum(receiver.samples.values()) > 24 * 100
    assert b"ssh2" in syslog.streamed


def _afternoon(world: World) -> int:
    """15:00 of the last working day before today: offices have filed and worked in the two hours before."""
    calendar = world.clock.calendar
    today = calendar.local_day(datetime.now(UTC))
    noon = datetime.combine(calendar.working_day_after(today, -1), clock_time(15), calendar.rules.timezone)
    return int(noon.timestamp())


async def test_a_restart_sends_only_what_is_new(small: World, here: Settings, syslog: Syslog) -> None:
    receiver, start = Receiver(), _afternoon(small)
    async with receiving(receiver) as url:
        await _send_past(small, here, url, start=start - 2 * HOUR)
        before, samples = len(receiver.told), sum(receiver.samples.values())
        await _send_past(small, here, url, start=start)
    assert before < len(receiver.told) < before * 1.3
    assert sum(receiver.samples.values()) < samples * 1.2
    steps = [code for call, code in receiver.told if call == "CapNhatTienDoHoSoMC"]
    timeline = small.timeline(first=small.clock.day_of(start - 3 * DAY), start=start)
    assert Counter(steps) == {past.plan.code: len(past.steps) for day in timeline.past() for past in day}


async def test_a_receiver_that_was_emptied_gets_the_whole_past_again(
    small: World, here: Settings, syslog: Syslog
) -> None:
    start = int(time.time())
    full, emptied = Receiver(), Receiver()
    async with receiving(full) as url:
        await _send_past(small, here, url, start=start)
    async with receiving(emptied) as url:
        await _send_past(small, here, url, start=start)
    assert Counter(emptied.told) == Counter(full.told)
    assert emptied.samples == full.samples


async def test_real_time_goes_on_and_stops_when_asked(small: World, here: Settings, syslog: Syslog) -> None:
    receiver, stop = Receiver(), asyncio.Event()
    async with receiving(receiver) as url, httpx.AsyncClient(trust_env=False) as http:
        start = int(time.time()) - 600  # ten minutes behind: real time has something to tell at once
        simulation = _simulation(small, here, url, start=start, once=False)
        running = asyncio.create_task(simulation.run(stop))
        async with asyncio.timeout(30):
            while (await _status(http, here)) != 200:
                await asyncio.sleep(0.1)
            past = simulation.progress.feed("igate").entries
            while len(receiver.told) <= past or not syslog.datagrams:
                await asyncio.sleep(0.1)
        stop.set()
        async with asyncio.timeout(3):
            await running
    assert (here.data_dir / "simulator" / "igate.json").exists()


async def _status(http: httpx.AsyncClient, here: Settings) -> int:
    try:
        return (await http.get(f"http://127.0.0.1:{here.simulator_port}/readyz")).status_code
    except httpx.TransportError:
        return 0
