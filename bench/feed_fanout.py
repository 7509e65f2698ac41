"""CPU of the feed per message and client, beside bare `websockets.broadcast` with the same payload and pace."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
import websockets.asyncio.server as bare
from prometheus_client import CollectorRegistry
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from bench.result import Result
from ioc_api.accounts.principals import Credential, Principal
from ioc_api.accounts.roles import Role
from ioc_api.accounts.secrets import TokenKind
from ioc_api.feed.client import FeedClient
from ioc_api.feed.hub import Hub
from ioc_api.feed.protocol import EXTENSION, FeedProtocol
from ioc_api.feed.view import View
from ioc_api.instruments import Instruments
from ioc_core.engine import free_port
from ioc_core.live import Delta, Topic, encode
from ioc_core.process import http_server

CLIENTS = 200
MESSAGES = 600
PACE = 0.005
ROUNDS = 3
BUDGET = 1.2

_ROOT = Path(__file__).resolve().parent.parent

_UNIT = {
    "name": "Phường Buôn Ma Thuột",
    "kind": "commune",
    "open": 412,
    "overdue": 7,
    "due_soon_1": 4,
    "due_soon_2": 6,
    "due_soon_3": 21,
    "waiting": 9,
    "unaccepted": 1,
    "received_today": 56,
    "ended_today": 48,
    "measured_month": 907,
    "on_time_month": 893,
    "severity": 3,
    "last_event_at": "2026-07-01T03:04:05.678901Z",
}
_PRINCIPAL = Principal(
    name="bench", role=Role.KIOSK, scope=None, units=None, credential=Credential(TokenKind.TOKEN, b"")
)


def items(number: int) -> dict[str, Any]:
    """Return what one delta tells: two communes, as when a dossier goes from one to the other."""
    return {"24133": {**_UNIT, "open": number}, "24121": {**_UNIT, "open": 900 - number}}


async def measure() -> list[Result]:
    """Run both servers in turns, each in a process of its own; compare the medians."""
    spent: dict[str, list[float]] = {"feed": [], "broadcast": []}
    for _ in range(ROUNDS):
        for which, found in spent.items():
            found.append(await _round(which))
    ours, theirs = (statistics.median(spent[which]) for which in ("feed", "broadcast"))
    return [
        Result(
            "feed, CPU per message and client",
            ours,
            "µs",
            "websockets.broadcast",
            theirs,
            BUDGET,
            at_least=False,
            note=f"{CLIENTS} clients, {1 / PACE:.0f} messages/s; rounds {_shown(spent['feed'])}"
            f" against {_shown(spent['broadcast'])}",
        )
    ]


async def _round(which: str) -> float:
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.feed_fanout",
        which,
        str(port),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    try:
        async with asyncio.timeout(60):
            await server.stdout.readline()
            readers = [asyncio.create_task(_client(port)) for _ in range(CLIENTS)]
            answer = json.loads(await server.stdout.readline())
            await server.wait()
            received = await asyncio.gather(*readers)
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()
    if min(received) < MESSAGES * 300:
        raise RuntimeError(f"{which}: a client received only {min(received)} bytes")
    return float(answer["cpu"]) / (MESSAGES * CLIENTS) * 1e6


async def _client(port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    received = 0
    while data := await reader.read(1 << 16):
        received += len(data)
    writer.close()
    return received


def _shown(values: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


async def serve_feed(port: int) -> None:
    """Serve the hub as the API does, without sign-in; send, and tell the CPU that it took."""
    hub = Hub(Instruments(CollectorRegistry()), utc_now, keep=timedelta(minutes=10))
    hub.load({topic: {} for topic in Topic}, stream="bench", seq=0)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        line = scope["extensions"][EXTENSION]["line"]
        client = FeedClient(line, View(frozenset(Topic)), _PRINCIPAL, utc_now)
        line.listen(client)
        hub.join(client)
        try:
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            hub.leave(client)

    async with http_server(app, host="127.0.0.1", port=port, ws=FeedProtocol, ws_per_message_deflate=False):
        print("ready", flush=True)
        await _until(lambda: len(hub.clients) == CLIENTS)

        def publish(number: int) -> None:
            at = utc_now()
            hub.publish(number + 1, encode(Delta(Topic.UNITS, items(number), at)), published_at=at)

        await _send(publish)


async def serve_broadcast(port: int) -> None:
    """Serve with the library alone, uncompressed; send the same bytes, and tell the CPU that it took."""
    connections: set[bare.ServerConnection] = set()

    async def handler(connection: bare.ServerConnection) -> None:
        connections.add(connection)
        await connection.wait_closed()

    async with bare.serve(handler, "127.0.0.1", port, compression=None):
        print("ready", flush=True)
        await _until(lambda: len(connections) == CLIENTS)

        def publish(number: int) -> None:
            at = utc_now().isoformat()
            message = {"type": "delta", "seq": number, "topic": "units", "items": items(number), "at": at}
            bare.broadcast(connections, json.dumps(message | {"committed_at": at}, ensure_ascii=False))

        await _send(publish)


async def _until(everybody_is_here: Callable[[], bool]) -> None:
    while True:
        if everybody_is_here():
            return
        await asyncio.sleep(0.01)


async def _send(publish: Callable[[int], None]) -> None:
    for number in range(MESSAGES // 10):
        publish(number)
        await asyncio.sleep(PACE)
    await asyncio.sleep(0.2)
    started = time.process_time()
    loop = asyncio.get_running_loop()
    due = loop.time()
    for number in range(MESSAGES):
        publish(number)
        due += PACE
        await asyncio.sleep(max(due - loop.time(), 0))
    await asyncio.sleep(0.2)
    print(json.dumps({"cpu": time.process_time() - started}), flush=True)


if __name__ == "__main__":
    uvloop.run({"feed": serve_feed, "broadcast": serve_broadcast}[sys.argv[1]](int(sys.argv[2])))
