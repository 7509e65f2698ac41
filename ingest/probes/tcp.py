"""Looks at a TCP port: does it accept, and greet as expected?"""

import asyncio
import re

from ingest.probes.network import connect
from ingest.probes.outcome import Outcome, ProbeFailure, Stopwatch
from ingest.targets import TcpTarget

_GREETING = 1024


async def probe_tcp(target: TcpTarget, watch: Stopwatch) -> Outcome:
    """Phases: resolve, connect, greeting. Raises: ProbeFailure, OSError."""
    reader, writer = await connect(target.host, target.port, watch)
    try:
        if target.greeting is not None:
            await _greeted(reader, target.greeting, watch)
    finally:
        writer.transport.abort()
    return Outcome(success=True, duration_seconds=watch.seconds, phases=watch.phases)


async def _greeted(reader: asyncio.StreamReader, pattern: str, watch: Stopwatch) -> None:
    with watch.phase("greeting"):
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            line = error.partial
        except asyncio.LimitOverrunError:
            line = await reader.read(_GREETING)
    text = line[:_GREETING].decode("utf-8", "replace").rstrip("\r\n")
    if re.search(pattern, text) is None:
        raise ProbeFailure(f"lời chào không như mong đợi: {text[:120]!r}")
