"""Collector `logs`: follows log files of this host; each line is published once, whatever dies in between."""

import asyncio
import contextlib
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

from ingest.collectors.context import Context
from ingest.collectors.tail import Line, Position, Tail
from ingest.source_entries import LogsSource
from ingest.syslog.framing import MAX_FRAME
from ingest.syslog.security import LineReader
from ioc_core.errors import BusError
from ioc_core.events import SecurityEvent, content_id

log = structlog.get_logger(__name__)

_PERIOD = 1.0
_PAUSE = (0.2, 5.0)


async def collect_logs(source: LogsSource, context: Context) -> None:
    """Follow the files until cancelled."""
    zone = ZoneInfo(source.timezone) if source.timezone else context.zone
    reader = LineReader(source, zone, context.kept_for)
    positions = _Positions(context.state_dir / f"logs-{source.name}.json")
    tails = {path: Tail(Path(path), positions.known.get(path)) for path in source.files}
    unreadable: dict[str, str] = {}
    host = socket.gethostname()
    try:
        while True:
            idle = True
            for path, tail in tails.items():
                lines = await asyncio.to_thread(tail.read)
                if lines:
                    idle = False
                    now = datetime.now(UTC)
                    await _publish(source, [_event(reader, line, now, host) for line in lines], context)
                if tail.position is not None:
                    positions.keep(path, tail.position)
                if tail.error is not None and unreadable.get(path) != tail.error:
                    log.warning("log_file_unreadable", source=source.name, path=path, error=tail.error)
                    unreadable[path] = tail.error
                elif tail.error is None:
                    unreadable.pop(path, None)
                    context.presence.heard(source.name, datetime.now(UTC))
            if idle:
                await asyncio.sleep(_PERIOD)
    finally:
        for tail in tails.values():
            tail.close()


def _event(reader: LineReader, line: Line, now: datetime, host: str) -> SecurityEvent:
    start = line.start
    event_id = content_id(reader.source.name, f"{start.device}:{start.inode}:{start.offset}", line.data)
    return reader.read(line.data[:MAX_FRAME], event_id, now, host=host, truncated=len(line.data) > MAX_FRAME)


async def _publish(source: LogsSource, events: list[SecurityEvent], context: Context) -> None:
    """The file keeps what the bus can't take yet."""
    pause = _PAUSE[0]
    while True:
        try:
            await context.publisher.publish(source.name, events)
        except BusError as error:
            log.warning("log_lines_wait", source=source.name, error=str(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, _PAUSE[1])
        else:
            return


class _Positions:
    """Where the files of a source were read to, kept on disk after each batch."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known: dict[str, Position] = {}
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self.known = msgspec.json.decode(path.read_bytes(), type=dict[str, Position])

    def keep(self, path: str, position: Position) -> None:
        """Write the position down, if it is new."""
        if self.known.get(path) == position:
            return
        self.known[path] = position
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self._path.with_suffix(f".{os.getpid()}.new")
            fresh.write_bytes(msgspec.json.encode(self.known))
            fresh.replace(self._path)
        except OSError as error:
            log.warning("log_position_not_kept", path=str(self._path), error=str(error))
