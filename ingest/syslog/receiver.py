"""Receives syslog over UDP and TCP on one port, and hands the events to the outlet."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import cast

import structlog

from ingest import metrics
from ingest.outlet import Outlet
from ingest.push.rate import TokenBucket
from ingest.rejections import Edge
from ingest.sources import UNKNOWN
from ingest.syslog.framing import MAX_FRAME, Frame, Framer
from ingest.syslog.ordinals import Ordinals
from ingest.syslog.security import LineReader
from ingest.syslog.senders import Senders
from ioc_core.events import SecurityEvent, content_id

log = structlog.get_logger(__name__)

_READ = 64 << 10
_CONNECTIONS = 1024
_UDP_BUFFER = 8 << 20
_UDP_ORDINALS = 65_536
_UNKNOWN_KEPT = 0.5  # messages of unknown addresses kept a second, sustained
_UNKNOWN_BURST = 50
_SUMMARY_PERIOD = 10.0
_LAST_READS = 0.05


class SyslogReceiver:
    """Both receivers. TCP is read only as fast as the outlet takes; UDP can't wait, so what has no room is counted
    and told as a `Rejected` of its source."""

    def __init__(self, senders: Senders, outlet: Outlet) -> None:
        self._senders = senders
        self._outlet = outlet
        self._strangers = TokenBucket(_UNKNOWN_KEPT, _UNKNOWN_BURST)
        self._datagrams = Ordinals(_UDP_ORDINALS)
        self._dropped: dict[str, int] = {}
        self._connections: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[None]:
        """Receive while the context is open.

        Raises:
            OSError: the port can't be bound; the message names it.
        """
        loop = asyncio.get_running_loop()
        with _udp_socket(host, port) as udp:
            server = await self._tcp_server(host, port)
            transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=udp)
            summaries = asyncio.create_task(self._summaries())
            try:
                yield
            finally:
                server.close()
                await self._hang_up()
                transport.close()
                summaries.cancel()

    async def _tcp_server(self, host: str, port: int) -> asyncio.Server:
        try:
            return await asyncio.start_server(self._connected, host, port, limit=_READ, backlog=256)
        except OSError as error:
            raise OSError(error.errno, f"can't listen on {host} port {port} TCP: {error.strerror}") from error

    def datagram(self, data: bytes, address: str) -> None:
        """Take one datagram: one message."""
        metrics.SYSLOG.labels("udp").inc()
        reader = self._senders.reader(address)
        if reader is None:
            self._unknown(address, data)
            return
        frame = Frame(data[:MAX_FRAME].rstrip(b"\r\n\0"), truncated=len(data) > MAX_FRAME)
        if not frame.data:
            return
        ordinal = self._datagrams.next(address.encode() + b" " + frame.data)
        if not self._outlet.offer(_event(reader, frame, address, ordinal, "udp")):
            metrics.SYSLOG_DROPPED.inc()
            self._dropped[reader.source.name] = self._dropped.get(reader.source.name, 0) + 1

    async def _connected(self, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        address = str((writer.get_extra_info("peername") or ("",))[0])
        reader = self._senders.reader(address)
        try:
            if reader is None:
                self._unknown(address, b"")
            elif len(self._connections) >= _CONNECTIONS:
                await self._outlet.put(_edge(reader).reject("too_many_connections", f"from {address}", b""))
            else:
                _keep_alive(writer)
                self._connections.add(task)
                await self._read(stream, reader, address)
        except OSError as error:
            log.debug("syslog_connection_lost", address=address, error=str(error))
        finally:
            self._connections.discard(task)
            metrics.SYSLOG_CONNECTIONS.set(len(self._connections))
            writer.close()

    async def _read(self, stream: asyncio.StreamReader, reader: LineReader, address: str) -> None:
        metrics.SYSLOG_CONNECTIONS.set(len(self._connections))
        framer, ordinals = Framer(), Ordinals()
        stopping = False
        while True:
            try:
                async with asyncio.timeout(_LAST_READS if stopping else None):
                    data = await stream.read(_READ)
            except asyncio.CancelledError:
                stopping = True  # take what has arrived already, then end
                continue
            except TimeoutError:
                break
            for frame in framer.feed(data) if data else framer.end():
                metrics.SYSLOG.labels("tcp").inc()
                await self._outlet.put(_event(reader, frame, address, ordinals.next(frame.data), "tcp"))
            if framer.broken is not None:
                await self._outlet.put(_edge(reader).reject("bad_framing", framer.broken, data))
                return
            if not data:
                return

    async def _hang_up(self) -> None:
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)

    def _unknown(self, address: str, data: bytes) -> None:
        edge = Edge(UNKNOWN, "syslog", datetime.now(UTC))
        rejected = edge.reject("unknown_address", f"no source of config/sources has the address {address}", data)
        if self._strangers.wait(asyncio.get_running_loop().time()) == 0.0 and self._outlet.offer(rejected):
            self._strangers.spend(1)
        else:
            metrics.REJECTED.labels("syslog", "unknown_address").inc()

    async def _summaries(self) -> None:
        """Tell what had no room, once there is room again."""
        while True:
            await asyncio.sleep(_SUMMARY_PERIOD)
            dropped, self._dropped = self._dropped, {}
            for source, count in dropped.items():
                edge = Edge(source, "syslog", datetime.now(UTC))
                log.warning("syslog_datagrams_dropped", source=source, count=count)
                await self._outlet.put(edge.reject("buffer_full", f"{count} datagrams were dropped", b""))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receiver: SyslogReceiver) -> None:
        self._receiver = receiver

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._receiver.datagram(data, str(addr[0]))


def _event(reader: LineReader, frame: Frame, address: str, ordinal: int, transport: str) -> SecurityEvent:
    """The id is of what the line says and its number among identical ones: a line sent again has the same."""
    event_id = content_id(reader.source.name, address, frame.data, str(ordinal))
    if frame.truncated:
        metrics.SYSLOG_TRUNCATED.labels(transport).inc()
    return reader.read(frame.data, event_id, datetime.now(UTC), host=address, truncated=frame.truncated)


def _edge(reader: LineReader) -> Edge:
    return Edge(reader.source.name, "syslog", datetime.now(UTC))


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """A device that vanished is noticed within minutes."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20)


def _udp_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.setblocking(False)
    for option in (socket.SO_RCVBUF, getattr(socket, "SO_RCVBUFFORCE", 33)):  # beyond the limit only as root
        with contextlib.suppress(OSError):
            udp.setsockopt(socket.SOL_SOCKET, option, _UDP_BUFFER)
    try:
        udp.bind((host, port))
    except OSError as error:
        udp.close()
        raise OSError(error.errno, f"can't listen on {host} port {port} UDP: {error.strerror}") from error
    return udp
