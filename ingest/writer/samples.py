"""Samples into `samples` and `series_current`: by COPY, and by merging where a sample is there already."""

import time
from collections.abc import AsyncIterator

import asyncpg
import numpy as np

from ingest.writer.columns import Columns, SampleRows
from ingest.writer.marks import insert_marks, marks_of
from ingest.writer.series import Key, SeriesCache, resolve
from ioc_core.db import Connection

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


class SampleStore:
    """Stores samples; remembers which series have been sending what they had sent before."""

    def __init__(self, series: SeriesCache) -> None:
        self.series = series
        self.repeaters: dict[int, float] = {}

    async def store(self, connection: Connection, rows: SampleRows) -> dict[Key, int]:
        """Store `rows`; return the numbers of series that the cache may learn after the commit.

        Raises:
            asyncpg.PostgresError: a label that the database refuses.
        """
        numbers = await resolve(connection, rows.identities)
        columns = rows.settled(numbers)
        if len(columns):
            await self._insert(connection, columns)
            await connection.execute(_CURRENT, *_lists(columns.newest()))
            await insert_marks(connection, marks_of(columns))
        return dict(zip(rows.keys, numbers, strict=True))

    async def _insert(self, connection: Connection, columns: Columns) -> None:
        fresh, repeated = self._split(columns)
        if len(fresh):
            try:
                async with connection.transaction():
                    await _copy(connection, fresh)
            except asyncpg.UniqueViolationError:
                repeated = columns
        if len(repeated):
            await self._merge(connection, repeated)

    def _split(self, columns: Columns) -> tuple[Columns, Columns]:
        """Return what is probably new, and what probably isn't."""
        now = time.monotonic()
        self.repeaters = {series: until for series, until in self.repeaters.items() if until > now}
        again = np.isin(columns.series, list(self.repeaters))
        return columns.kept(~again), columns.kept(again)

    async def _merge(self, connection: Connection, columns: Columns) -> None:
        first, last = int(columns.at.min()), int(columns.at.max())
        rows = await connection.fetch(_REPEATED, *_lists(columns), first, last)
        until = time.monotonic() + _REPEAT_SECONDS
        if len(self.repeaters) + len(rows) > _REPEATERS:
            self.repeaters.clear()
        self.repeaters.update((row["series_id"], until) for row in rows)
        await connection.execute(_MERGE, *_lists(columns))


def _lists(columns: Columns) -> tuple[list[int], list[int], list[float]]:
    return columns.series.tolist(), columns.at.tolist(), columns.values.tolist()


# A row of binary COPY: number of fields, then length and value of each; big-endian.
_ROW = np.dtype(
    [("n", ">i2"), ("l1", ">i4"), ("series", ">i4"), ("l2", ">i4"), ("at", ">i8"), ("l3", ">i4"), ("value", ">f8")]
)
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"
_EPOCH_2000 = 946_684_800_000_000
_CHUNK = 4096


def binary_rows(columns: Columns) -> bytes:
    """Return the rows (series_id int, time timestamptz, value double precision) as binary COPY has them."""
    rows = np.empty(len(columns), dtype=_ROW)
    rows["n"], rows["l1"], rows["l2"], rows["l3"] = 3, 4, 8, 8
    rows["series"], rows["at"], rows["value"] = columns.series, columns.at - _EPOCH_2000, columns.values
    return rows.tobytes()


async def _copy(connection: Connection, columns: Columns) -> None:
    await connection.copy_to_table(
        "samples", source=_binary(columns), columns=("series_id", "time", "value"), format="binary"
    )


async def _binary(columns: Columns) -> AsyncIterator[bytes]:
    data = binary_rows(columns)
    size = _CHUNK * _ROW.itemsize
    yield _HEAD
    for start in range(0, len(data), size):
        yield data[start : start + size]
    yield _TAIL
