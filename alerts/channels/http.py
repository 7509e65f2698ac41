"""One HTTP request to the other side of a channel, and what its answer means."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from alerts.channels.outcome import Ok, Outcome, Permanent, Temporary

_MOST_OF_ANSWER = 65_536
_MOST_SHOWN = 200
_TRICKLE = 2.0
"""Seconds by which an answer that comes in drops may be late."""
_TEMPORARY = frozenset({408, 425, 429})


def now() -> datetime:
    """Return the instant now: what a channel's clock is outside of tests."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered; `body` is its first 64 KiB."""

    status: int
    body: bytes
    retry_after: timedelta | None

    @property
    def said(self) -> str:
        """The first words of the body, on one line."""
        return " ".join(self.body[:_MOST_SHOWN].decode(errors="replace").split())

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; an empty one when it is none."""
        with contextlib.suppress(msgspec.DecodeError):
            decoded = msgspec.json.decode(self.body)
            if isinstance(decoded, dict):
                return decoded
        return {}

    def outcome(self) -> Outcome:
        """Return what the status alone says: 2xx is acceptance, 408, 425, 429 and 5xx are temporary, others final."""
        reason = f"HTTP {self.status}{': ' if self.said else ''}{self.said}"
        if 200 <= self.status < 300:
            return Ok(reason)
        if self.status in _TEMPORARY or self.status >= 500:
            return Temporary(reason, self.retry_after)
        return Permanent(reason)


class Http:
    """Keeps connections to one other side. `timeout` (seconds) is for an answer."""

    def __init__(self, timeout: float, clock: Callable[[], datetime] = now) -> None:
        self.clock = clock
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=60),
        )

    async def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | str | None = None
    ) -> Answer | Temporary:
        """Return the answer, or why there was none; neither tells the URL, which may hold a secret."""
        sent = {"user-agent": "ioc-alerts", **(headers or {})}
        try:
            async with (
                asyncio.timeout(self._timeout + _TRICKLE),
                self._client.stream(method, url, content=content, headers=sent) as answer,
            ):
                body = await _beginning(answer)
        except (httpx.TimeoutException, TimeoutError) as error:
            return Temporary(f"no answer in {self._timeout:g} s ({type(error).__name__})")
        except (httpx.RequestError, OSError) as error:
            return Temporary(f"{type(error).__name__}: {error}")
        return Answer(answer.status_code, body, retry_after(answer.headers.get("retry-after"), self.clock()))

    async def close(self) -> None:
        """Close the kept connections."""
        await self._client.aclose()


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return what a Retry-After header asks for: seconds, or a date of HTTP; None when it says neither."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return timedelta(seconds=min(int(header), 86400))
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta())


def http_url(url: str) -> str:
    """Return `url` if it is an http or https address. Raises: ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("url must be an http or https address")
    return url


async def _beginning(answer: httpx.Response) -> bytes:
    said = b""
    async for part in answer.aiter_bytes():
        said += part
        if len(said) >= _MOST_OF_ANSWER:
            break
    return said[:_MOST_OF_ANSWER]
