"""A client that pushes prepared bodies to POST /v1/events as fast as they are taken."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Where to push, and as whom."""

    port: int
    token: str


async def push_all(target: Target, bodies: Sequence[bytes], *, connections: int = 4) -> None:
    """Push every body once over some connections; returns when all are answered.

    Raises:
        RuntimeError: one wasn't accepted.
    """
    waiting = iter(bodies)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(_push(target, waiting))


async def _push(target: Target, bodies: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port, limit=1 << 20)
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {target.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    try:
        for body in bodies:
            writer.write(head + str(len(body)).encode() + b"\r\n\r\n" + body)
            await writer.drain()
            await _accepted(reader)
    finally:
        writer.close()


async def _accepted(reader: asyncio.StreamReader) -> None:
    answer = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    body = await reader.readexactly(length)
    if not answer.startswith(b"HTTP/1.1 202"):
        raise RuntimeError(f"not accepted: {answer!r} {body[:300]!r}")
