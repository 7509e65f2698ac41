"""Asks a NATS server on loopback whether its JetStream takes requests, in the client protocol's own words.

The protocol: docs.nats.io, "Client Protocol". A client library would retry, log and keep tasks; this is one question.
"""

import asyncio
import json

from ioc_core.errors import EngineError

_INBOX = "_INBOX.ioc-engine"


async def jetstream_answers(port: int, *, user: str, password: str) -> bool:
    """Whether JetStream is ready; the caller sets the deadline.

    Raises: EngineError when the server doesn't know the user, so isn't ours; OSError when nobody listens;
        asyncio.IncompleteReadError when it hangs up.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.readuntil(b"\r\n")  # INFO
        writer.write(_question(user, password))
        await writer.drain()
        while True:
            line = (await reader.readuntil(b"\r\n")).decode("utf-8", "replace").strip()
            if line.startswith(("MSG ", "HMSG ")):
                return line.startswith("MSG ")  # HMSG: the header "503 no responders"
            if line.startswith("-ERR"):
                raise EngineError(f"another NATS server answers on port {port}: {line}")
    finally:
        writer.close()
        await asyncio.shield(_closed(writer))


def _question(user: str, password: str) -> bytes:
    options = {
        "user": user,
        "pass": password,
        "name": "ioc-engine",
        "lang": "python",
        "version": "1",
        "protocol": 1,
        "verbose": False,
        "pedantic": False,
        "headers": True,
        "no_responders": True,
    }
    lines = [f"CONNECT {json.dumps(options)}", f"SUB {_INBOX} 1", f"PUB $JS.API.INFO {_INBOX} 0", "", "PING", ""]
    return "\r\n".join(lines).encode()


async def _closed(writer: asyncio.StreamWriter) -> None:
    try:
        await writer.wait_closed()
    except OSError:
        return  # the server hung up first
