"""Rollup marks: which stretches of which series a batch has touched. Pure, but for their insertion."""

from datetime import datetime, timedelta

import numpy as np

from ingest.writer.columns import Columns
from ioc_core.db import Connection
from ioc_core.events import EPOCH

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE

Mark = tuple[datetime, datetime, list[int]]
"""Since, up to (excluded), whole minutes of one UTC hour; numbers of the series, ascending."""


def marks_of(columns: Columns) -> list[Mark]:
    """Return the marks of samples, one for each hour, oldest first."""
    hours = columns.at // _HOUR
    order = np.argsort(hours, kind="stable")
    ends = np.flatnonzero(np.diff(hours[order], append=hours.max() + 1))
    marks: list[Mark] = []
    start = 0
    for end in (ends + 1).tolist():
        places = order[start:end]
        at = columns.at[places]
        since, upto = int(at.min()) // _MINUTE, int(at.max()) // _MINUTE + 1
        marks.append((_instant(since), _instant(upto), np.unique(columns.series[places]).tolist()))
        start = end
    return marks


def _instant(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


async def insert_marks(connection: Connection, marks: list[Mark]) -> None:
    """Leave the marks for the roller."""
    if marks:
        await connection.copy_records_to_table("rollup_marks", records=marks, columns=("since", "upto", "series"))
