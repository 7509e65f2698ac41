"""The other sides of channels: HTTP servers that behave as the vendors document their APIs."""

import asyncio
import contextlib
import itertools
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ioc_core.process import http_server

TAG = re.compile(r"<(/?)(b|i|u|s|code|pre|a)(?: href=\"[^\"]*\")?>")


@contextlib.asynccontextmanager
async def served(answer: Callable[[Request], Awaitable[Response]]) -> AsyncIterator[str]:
    """The address of a server that answers every request by `answer`."""
    methods = ["GET", "POST", "PUT"]
    app = Starlette(routes=[Route("/{path:path}", answer, methods=methods)])
    async with http_server(app, host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}"


class TelegramServer:
    """The Bot API as its page documents it: one bot, chats, limits, blocked users, groups that moved, HTML."""

    def __init__(self, token: str = "123:abc") -> None:
        self.token = token
        self.messages: list[dict[str, Any]] = []
        self.chats = {"100", "-200"}
        self.blocked: set[str] = set()
        self.moved: dict[str, int] = {}
        self.floods: deque[int] = deque()
        self._ids = itertools.count(1)

    async def answer(self, request: Request) -> Response:
        """Answer one call."""
        if request.url.path != f"/bot{self.token}/sendMessage":
            return self._error(401 if request.url.path.endswith("/sendMessage") else 404, "Unauthorized")
        body = await request.json()
        chat, text = str(body["chat_id"]), body["text"]
        if self.floods:
            after = self.floods.popleft()
            return self._error(429, f"Too Many Requests: retry after {after}", {"retry_after": after})
        if chat in self.moved:
            parameters = {"migrate_to_chat_id": self.moved[chat]}
            return self._error(400, "Bad Request: group chat was upgraded to a supergroup chat", parameters)
        if chat in self.blocked:
            return self._error(403, "Forbidden: bot was blocked by the user")
        if chat not in self.chats:
            return self._error(400, "Bad Request: chat not found")
        plain = TAG.sub("", text) if body.get("parse_mode") == "HTML" else text
        if not plain.strip():
            return self._error(400, "Bad Request: message text is empty")
        if body.get("parse_mode") == "HTML" and "<" in plain:
            return self._error(400, "Bad Request: can't parse entities: Unsupported start tag")
        if len(plain) > 4096:
            return self._error(400, "Bad Request: message is too long")
        self.messages.append(body)
        return JSONResponse({"ok": True, "result": {"message_id": next(self._ids), "chat": {"id": chat}}})

    def _error(self, status: int, description: str, parameters: dict[str, Any] | None = None) -> Response:
        more = {} if parameters is None else {"parameters": parameters}
        return JSONResponse({"ok": False, "error_code": status, "description": description, **more}, status)


class ZaloServer:
    """The Official Account API: tokens good for a while, refresh tokens for one use, followers."""

    def __init__(self) -> None:
        self.app_id, self.secret_key = "4291", "zalo-secret"
        self.refresh_token, self.access_token = "refresh-0", "access-0"
        self.followers = {"777"}
        self.texts: list[tuple[str, str]] = []
        self.refreshes = 0
        self.errors: deque[tuple[int, str]] = deque()
        self.slow = 0.0

    async def answer(self, request: Request) -> Response:
        """Answer one call."""
        if request.url.path == "/v4/oa/access_token":
            return await self._refresh(request)
        assert request.url.path == "/v3.0/oa/message/cs"
        body = await request.json()
        if request.headers.get("access_token") != self.access_token:
            return self._said(-216, "Access token is invalid")
        if self.errors:
            return self._said(*self.errors.popleft())
        user, text = body["recipient"]["user_id"], body["message"]["text"]
        if user not in self.followers:
            return self._said(-213, "User has not followed OA")
        if len(text) > 2000:
            return self._said(-210, "Parameter exceeds its limit")
        self.texts.append((user, text))
        return JSONResponse({"data": {"message_id": "m1", "user_id": user}, "error": 0, "message": "Success"})

    def expire(self) -> None:
        """The access token that is out is good no more."""
        self.access_token = "gone"

    async def _refresh(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        assert form["app_id"] == self.app_id
        assert form["grant_type"] == "refresh_token"
        await asyncio.sleep(self.slow)
        if request.headers.get("secret_key") != self.secret_key:
            return JSONResponse({"error": -14004, "error_name": "Invalid secret key"})
        if form["refresh_token"] != self.refresh_token:
            return JSONResponse({"error": -14014, "error_name": "Invalid refresh token"})
        self.refreshes += 1
        self.refresh_token, self.access_token = f"refresh-{self.refreshes}", f"access-{self.refreshes}"
        return JSONResponse(
            {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_in": "90000"}
        )

    @staticmethod
    def _said(error: int, message: str) -> Response:
        return JSONResponse({"error": error, "message": message})


@dataclass
class Gateway:
    """An HTTP gateway: keeps requests, answers as planned, else 200."""

    requests: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    plan: deque[tuple[int, str]] = field(default_factory=deque)
    delay: float = 0.0

    async def answer(self, request: Request) -> Response:
        """Answer one call."""
        await asyncio.sleep(self.delay)
        url = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.requests.append((request.method, url, dict(request.headers), (await request.body()).decode()))
        status, body = self.plan.popleft() if self.plan else (200, '{"CodeResult": "100"}')
        return PlainTextResponse(body, status)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies that came in, as JSON."""
        return [json.loads(body) for _, _, _, body in self.requests]
