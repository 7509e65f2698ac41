"""What both kinds of push share: limits, publishing, and keeping what was refused."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter

import structlog
from starlette.requests import Request
from starlette.responses import Response

from ingest import metrics
from ingest.outlet import Outlet
from ingest.presence import Presence
from ingest.publisher import Publisher
from ingest.push.body import BodyReader
from ingest.push.rate import TokenBucket
from ingest.push.refusal import Refusal
from ingest.push.sign_in import SignIn
from ingest.rejections import Edge, EdgePort
from ingest.source_entries import PushEntry
from ingest.sources import UNKNOWN, Sources
from ioc_core.catalogue import Catalogue
from ioc_core.errors import BusError, BusFullError
from ioc_core.events import Block, Event

log = structlog.get_logger(__name__)

_BURST_SECONDS = 10
_FULL_RETRY = 10.0
_AWAY_RETRY = 2.0
_STRANGERS_KEPT = 0.5  # refusals of unknown senders kept a second, sustained
_STRANGERS_BURST = 50


@dataclass(frozen=True, slots=True)
class Desk:
    """The common means of the push endpoints; one for each process."""

    publisher: Publisher
    outlet: Outlet
    sign_in: SignIn
    bodies: BodyReader
    presence: Presence
    catalogue: Catalogue
    sources: Sources
    _buckets: Mapping[str, TokenBucket] = field(init=False)
    _scopes: Mapping[str, frozenset[str] | None] = field(init=False)
    _strangers: TokenBucket = field(init=False)

    def __post_init__(self) -> None:
        pushing = self.sources.of(PushEntry)
        buckets = {one.name: TokenBucket(one.rate_limit, one.rate_limit * _BURST_SECONDS) for one in pushing}
        object.__setattr__(self, "_buckets", buckets)
        object.__setattr__(self, "_scopes", {one.name: _scope(one, self.catalogue) for one in pushing})
        object.__setattr__(self, "_strangers", TokenBucket(_STRANGERS_KEPT, _STRANGERS_BURST))

    def scope(self, source: PushEntry) -> frozenset[str] | None:
        """The codes of the units that a source may speak of; None: all."""
        return self._scopes[source.name]

    def check_rate(self, source: PushEntry) -> None:
        """Raises: Refusal 429 when the source has pushed more than its limit."""
        wait = self._buckets[source.name].wait(asyncio.get_running_loop().time())
        if wait > 0:
            reason = f"{source.name} may push {source.rate_limit} events a second"
            raise Refusal(429, "rate_limited", reason, retry_after=wait)

    def count_rate(self, source: PushEntry, events: int) -> None:
        """Note what a source has pushed."""
        self._buckets[source.name].spend(events)

    async def publish(self, source: str, events: Sequence[Event | Block]) -> None:
        """Return once EVENTS has the events on disk. Raises: Refusal 503 when it hasn't."""
        try:
            await self.publisher.publish(source, events)
        except BusFullError as error:
            raise Refusal(503, "bus_full", "no room for events now", retry_after=_FULL_RETRY) from error
        except BusError as error:
            raise Refusal(503, "bus_unavailable", "events can't be stored now", retry_after=_AWAY_RETRY) from error

    async def keep(self, refusal: Refusal, edge: Edge, raw: bytes) -> None:
        """Keep a push that was refused as a whole, unless it may come again and succeed.

        Of senders that aren't known only so many are kept, all are counted. Raises: Refusal 503.
        """
        if refusal.retry_after is not None:
            metrics.REJECTED.labels(edge.port, refusal.reason).inc()
            return
        rejected = edge.reject(refusal.reason, str(refusal), raw)
        if edge.source != UNKNOWN:
            await self.publish(edge.source, [rejected])
            return
        if self._strangers.wait(asyncio.get_running_loop().time()) == 0.0 and self.outlet.offer(rejected):
            self._strangers.spend(1)
        else:
            metrics.REJECTED.labels(edge.port, refusal.reason).inc()


async def timed(port: EdgePort, answer: Callable[[], Awaitable[Response]]) -> Response:
    """Return the answer, counted and timed."""
    began = perf_counter()
    response = await answer()
    metrics.PUSH_SECONDS.labels(port).observe(perf_counter() - began)
    metrics.PUSHES.labels(port, str(response.status_code)).inc()
    return response


def stranger(request: Request, port: EdgePort) -> Edge:
    """The edge of a push before its sender is known."""
    log.debug("push", port=port, path=request.url.path, client=request.client.host if request.client else "")
    return Edge(UNKNOWN, port, datetime.now(UTC))


def _scope(source: PushEntry, catalogue: Catalogue) -> frozenset[str] | None:
    if not source.scope:
        return None
    return frozenset(code for code in catalogue.units if any(catalogue.is_within(code, top) for top in source.scope))
