"""Rollup marks: which stretches of which series a batch has touched. Pure, but for their insertion."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ingest.writer.screen import EPOCH
from ioc_core.db import Connection

MINUTE = 60_000_000
HOUR = 60 * MINUTE

Mark = tuple[datetime, datetime, list[int]]
"""Since, up to (excluded), whole minutes of one UTC hour; numbers of the series, ascending."""


def marks_of(times: Iterable[tuple[int, int]]) -> list[Mark]:
    """Return the marks of samples given as (series, microseconds since 1970), one for each hour, oldest first."""
    hours: dict[int, tuple[int, int, set[int]]] = {}
    for series, at in times:
        hour = at // HOUR
        held = hours.get(hour)
        if held is None:
            hours[hour] = (at, at, {series})
            continue
        first, last, members = held
        members.add(series)
        if at < first:
            hours[hour] = (at, last, members)
        elif at > last:
            hours[hour] = (first, at, members)
    return [
        (_instant(first // MINUTE * MINUTE), _instant((last // MINUTE + 1) * MINUTE), sorted(members))
        for _, (first, last, members) in sorted(hours.items())
    ]


def _instant(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


async def insert_marks(connection: Connection, marks: list[Mark]) -> None:
    """Leave the marks for the roller."""
    if marks:
        await connection.copy_records_to_table("rollup_marks", records=marks, columns=("since", "upto", "series"))
