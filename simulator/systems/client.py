"""A client of `POST /v1/events` with a source's token."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import httpx
import msgspec
import structlog
from msgspec import Raw

from simulator.backoff import delay
from simulator.credentials import Credential
from simulator.delivery import deliver
from simulator.metrics import MESSAGES, RETRIES

log = structlog.get_logger()

FEED = "systems"
EVENTS_PATH = "/v1/events"
UNAUTHORIZED = 401


class EventsClient:
    """Pushes events to one receiver; every call waits until the receiver has decided."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str,
        *,
        credential: Callable[[], Awaitable[Credential]],
        rng: Random,
    ) -> None:
        self._http = http
        self._url = base_url.rstrip("/") + EVENTS_PATH
        self._credential = credential
        self._rng = rng

    async def push(self, entries: Sequence[Raw]) -> bool:
        """Send events in one body; return whether all were accepted."""
        body = msgspec.json.encode(entries)
        attempt = 0
        while True:
            token = (await self._credential()).token
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            response = await deliver(self._http, self._url, body, headers=headers, feed=FEED, rng=self._rng)
            if response.status_code != UNAUTHORIZED:
                break
            # The token may have been rotated: its file is read again.
            RETRIES.labels(FEED, str(UNAUTHORIZED)).inc()
            await asyncio.sleep(delay(attempt, self._rng))
            attempt += 1
        accepted = response.is_success
        if not accepted:
            log.warning("samples_rejected", status=response.status_code, answer=response.text[:300])
        MESSAGES.labels(FEED, "accepted" if accepted else "rejected").inc(len(entries))
        return accepted
