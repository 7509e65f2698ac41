"""Which messages of which stream are in the database: what makes a message that comes again change nothing."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import asyncpg

from ioc_core.db import Connection

_LOCK = "SELECT applied FROM stream_positions WHERE stream = $1 FOR UPDATE"
_CREATE = "INSERT INTO stream_positions (stream) VALUES ($1) ON CONFLICT DO NOTHING"
_RECORD = "UPDATE stream_positions SET applied = applied + $2::int8multirange WHERE stream = $1"


async def claim(connection: Connection, stream: str, seqs: Iterable[int]) -> set[int]:
    """Return those of `seqs` that aren't in the database yet.

    Until the transaction ends, no other writer stores messages of this stream.
    """
    row = await connection.fetchrow(_LOCK, stream)
    if row is None:
        await connection.execute(_CREATE, stream)
        row = await connection.fetchrow(_LOCK, stream)
    applied = [] if row is None else [(range_.lower, range_.upper) for range_ in row["applied"]]
    starts = [lower for lower, _ in applied]
    return {seq for seq in seqs if not _held(applied, starts, seq)}


async def record(connection: Connection, stream: str, seqs: Iterable[int], *, first_seq: int) -> None:
    """Add `seqs` to what the database has, and all before `first_seq`: the stream holds none of those any more."""
    ranges = [(0, first_seq)] if first_seq > 0 else []
    given = [asyncpg.Range(lower, upper) for lower, upper in ranges + ranges_of(seqs)]
    await connection.execute(_RECORD, stream, given)


def ranges_of(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """Return the ranges (first, last + 1) that hold exactly `seqs`, ascending."""
    ranges: list[tuple[int, int]] = []
    for seq in sorted(set(seqs)):
        if ranges and ranges[-1][1] == seq:
            ranges[-1] = ranges[-1][0], seq + 1
        else:
            ranges.append((seq, seq + 1))
    return ranges


def _held(applied: Sequence[tuple[int, int]], starts: Sequence[int], seq: int) -> bool:
    """Whether a range of `applied` (ascending, `starts` are their lower ends) holds `seq`."""
    place = bisect_right(starts, seq) - 1
    return place >= 0 and seq < applied[place][1]
