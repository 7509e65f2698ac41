"""A small real feed: the WebSocket side of the API, spoken as documented, that a test can stop, stall and steer."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

TOKEN = "kiosk-token-of-this-test"
HISTORY = 1000

Frame = dict[str, Any]
Topics = dict[str, dict[str, Any]]


def _now() -> datetime:
    return datetime.now(UTC)


class FeedServer:
    """State by topic and key, sent as a snapshot and then as deltas, with a heartbeat each second."""

    def __init__(self, state: Topics) -> None:
        self.state = {topic: dict(values) for topic, values in state.items()}
        self.stream = uuid.uuid4().hex
        self.seq = 0
        self.port = 0
        self.beating = True
        self.requests: list[dict[str, list[str]]] = []
        self.greetings: list[str] = []
        self._history: list[Frame] = []
        self._clients: set[ServerConnection] = set()
        self._server: Server | None = None
        self._beat: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen on 127.0.0.1, on the same port as before if there was one."""
        self._server = await serve(self._serve, "127.0.0.1", self.port, process_request=self._admit)
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        self._beat = asyncio.create_task(self._heartbeats())

    async def stop(self) -> None:
        """Cut every line and stop listening."""
        if self._beat is not None:
            self._beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beat
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def forget(self) -> None:
        """Start a new stream, as after a restart of the bus: nobody can resume."""
        self.stream = uuid.uuid4().hex
        self.seq = 0
        self._history.clear()

    async def change(self, topic: str, items: dict[str, Any]) -> None:
        """Tell everybody new values of keys (None removes one)."""
        values = self.state.setdefault(topic, {})
        for key, value in items.items():
            if value is None:
                values.pop(key, None)
            else:
                values[key] = value
        self.seq += 1
        now = _now()
        frame = {"type": "delta", "seq": self.seq, "topic": topic, "items": items, "committed_at": now, "at": now}
        self._history = [*self._history, frame][-HISTORY:]
        await self._tell(frame)

    @property
    def clients(self) -> int:
        """How many screens are connected."""
        return len(self._clients)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if urlsplit(request.path).path != "/ws/live":
            return connection.respond(HTTPStatus.NOT_FOUND, "no such feed\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        query = parse_qs(urlsplit(connection.request.path).query)
        if query.get("token") != [TOKEN]:
            await connection.close(4401, "The feed needs a valid token or ticket.")
            return
        self.requests.append(query)
        topics = set(query.get("topics", [",".join(self.state)])[0].split(","))
        since = int(query.get("since", ["-1"])[0])
        with contextlib.suppress(ConnectionClosed):
            if query.get("stream") == [self.stream] and 0 <= since <= self.seq:
                self.greetings.append("resumed")
                await self._send(connection, {"type": "resumed", "stream": self.stream, "seq": since})
                for frame in self._history:
                    if frame["seq"] > since and frame["topic"] in topics:
                        await self._send(connection, frame)
            else:
                self.greetings.append("snapshot")
                await self._send(connection, self._snapshot(topics, "expired" if "stream" in query else "connect"))
            self._clients.add(connection)
            try:
                await connection.wait_closed()
            finally:
                self._clients.discard(connection)

    def _snapshot(self, topics: set[str], reason: str) -> Frame:
        state = {topic: values for topic, values in self.state.items() if topic in topics}
        head = {"type": "snapshot", "stream": self.stream, "seq": self.seq, "reason": reason}
        return {**head, "at": _now(), "state": state}

    async def _heartbeats(self) -> None:
        while True:
            await asyncio.sleep(1)
            if self.beating:
                await self._tell({"type": "heartbeat", "seq": self.seq, "at": _now()})

    async def _tell(self, frame: Frame) -> None:
        for client in tuple(self._clients):
            with contextlib.suppress(ConnectionClosed):
                await self._send(client, frame)

    async def _send(self, connection: ServerConnection, frame: Frame) -> None:
        async with asyncio.timeout(5):
            await connection.send(msgspec.json.encode(frame).decode())


@contextlib.asynccontextmanager
async def running_feed(state: Topics) -> AsyncIterator[FeedServer]:
    """A feed while the context is open."""
    feed = FeedServer(state)
    await feed.start()
    try:
        yield feed
    finally:
        await feed.stop()
