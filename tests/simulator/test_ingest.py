"""The simulator against the real ingest: everything generated arrives, also when ingest is killed again and again."""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from ioc_core.bus import Bus, EventsPuller, connect_bus
from ioc_core.catalogue import Catalogue
from ioc_core.events import DossierEvent, Event, Rejected, Sample, SecurityEvent, decode_batch
from ioc_core.settings import Settings
from simulator.dossiers.scenario import PRESENT
from simulator.dossiers.timeline import Kind
from simulator.metrics import LAG
from simulator.position import PositionFile
from simulator.run import Options, Simulation
from simulator.workclock import DAY, HOUR, WorkClock
from simulator.world import World
from tests.conftest import ROOT
from tests.processes import Forked, start
from tests.simulator.conftest import SEED

pytestmark = pytest.mark.slow

SOURCES = ROOT / "simulator" / "sources"
BEHIND = 3 * HOUR
"""Real time begins so long ago that it has some thousand messages to tell at once."""


def _environment(settings: Settings) -> dict[str, str]:
    values = settings.model_dump(exclude_none=True, exclude_defaults=True)
    secrets = {name: value.get_secret_value() for name, value in values.items() if isinstance(value, SecretStr)}
    return os.environ | {f"IOC_{name.upper()}": str(value) for name, value in (values | secrets).items()}


class Ingest:
    """`ioc ingest` as a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: Forked | None = None

    async def command(self, *arguments: str) -> None:
        """Run another `ioc` command to its end."""
        process = await self._spawn(*arguments)
        assert await process.wait() == 0

    async def start(self) -> None:
        """Start it, and wait until it takes pushes."""
        self._process = await self._spawn("ingest")
        async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as http:
            while not await self._ready(http):
                assert self._process.returncode is None
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it without warning."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _spawn(self, *arguments: str) -> Forked:
        return await start(*arguments, env=_environment(self._settings))

    async def _ready(self, http: httpx.AsyncClient) -> bool:
        try:
            answer = await http.get(f"{self._settings.ingest_address}/readyz")
        except httpx.TransportError:
            return False
        return answer.status_code == 200


@pytest.fixture
def demo(centre: Settings) -> Settings:
    """A centre with the simulator's sources."""
    return centre.model_copy(update={"extra_sources": SOURCES})


@pytest.fixture
async def ingest(demo: Settings) -> AsyncIterator[Ingest]:
    """A running ingest, with credentials for the simulator."""
    process = Ingest(demo)
    for source in ("igate-sim", "systems-sim"):
        await process.command("source", "credentials", source, "--save")
    await process.start()
    yield process
    await process.kill()


@pytest.fixture
async def events(demo: Settings, ingest: Ingest) -> AsyncIterator[Bus]:
    """The bus behind that ingest."""
    assert demo.nats_url is not None
    bus = await connect_bus(demo, url=demo.nats_url.get_secret_value(), name="test")
    yield bus
    await bus.close()


async def _received(bus: Bus) -> list[Event]:
    puller = EventsPuller(bus)
    await puller.start()
    received: list[Event] = []
    while messages := await puller.batch(wait=1.5):
        for message in messages:
            received += decode_batch(message.data)
        await puller.ack(messages)
    await puller.close()
    return received


def _lag() -> float:
    lag = REGISTRY.get_sample_value("ioc_simulator_lag_seconds", {"feed": "igate"})
    return math.inf if lag is None else lag


async def test_nothing_is_lost_when_ingest_is_killed(
    demo: Settings, ingest: Ingest, events: Bus, shipped: Catalogue, clock: WorkClock
) -> None:
    world = World(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED, rate=0.5)
    start = int(time.time()) - BEHIND
    simulation = Simulation(
        world, demo, Options(since=3 * DAY, once=False, ingest_url=demo.ingest_address), start=start
    )
    stop = asyncio.Event()
    running = asyncio.create_task(simulation.run(stop))
    feed = simulation.progress.feed("igate")
    LAG.labels("igate").set(math.inf)
    async with asyncio.timeout(90):
        for entries in (1, 4000):  # in the middle of the first synchronisation, twice
            while feed.entries < entries and feed.phase.value != "live":
                await asyncio.sleep(0.02)
            await ingest.kill()
            await asyncio.sleep(0.2)
            await ingest.start()
        while await simulation.progress.check() is not None:
            await asyncio.sleep(0.05)
        await ingest.kill()  # and in real time
        await asyncio.sleep(0.3)
        await ingest.start()
        while _lag() > 60:
            await asyncio.sleep(0.1)
        stop.set()
        await running
    received = await _received(events)
    assert [event for event in received if isinstance(event, Rejected)] == []
    position = PositionFile(demo.data_dir, "igate", world.name).read(since=start)
    assert position is not None
    _compare_dossiers(world, received, start=start, until=position.until)
    assert sum(isinstance(event, Sample) for event in received) > 10_000
    assert sum(isinstance(event, SecurityEvent) for event in received) > 50


def _compare_dossiers(world: World, received: list[Event], *, start: int, until: int) -> None:
    timeline = world.timeline(first=world.clock.day_of(start - 3 * DAY), start=start)
    past = [item for day in timeline.past() for item in day]
    live = list(timeline.until(until))
    codes = {item.plan.code for item in past} | {message.code for message in live}
    text = world.clock.text
    steps = {(item.plan.code, text(step.at), step.status.value) for item in past for step in item.steps}
    for message in live:
        if message.kind is Kind.STEP:
            body = msgspec.json.decode(message.body)
            steps.add((message.code, body["ThoiDiemXuLy"], int(body["TrangThai"])))
    dossiers = [event for event in received if isinstance(event, DossierEvent)]
    told = {
        (event.code, text(int(event.observed_at.timestamp())), event.status.value)
        for event in dossiers
        if not event.record
    }
    assert len(past) > 500
    assert len(live) > 300
    assert codes - {event.code for event in dossiers if event.record} == set()
    assert steps - told == set()
