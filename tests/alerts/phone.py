"""The outside of the alert channel: a real HTTP server that answers webhooks as it is told to."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ioc_core.process import http_server


@dataclass(frozen=True)
class Call:
    """One POST that came in."""

    headers: dict[str, str]
    raw: bytes
    answered: int
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.headers["idempotency-key"]

    @property
    def body(self) -> dict[str, Any]:
        """The message."""
        body: dict[str, Any] = json.loads(self.raw)
        return body


class Phone:
    """Keeps every call; `plan` holds the next answers (status, headers, delay), then it is 200."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.plan: deque[tuple[int, dict[str, str], float]] = deque()
        self.always: int | None = None
        self.url = ""
        self._rang = asyncio.Event()

    @property
    def accepted(self) -> list[Call]:
        """The calls that were answered with 200."""
        return [call for call in self.calls if call.answered == 200]

    async def answer(self, request: Request) -> Response:
        """Take a call."""
        try:
            raw = await request.body()
        except ClientDisconnect:  # whoever called has died
            return Response(status_code=400)
        status, headers, delay = self.plan.popleft() if self.plan else (self.always or 200, {}, 0.0)
        await asyncio.sleep(delay)
        self.calls.append(Call(dict(request.headers), raw, status))
        self._rang.set()
        return Response("answered by the test", status, headers)

    async def until(self, enough: Callable[["Phone"], bool], *, within: float = 10.0) -> None:
        """Return when `enough(self)`; fail after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while not enough(self):
                    self._rang.clear()
                    await self._rang.wait()
        except TimeoutError:
            raise AssertionError(f"after {within} s only: {[call.body['title'] for call in self.calls]}") from None


@contextlib.asynccontextmanager
async def ringing_phone() -> AsyncIterator[Phone]:
    """A phone at `url`."""
    phone = Phone()
    app = Starlette(routes=[Route("/hook", phone.answer, methods=["POST"])])
    async with http_server(app, host="127.0.0.1", port=0) as port:
        phone.url = f"http://127.0.0.1:{port}/hook"
        yield phone
