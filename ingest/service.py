"""The process `ioc ingest`: everything that brings events in, wired together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from ingest.collectors import COLLECTORS
from ingest.collectors.context import Context
from ingest.credential_store import CredentialStore
from ingest.database import Database
from ingest.outlet import Outlet
from ingest.presence import Presence
from ingest.publisher import Publisher
from ingest.push.app import push_app
from ingest.push.body import BodyLimits, BodyReader
from ingest.push.connection import GuardedProtocol
from ingest.push.desk import Desk
from ingest.push.events_endpoint import EventsEndpoint
from ingest.push.limits_endpoint import LimitsEndpoint
from ingest.push.national_endpoint import NationalEndpoint
from ingest.push.rate import Strangers
from ingest.push.sign_in import SignIn
from ingest.source_entries import SyslogSource
from ingest.source_mirror import mirror_when_possible
from ingest.sources import Sources
from ingest.supervision import supervised
from ingest.syslog.receiver import SyslogReceiver
from ingest.syslog.senders import Senders
from ioc_core.catalogue import Catalogue
from ioc_core.process import http_server
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_FLUSH = 1.0
_CONNECTIONS = 2000
_KEEP_ALIVE = 60


class _Service:
    """The parts of the process, each knowing only those that it uses."""

    def __init__(self, settings: Settings, catalogue: Catalogue, sources: Sources, limits: BodyLimits) -> None:
        zone = ZoneInfo(settings.timezone)
        kept_for = timedelta(days=settings.retention_security_days)
        self.sources = sources
        self.database = Database(settings)
        self.store = CredentialStore(self.database, settings)
        self.publisher = Publisher(settings)
        self.outlet = Outlet(self.publisher)
        presence = Presence(self.outlet)
        self.bodies = BodyReader(limits)
        desk = Desk(
            publisher=self.publisher,
            outlet=self.outlet,
            sign_in=SignIn(self.store, sources, Strangers()),
            bodies=self.bodies,
            presence=presence,
            catalogue=catalogue,
            sources=sources,
        )
        self.app = push_app(
            EventsEndpoint(desk, settings),
            LimitsEndpoint(desk, self.database, settings),
            NationalEndpoint(desk, self.database, zone),
            {"bus": self.publisher.check, "credentials": self.store.check},
        )
        senders = Senders(sources.of(SyslogSource), zone=zone, kept_for=kept_for)
        self.syslog = SyslogReceiver(senders, self.outlet)
        self.context = Context(self.publisher, self.outlet, presence, settings.data_dir / "ingest", zone, kept_for)

    def work(self, *, collect: bool) -> dict[str, Callable[[], Awaitable[None]]]:
        """What runs in the background, by name."""
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "bus": self.publisher.run,
            "outlet": self.outlet.run,
            "credentials": self.store.run,
            "source-mirror": lambda: mirror_when_possible(self.database, self.sources),
        }
        for source in self.sources.by_name.values() if collect else ():
            if source.kind in COLLECTORS:
                work[source.name] = partial(COLLECTORS[source.kind], source, self.context)
        return work


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    catalogue: Catalogue,
    sources: Sources,
    *,
    collect: bool = True,
    limits: BodyLimits | None = None,
) -> AsyncIterator[None]:
    """Ingest while the context is open. `collect`: also run the collectors (they must run in one process only).

    `limits` of pushes' bodies; None: those of `settings`, and usual times.

    Raises:
        OSError: a port can't be bound; the message names it.
    """
    service = _Service(settings, catalogue, sources, limits or BodyLimits(size=settings.max_body_bytes))
    service.store.load_copy()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(service.database.close)
        stack.push_async_callback(service.publisher.close)
        stack.push_async_callback(service.outlet.flush, _FLUSH)
        work = service.work(collect=collect).items()
        tasks = [asyncio.create_task(supervised(name, job), name=name) for name, job in work]
        stack.push_async_callback(_cancel, tasks)
        await stack.enter_async_context(service.syslog.listening(settings.bind, settings.syslog_port))
        server = http_server(
            service.app,
            host=settings.bind,
            port=settings.ingest_port,
            http=GuardedProtocol,
            ws="none",
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE,
        )
        await stack.enter_async_context(server)
        stack.callback(service.bodies.close)
        log.info("ingest_listens", port=settings.ingest_port, syslog_port=settings.syslog_port, collect=collect)
        yield


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=1.0)
