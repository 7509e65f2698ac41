"""The roller: minutes, hours and days of every series, made again whenever their samples change.

The writer leaves marks beside its samples, in the same transaction; a round takes marks, computes the buckets that
they touch anew and whole from what is stored, and deletes the marks, all in one transaction. So a bucket is always
what its samples say, however late they came and whoever wrote them meanwhile: samples committed during a round have
marks of their own for the next one.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from msgspec import Struct

from ingest.writer import metrics
from ingest.writer.database import TROUBLE, Database
from ioc_core.db import Connection

log = structlog.get_logger(__name__)

MAINTENANCE_LOCK = 0x10C_0040
"""Held (for one transaction) by whoever rolls up or drops: never both, never two."""

_INTERVAL = 2.0
_MARKS = (8, 64, 512)  # of one round: fewest, at first, most
_ROUND_SECONDS = 4.0
_LEAVE = 3.0
_DEADLINE = 120.0
_SERIES_MINUTES = 1_000_000
_MINUTE = timedelta(minutes=1)

_TAKE = """
WITH taken AS (
    DELETE FROM rollup_marks WHERE id IN (
        SELECT id FROM rollup_marks WHERE since < $1 ORDER BY since DESC LIMIT $2)
    RETURNING since, upto, series
), again AS (
    INSERT INTO rollup_marks (since, upto, series) SELECT $1, upto, series FROM taken WHERE upto > $1
)
SELECT min(since) AS since, least(max(upto), $1) AS upto, array_agg(DISTINCT s ORDER BY s) AS series
FROM taken, unnest(series) AS s GROUP BY date_trunc('hour', since, 'UTC') ORDER BY 1
"""

_FLOOR = """
SELECT max(floor) FROM retention_floors WHERE table_name IN ('samples', 'rollup_1m', 'rollup_1h', 'rollup_1d')
"""

_ROLL_UP = "SELECT roll_up($1::text::regclass, $2::text::regclass, $3, $4, $5, $6, $7)"


class Stretch(Struct, frozen=True):
    """Whole minutes of some series (numbers, ascending), `upto` excluded."""

    since: datetime
    upto: datetime
    series: tuple[int, ...]


class Round(Struct, frozen=True):
    """What a round did: whether there may be more at once, and buckets made by table."""

    more: bool
    buckets: dict[str, int]


def join(stretches: list[Stretch]) -> list[Stretch]:
    """Return the stretches (by time) with those of the same series that follow each other made one, up to a limit."""
    joined: list[Stretch] = []
    for stretch in stretches:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.series == stretch.series
            and last.upto >= stretch.since
            and len(stretch.series) * ((stretch.upto - last.since) // _MINUTE) <= _SERIES_MINUTES
        ):
            joined[-1] = Stretch(last.since, max(last.upto, stretch.upto), last.series)
        else:
            joined.append(stretch)
    return joined


def whole_hours(stretch: Stretch, zone: ZoneInfo) -> Stretch:
    """Return the stretch widened to whole hours of the zone's clock (which may begin at half past in UTC)."""
    since = stretch.since.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    last = (stretch.upto - _MINUTE).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    return Stretch(since.astimezone(UTC), last.astimezone(UTC) + timedelta(hours=1), stretch.series)


def whole_days(stretch: Stretch, zone: ZoneInfo) -> Stretch:
    """Return the stretch widened to whole days of the zone."""
    since = day_start(stretch.since, zone)
    last = (stretch.upto - _MINUTE).astimezone(zone).date() + timedelta(days=1)
    upto = datetime(last.year, last.month, last.day, tzinfo=zone)
    return Stretch(since, upto.astimezone(UTC), stretch.series)


def day_start(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the day of `at` began in the zone, as UTC."""
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


async def roll(connection: Connection, *, zone: ZoneInfo, now: datetime, marks: int = _MARKS[-1]) -> Round | None:
    """Take up to `marks` marks of minutes that are over at `now` and bring their rollups up to date.

    Returns None when another process is at it.

    Raises:
        asyncpg.PostgresError: nothing was done.
    """
    closed = now.astimezone(UTC).replace(second=0, microsecond=0)
    async with connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", MAINTENANCE_LOCK):
            return None
        floor = await connection.fetchval(_FLOOR)
        rows = await connection.fetch(_TAKE, closed, marks, timeout=_DEADLINE)
        stretches = join([Stretch(row["since"], row["upto"], tuple(row["series"])) for row in rows])
        buckets = {"rollup_1m": 0, "rollup_1h": 0, "rollup_1d": 0}
        for stretch in stretches:
            kept = _above(stretch, floor)
            if kept is not None:
                await _roll_stretch(connection, kept, zone, buckets)
    return Round(bool(rows), buckets)


def _above(stretch: Stretch, floor: datetime | None) -> Stretch | None:
    """Return what of the stretch isn't past its retention: of what is dropped, the rollups are all that is left."""
    if floor is None or stretch.since >= floor:
        return stretch
    return Stretch(floor, stretch.upto, stretch.series) if stretch.upto > floor else None


async def _roll_stretch(connection: Connection, stretch: Stretch, zone: ZoneInfo, buckets: dict[str, int]) -> None:
    minutes = ("rollup_1m", "samples", stretch, "minute")
    hours = ("rollup_1h", "rollup_1m", whole_hours(stretch, zone), "hour")
    days = ("rollup_1d", "rollup_1h", whole_days(stretch, zone), "day")
    for target, source, whole, unit in (minutes, hours, days):
        buckets[target] += await connection.fetchval(
            _ROLL_UP,
            target,
            source,
            list(whole.series),
            whole.since,
            whole.upto,
            unit,
            str(zone),
            timeout=_DEADLINE,
        )


class Roller:
    """Rolls up every few seconds; of several processes, whoever comes first.

    A round takes as many marks as it manages in a few seconds, so that minutes that have just ended, which come first,
    never wait long behind history that is being filled in. While the writer has its hands full, rolling up leaves it
    three quarters of the time.
    """

    def __init__(self, database: Database, zone: ZoneInfo, busy: Callable[[], bool]) -> None:
        """`busy`: whether the writer of this process is storing at this moment."""
        self._database = database
        self._zone = zone
        self._busy = busy
        self._marks = _MARKS[1]

    async def run(self) -> None:
        """Roll up until cancelled; a round that fails changes nothing and is made again."""
        while True:
            more = False
            started = time.perf_counter()
            try:
                more = await self._round()
            except TROUBLE as error:
                log.warning("roll_failed", error=f"{type(error).__name__}: {error}")
                metrics.RETRIES.labels("roll").inc()
                self._marks = _MARKS[0]
            took = time.perf_counter() - started
            await asyncio.sleep(_INTERVAL if not more else _LEAVE * took if self._busy() else 0.0)

    async def _round(self) -> bool:
        started = time.perf_counter()
        async with self._database.connection() as connection:
            done = await roll(connection, zone=self._zone, now=datetime.now(UTC), marks=self._marks)
            metrics.MARKS.set(await connection.fetchval("SELECT count(*) FROM rollup_marks"))
        if done is None:
            return False
        took = time.perf_counter() - started
        metrics.ROLL_SECONDS.observe(took)
        if took > _ROUND_SECONDS:
            self._marks = max(self._marks // 2, _MARKS[0])
        elif took < _ROUND_SECONDS / 4:
            self._marks = min(self._marks * 2, _MARKS[2])
        for bucket, count in done.buckets.items():
            metrics.ROLLED.labels(bucket.removeprefix("rollup_")).inc(count)
        return done.more
