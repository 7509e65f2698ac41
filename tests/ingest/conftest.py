"""A running ingest with a real database and a real bus, and what it has published."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from pydantic import SecretStr

from ingest import credential_table
from ingest.push.body import BodyLimits
from ingest.service import running
from ingest.source_entries import DossierSource, EventsSource
from ingest.sources import Sources, load_sources
from ioc_core import catalogue
from ioc_core.addresses import database_url, nats_url
from ioc_core.bus import Bus, EventsPuller, connect_bus
from ioc_core.catalogue import Catalogue
from ioc_core.db import connect
from ioc_core.engine import EmbeddedNats, EmbeddedPostgres, free_port
from ioc_core.events import Event, decode_batch
from ioc_core.settings import Settings
from tests.conftest import CONFIG, drop_database, new_database

EventT = TypeVar("EventT", bound=Event)

SOURCES = """\
sources:
  - name: one-stop
    kind: dvcqg
    title: Một cửa thử nghiệm
    username: motcua
    unit: "66"
    system: igate
  - name: health-desk
    kind: dvcqg
    title: Một cửa Sở Y tế
    scope: [SYT]
  - name: documents
    kind: push
    title: Văn bản
    system: idesk
  - name: meter
    kind: push
    title: Chỉ gửi số đo
    accepts: [sample]
    rate_limit: 50
    scope: [SYT]
  - name: devices
    kind: syslog
    title: Thiết bị
    unit: SKHCN
    system: security-monitoring
    addresses: [127.0.0.1/32]
"""


@dataclass(slots=True)
class Ingest:
    """A running ingest. `settings` are those of its centre."""

    settings: Settings
    client: httpx.AsyncClient
    secrets: dict[str, str]
    bus: Bus
    _puller: EventsPuller

    def token(self, source: str) -> dict[str, str]:
        """The header that signs `source` in."""
        return {"Authorization": f"Bearer {self.secrets[source]}"}

    async def events(self, kind: type[EventT], count: int, *, within: float = 10.0) -> list[EventT]:
        """The next `count` events of one kind that EVENTS holds; others before them are skipped."""
        found: list[EventT] = []
        clock = asyncio.get_running_loop().time
        deadline = clock() + within
        while len(found) < count and clock() < deadline:
            messages = await self._puller.batch(wait=0.2)
            found += [event for message in messages for event in decode_batch(message.data) if isinstance(event, kind)]
            await self._puller.ack(messages)
        assert len(found) >= count, f"{len(found)} of {count} {kind.__name__} came"
        return found

    async def all_events(self, *, quiet: float = 0.3) -> list[Event]:
        """Everything that EVENTS holds, until nothing has come for `quiet` seconds."""
        found: list[Event] = []
        while messages := await self._puller.batch(wait=quiet):
            found += [event for message in messages for event in decode_batch(message.data)]
            await self._puller.ack(messages)
        return found


@pytest.fixture(scope="session")
def shipped() -> Catalogue:
    """The shipped catalogue."""
    return catalogue.load(CONFIG)


def written_sources(folder: Path, text: str, shipped: Catalogue, settings: Settings) -> Sources:
    """The sources of a YAML text."""
    config = folder / "only"
    (config / "sources").mkdir(parents=True, exist_ok=True)
    (config / "sources" / "test.yaml").write_text(text, encoding="utf-8")
    return load_sources(settings.model_copy(update={"config_dir": config}), shipped)


async def issue_all(settings: Settings, sources: Sources) -> dict[str, str]:
    """A credential for each source that has one: name → secret."""
    secrets: dict[str, str] = {}
    connection = await connect(database_url(settings), application="test")
    try:
        for source in sources.by_name.values():
            now = datetime.now(UTC)
            if isinstance(source, DossierSource):
                secrets[source.name] = await credential_table.issue(
                    connection, source.name, "password", source.user, old_until=now
                )
            elif isinstance(source, EventsSource):
                secrets[source.name] = await credential_table.issue(
                    connection, source.name, "token", None, old_until=now
                )
    finally:
        await connection.close()
    return secrets


@contextlib.asynccontextmanager
async def running_ingest(
    settings: Settings, shipped: Catalogue, sources: Sources, *, collect: bool = False
) -> AsyncIterator[Ingest]:
    """A running ingest, ready to take pushes."""
    secrets = await issue_all(settings, sources)
    async with contextlib.AsyncExitStack() as stack:
        bus = await connect_bus(settings, url=nats_url(settings), name="test")
        stack.push_async_callback(bus.close)
        puller = EventsPuller(bus)
        await puller.start()
        stack.push_async_callback(puller.close)
        limits = BodyLimits(size=32 << 20, idle_seconds=1.0)
        await stack.enter_async_context(running(settings, shipped, sources, collect=collect, limits=limits))
        client = httpx.AsyncClient(base_url=settings.ingest_address, timeout=30.0)
        await stack.enter_async_context(client)
        async with asyncio.timeout(15):
            while (await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)
        yield Ingest(settings, client, secrets, bus, puller)


@pytest.fixture
def sources(tmp_path: Path, shipped: Catalogue, centre: Settings) -> Sources:
    """The sources of `SOURCES` alone."""
    return written_sources(tmp_path, SOURCES, shipped, centre)


@pytest.fixture(scope="session")
async def shared_ingest(
    timescaledb_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory, shipped: Catalogue
) -> AsyncIterator[Ingest]:
    """One running ingest for all tests that only push to it."""
    home = tmp_path_factory.mktemp("ingest")
    dsn = await new_database(timescaledb_server)
    server = EmbeddedNats(home / "nats", port=free_port())
    settings = Settings(
        data_dir=home / "data",
        config_dir=CONFIG,
        database_url=SecretStr(dsn),
        nats_url=SecretStr(await server.start()),
        events_max_bytes=256 << 20,
        ingest_port=free_port(),
        syslog_port=free_port(),
    )
    async with running_ingest(settings, shipped, written_sources(home, SOURCES, shipped, settings)) as started:
        yield started
    await server.stop()
    await drop_database(timescaledb_server, dsn)


@pytest.fixture
async def ingest(shared_ingest: Ingest) -> Ingest:
    """A running ingest with the sources of `SOURCES`, nothing left in EVENTS."""
    await shared_ingest.all_events(quiet=0.05)
    return shared_ingest
