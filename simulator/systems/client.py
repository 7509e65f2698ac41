"""A client of `POST /v1/events` with a source's token."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from random import Random

import httpx
import msgspec
import structlog
from msgspec import Raw, Struct

from ioc_core.errors import InputError
from simulator.backoff import delay
from simulator.credentials import Credential
from simulator.delivery import deliver
from simulator.metrics import MESSAGES, RETRIES

log = structlog.get_logger()

FEED = "systems"
EVENTS_PATH = "/v1/events"
LIMITS_PATH = "/v1/limits"
UNAUTHORIZED = 401


class _Receipt(Struct):
    rejected: int


class _Limits(Struct):
    kept_since: dict[str, datetime]


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
        self._base = base_url.rstrip("/")
        self._url = self._base + EVENTS_PATH
        self._credential = credential
        self._rng = rng

    async def push(self, entries: Sequence[Raw]) -> bool:
        """Send events in one body; return whether all were accepted (the receiver keeps and shows the others)."""
        return not await self.push_all(entries)

    async def push_all(self, entries: Sequence[Raw]) -> int:
        """Send events in one body; return how many of them were rejected."""
        body = msgspec.json.encode(entries)
        response = await self._authorized(
            lambda headers: deliver(self._http, self._url, body, headers=headers, feed=FEED, rng=self._rng)
        )
        rejected = _rejected(response, len(entries))
        if rejected:
            log.warning("samples_rejected", status=response.status_code, answer=response.text[:300])
            MESSAGES.labels(FEED, "rejected").inc(rejected)
        MESSAGES.labels(FEED, "accepted").inc(len(entries) - rejected)
        return rejected

    async def kept_since(self) -> dict[str, datetime]:
        """Return the oldest time that the receiver keeps, by kind of event, and of rollups.

        Raises:
            InputError: it doesn't say.
        """
        url = self._base + LIMITS_PATH
        response = await self._authorized(
            lambda headers: deliver(self._http, url, None, headers=headers, feed=FEED, rng=self._rng)
        )
        try:
            return msgspec.json.decode(response.content, type=_Limits).kept_since
        except msgspec.DecodeError as error:
            said = f"{response.status_code} {response.text[:200]!r}"
            raise InputError("no_limits", f"{url} doesn't say what it keeps: {said}") from error

    async def _authorized(self, send: Callable[[dict[str, str]], Awaitable[httpx.Response]]) -> httpx.Response:
        attempt = 0
        while True:
            token = (await self._credential()).token
            response = await send({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
            if response.status_code != UNAUTHORIZED:
                return response
            # The token may have been rotated: its file is read again.
            RETRIES.labels(FEED, str(UNAUTHORIZED)).inc()
            await asyncio.sleep(delay(attempt, self._rng))
            attempt += 1


def _rejected(response: httpx.Response, entries: int) -> int:
    """How many of the entries were refused: as the receipt says, or all of a push that failed."""
    if not response.is_success:
        return entries
    try:
        return msgspec.json.decode(response.content, type=_Receipt).rejected
    except msgspec.DecodeError:
        return 0
