"""Samples into `samples` and `series_current`: by COPY, and by merging where a sample is there already.

Two values for one series and instant: the larger one stays, whatever order they come in.
"""

import struct
import time
from collections.abc import AsyncIterator, Iterable, Mapping

import asyncpg

from ingest.writer.marks import insert_marks, marks_of
from ingest.writer.screen import LABELS_LIMIT, LARGEST_VALUE, Limits, labels_json, micros
from ingest.writer.series import Identity, Key, SeriesCache, resolve
from ioc_core.db import Connection
from ioc_core.events import Sample

Point = tuple[int, int]
"""Number of the series, microseconds since 1970."""

_AHEAD = 86_400_000_000
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"
_row = struct.Struct(">hiiiqid").pack  # fields, then length and value of each: int4, timestamptz, float8
_EPOCH_2000 = 946_684_800_000_000
_CHUNK = 4096
_REPEAT_SECONDS = 600.0
_REPEATERS = 100_000

_GIVEN = """
(SELECT series_id, timestamptz 'epoch' + at * interval '1 microsecond' AS time, value
 FROM unnest($1::int[], $2::bigint[], $3::float8[]) AS columns (series_id, at, value)) AS given
"""

_MERGE = f"""
INSERT INTO samples SELECT series_id, time, value FROM {_GIVEN}
ON CONFLICT (series_id, time) DO UPDATE SET value = excluded.value WHERE excluded.value > samples.value
"""

_REPEATED = f"""
SELECT DISTINCT s.series_id FROM {_GIVEN} JOIN samples s ON s.series_id = given.series_id AND s.time = given.time
WHERE s.time BETWEEN timestamptz 'epoch' + $4::bigint * interval '1 microsecond'
                 AND timestamptz 'epoch' + $5::bigint * interval '1 microsecond'
"""

_CURRENT = f"""
INSERT INTO series_current SELECT series_id, time, value FROM {_GIVEN}
ON CONFLICT (series_id) DO UPDATE SET time = excluded.time, value = excluded.value
WHERE (excluded.time, excluded.value) > (series_current.time, series_current.value)
"""


class SampleRows:
    """The samples of one batch, one value for each series and instant; of new series apart."""

    __slots__ = ("identities", "unfit", "unknown", "values")

    def __init__(self) -> None:
        self.values: dict[Point, float] = {}
        self.unknown: list[tuple[Key, int, float]] = []
        self.identities: dict[Key, Identity] = {}
        self.unfit: list[Sample] = []

    def __len__(self) -> int:
        return len(self.values) + len(self.unknown)


def collect_samples(samples: Iterable[Sample], ids: Mapping[Key, int], limits: Limits) -> SampleRows:
    """Return the rows of `samples`; those that `unfit` has something against are kept apart, for it to say what."""
    rows = SampleRows()
    values, unknown, refused = rows.values, rows.unknown, rows.unfit
    oldest = micros(limits.samples)
    for sample in samples:
        labels = sample.labels
        at = micros(sample.observed_at)
        value = sample.value
        if at < oldest or at - micros(sample.received_at) > _AHEAD or not -LARGEST_VALUE <= value <= LARGEST_VALUE:
            refused.append(sample)
            continue
        key = (sample.metric, sample.source, *labels, *labels.values())
        series = ids.get(key)
        if series is None:
            if not _name(rows, key, sample):
                continue
            unknown.append((key, at, value))
        elif (series, at) not in values or values[series, at] < value:
            values[series, at] = value
    return rows


def _name(rows: SampleRows, key: Key, sample: Sample) -> bool:
    if key not in rows.identities:
        labels = labels_json(sample.labels)
        if len(labels) > LABELS_LIMIT:
            rows.unfit.append(sample)
            return False
        rows.identities[key] = (sample.metric, sample.source, labels.decode())
    return True


class SampleStore:
    """Stores samples; remembers which series have been sending what they had sent before."""

    def __init__(self, series: SeriesCache) -> None:
        self.series = series
        self._repeaters: dict[int, float] = {}

    async def store(self, connection: Connection, rows: SampleRows) -> dict[Key, int]:
        """Store `rows`; return the numbers of series that the cache may learn after the commit.

        Raises:
            asyncpg.PostgresError: a label that the database refuses.
        """
        learned = await resolve(connection, rows.identities) if rows.identities else {}
        values = _settled(rows, learned)
        if values:
            await self._insert(connection, values)
            await connection.execute(_CURRENT, *_newest(values))
            await insert_marks(connection, marks_of(values))
        return learned

    async def _insert(self, connection: Connection, values: dict[Point, float]) -> None:
        fresh, repeated = self._split(values)
        if fresh:
            try:
                async with connection.transaction():
                    await _copy(connection, "samples", fresh)
            except asyncpg.UniqueViolationError:
                repeated = values
        if repeated:
            await self._merge(connection, repeated)

    def _split(self, values: dict[Point, float]) -> tuple[dict[Point, float], dict[Point, float]]:
        now = time.monotonic()
        if self._repeaters:
            self._repeaters = {series: until for series, until in self._repeaters.items() if until > now}
        if not self._repeaters:
            return values, {}
        fresh: dict[Point, float] = {}
        repeated: dict[Point, float] = {}
        for point, value in values.items():
            (repeated if point[0] in self._repeaters else fresh)[point] = value
        return fresh, repeated

    async def _merge(self, connection: Connection, values: dict[Point, float]) -> None:
        points = sorted(values)
        columns = [point[0] for point in points], [point[1] for point in points], [values[point] for point in points]
        times = columns[1]
        rows = await connection.fetch(_REPEATED, *columns, min(times), max(times))
        until = time.monotonic() + _REPEAT_SECONDS
        if len(self._repeaters) + len(rows) > _REPEATERS:
            self._repeaters.clear()
        self._repeaters.update((row["series_id"], until) for row in rows)
        await connection.execute(_MERGE, *columns)


def _settled(rows: SampleRows, ids: Mapping[Key, int]) -> dict[Point, float]:
    """Return all values, now that the numbers of the new series are known."""
    if not rows.unknown:
        return rows.values
    values = dict(rows.values)
    for key, at, value in rows.unknown:
        point = ids[key], at
        if point not in values or values[point] < value:
            values[point] = value
    return values


def _newest(values: Mapping[Point, float]) -> tuple[list[int], list[int], list[float]]:
    newest: dict[int, tuple[int, float]] = {}
    for (series, at), value in values.items():
        held = newest.get(series)
        if held is None or held[0] < at:
            newest[series] = (at, value)
    series_ids = sorted(newest)
    return series_ids, [newest[s][0] for s in series_ids], [newest[s][1] for s in series_ids]


async def _copy(connection: Connection, table: str, values: Mapping[Point, float]) -> None:
    await connection.copy_to_table(
        table, source=_binary(values), columns=("series_id", "time", "value"), format="binary"
    )


async def _binary(values: Mapping[Point, float]) -> AsyncIterator[bytes]:
    """Yield the rows in COPY's binary format: as asyncpg would encode them, in a third of the time."""
    rows = [_row(3, 4, series, 8, at - _EPOCH_2000, 8, value) for (series, at), value in sorted(values.items())]
    yield _HEAD
    for start in range(0, len(rows), _CHUNK):
        yield b"".join(rows[start : start + _CHUNK])
    yield _TAIL
