"""SQL of what each day added to the counts of some units."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from ioc_api.queries.scoreboard_counting import DOSSIERS, Formulas, Fragment, Received
from ioc_api.scoreboard.counts import Count, SourceCounts
from ioc_core.db import Connection

_BECAME_LATE = """
SELECT (at AT TIME ZONE $3)::date AS day, count(*) AS lost FROM (
    SELECT d.late_at AS at FROM dossiers d
    WHERE d.is_open AND d.late_at >= $1 AND d.late_at < $2 AND d.accepted_at IS NOT NULL
      AND ($4::text[] IS NULL OR d.work_unit = ANY($4))
    UNION ALL
    SELECT d.late_at FROM dossiers d
    WHERE d.ended_at >= $1 AND d.lateness = 3 AND d.late_at >= $1 AND d.late_at < $2 AND d.accepted_at IS NOT NULL
      AND ($4::text[] IS NULL OR d.work_unit = ANY($4))
    UNION ALL
    SELECT d.ended_at FROM dossiers d
    WHERE d.ended_at >= $1 AND d.ended_at < $2 AND d.accepted_at IS NOT NULL AND d.lateness IS NULL
      AND ($4::text[] IS NULL OR d.work_unit = ANY($4))
) lost GROUP BY 1
"""
"""2.1: a dossier is lost from the instant at which it becomes late, or when it ends without a term."""

_OF_UNITS = "SELECT * FROM dossiers WHERE work_unit = ANY({}::text[])"


async def daily(
    connection: Connection,
    formulas: Formulas,
    since: datetime,
    until: datetime,
    *,
    units: Sequence[str] | None,
    zone: str,
) -> dict[date, list[SourceCounts]]:
    """Return what the dossiers received on each local day say, by source; `units` None: of all.

    Days without any lack. 2.1 is for `became_late` to tell.
    """
    rows = DOSSIERS if units is None else Fragment(_OF_UNITS, list(units))
    counting = Received(formulas, since, until, rows=rows, key=Fragment("(d.filed_at AT TIME ZONE {})::date", zone))
    found: dict[date, list[SourceCounts]] = {}
    for row in await connection.fetch(counting.sql, *counting.values):
        found.setdefault(row["key"], []).append(counting.read({**dict(row), "key": None}))
    return found


async def became_late(
    connection: Connection, since: datetime, until: datetime, *, units: Sequence[str] | None, zone: str
) -> Mapping[date, Count]:
    """Return how many dossiers each local day took from the numerator of 2.1, as negative numerators."""
    held = None if units is None else list(units)
    rows = await connection.fetch(_BECAME_LATE, since, until, zone, held)
    return {row["day"]: Count(-row["lost"], 0) for row in rows}
