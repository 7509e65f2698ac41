"""A request that doesn't give up: it waits and sends again until the receiver has decided."""

import asyncio
from collections.abc import Mapping
from random import Random

import httpx
import structlog

from simulator.backoff import delay, retry_after_seconds
from simulator.metrics import RETRIES

log = structlog.get_logger()

RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
TIMEOUT = httpx.Timeout(30.0, connect=3.0)


async def deliver(
    http: httpx.AsyncClient, url: str, body: bytes | None, *, headers: Mapping[str, str], feed: str, rng: Random
) -> httpx.Response:
    """Return the first answer that isn't "come again later", after as many attempts as that takes.

    A POST, or a GET when there is no body.
    """
    method = "GET" if body is None else "POST"
    attempt = 0
    while True:
        wait: float | None = None
        try:
            response = await http.request(method, url, content=body, headers=dict(headers), timeout=TIMEOUT)
        except httpx.TransportError as error:
            reason = type(error).__name__
        else:
            if response.status_code not in RETRY_STATUSES:
                return response
            reason = str(response.status_code)
            wait = retry_after_seconds(response.headers.get("Retry-After"))
        RETRIES.labels(feed, reason).inc()
        if attempt == 0:
            log.info("receiver_away", feed=feed, url=url, reason=reason)
        await asyncio.sleep(delay(attempt, rng, retry_after=wait))
        attempt += 1
