"""Sends log lines as the hosts do: datagrams, and streams that are opened again when they break."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import tzinfo
from random import Random

import structlog

from simulator.backoff import delay
from simulator.metrics import MESSAGES, RETRIES
from simulator.servers.line import LogLine, Wire, newline_framed, octet_counted, rfc3164, rfc5424

log = structlog.get_logger()

FEED = "servers"
CONNECT_SECONDS = 3.0
DRAIN_SECONDS = 10.0


class SyslogStream:
    """One TCP connection. What a broken connection may have swallowed is sent once more on the next."""

    def __init__(self, host: str, port: int, rng: Random) -> None:
        self._address = (host, port)
        self._rng = rng
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader | None = None
        self._unsure = b""

    async def send(self, frames: bytes) -> None:
        """Return when the kernel has taken all frames; waits and connects again as often as needed."""
        attempt = 0
        while True:
            try:
                writer = await self._connected()
                writer.write(frames)
                async with asyncio.timeout(DRAIN_SECONDS):
                    await writer.drain()
            except (OSError, TimeoutError) as error:
                reason = type(error).__name__
            else:
                self._unsure = frames
                return
            RETRIES.labels(FEED, reason).inc()
            if attempt == 0:
                log.info("receiver_away", feed=FEED, reason=reason)
            await self.close()
            await asyncio.sleep(delay(attempt, self._rng))
            attempt += 1

    async def close(self) -> None:
        """Close the connection, if there is one."""
        writer, self._writer, self._reader = self._writer, None, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()

    async def _connected(self) -> asyncio.StreamWriter:
        # A syslog receiver says nothing: an end of its side is a connection that it has closed.
        if self._writer is not None and self._reader is not None and self._reader.at_eof():
            await self.close()
        if self._writer is None:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._reader, self._writer = await asyncio.open_connection(*self._address)
            if self._unsure:
                self._writer.write(self._unsure)
        return self._writer


class SyslogSender:
    """All hosts' ways to the receiver: one stream of each framing, and datagrams. Use as a context."""

    def __init__(self, host: str, port: int, *, zone: tzinfo, rng: Random) -> None:
        self._address = (host, port)
        self._zone = zone
        self._counted = SyslogStream(host, port, rng)
        self._lined = SyslogStream(host, port, rng)
        self._datagrams: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> "SyslogSender":
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=self._address)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._datagrams is not None:
            self._datagrams.close()
        await self._counted.close()
        await self._lined.close()

    async def send(self, lines: Sequence[LogLine]) -> None:
        """Send each line the way its host does."""
        counted = [octet_counted(rfc5424(line)) for line in lines if line.wire is Wire.TCP_5424]
        lined = [newline_framed(rfc3164(line, self._zone)) for line in lines if line.wire is Wire.TCP_3164]
        for line in lines:
            if line.wire is Wire.UDP_3164 and self._datagrams is not None:
                self._datagrams.sendto(rfc3164(line, self._zone))
        if counted:
            await self._counted.send(b"".join(counted))
        if lined:
            await self._lined.send(b"".join(lined))
        MESSAGES.labels(FEED, "sent").inc(len(lines))

    async def send_archive(self, lines: Sequence[LogLine]) -> None:
        """Send lines of the past: all by RFC 5424, which alone says the year, over TCP."""
        if lines:
            await self._counted.send(b"".join(octet_counted(rfc5424(line)) for line in lines))
        MESSAGES.labels(FEED, "sent").inc(len(lines))
