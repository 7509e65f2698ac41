"""The servers' logs at work: the archive of past attacks, then every line as it is written."""

import asyncio
import time
from collections.abc import Callable

import structlog

from simulator.metrics import LAG
from simulator.position import PositionFile
from simulator.progress import FeedProgress, Phase
from simulator.servers.log import ServerLog
from simulator.servers.sender import FEED, SyslogSender
from simulator.workclock import DAY

log = structlog.get_logger()

TICK = 1.0
KEEP_POSITION_EVERY = 300


class ServerFeed:
    """Drives a log through a sender."""

    def __init__(
        self,
        server_log: ServerLog,
        sender: SyslogSender,
        *,
        position: PositionFile,
        progress: FeedProgress,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._log = server_log
        self._sender = sender
        self._position = position
        self._progress = progress
        self._now = now

    async def backfill(self, *, after: int, until: int, since: int) -> None:
        """Send the archive of [after, until), a day at a time."""
        began = time.perf_counter()
        starts = range(after, until, DAY)
        self._progress.phase, self._progress.total = Phase.BACKFILL, len(starts)
        for start in starts:
            lines = self._log.archive(start, min(start + DAY, until))
            await self._sender.send_archive(lines)
            self._progress.advance(entries=len(lines), parts=1)
        self._position.write(since=since, until=until)
        seconds = time.perf_counter() - began
        self._progress.finish(Phase.LIVE, seconds=seconds)
        log.info("log_backfilled", entries=self._progress.entries, seconds=round(seconds, 1))

    async def live(self, *, since: int) -> None:
        """Send each second's lines, until cancelled. What couldn't be sent in time is sent late, not left out."""
        sent = kept = self._log.start
        try:
            while True:
                now = int(self._now())
                if now > sent:
                    await self._sender.send(self._log.lines(sent, now))
                    sent = now
                    LAG.labels(FEED).set(max(0.0, self._now() - sent))
                if sent - kept >= KEEP_POSITION_EVERY:
                    self._position.write(since=since, until=sent)
                    kept = sent
                await asyncio.sleep(TICK)
        finally:
            self._position.write(since=since, until=sent)
