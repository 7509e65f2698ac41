"""SQL of /series and /query_range."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from ioc_api.models.series import Aggregate, Resolution
from ioc_api.queries.conditions import Conditions
from ioc_api.ranges import Grid
from ioc_core.db import Connection

_SERIES = """
SELECT s.id, s.source, s.metric, s.labels, c.time, c.value
FROM series s LEFT JOIN series_current c ON c.series_id = s.id
"""

_RAW: dict[Aggregate, str] = {
    "avg": "avg(value)",
    "min": "min(value)",
    "max": "max(value)",
    "sum": "sum(value)",
    "last": "(array_agg(value ORDER BY time DESC))[1]",
    "count": "count(*)::double precision",
}
_ROLLED: dict[Aggregate, str] = {
    "avg": "sum(sum) / sum(count)",
    "min": "min(min)",
    "max": "max(max)",
    "sum": "sum(sum)",
    "last": "(array_agg(last ORDER BY bucket DESC))[1]",
    "count": "sum(count)::double precision",
}
_TABLES: dict[Resolution, tuple[str, str, dict[Aggregate, str]]] = {
    "raw": ("samples", "time", _RAW),
    "1m": ("rollup_1m", "bucket", _ROLLED),
    "1h": ("rollup_1h", "bucket", _ROLLED),
    "1d": ("rollup_1d", "bucket", _ROLLED),
}


class SeriesFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks: series without a unit are outside it."""

    units: list[str] | None
    ids: list[int] | None = None
    metric: str | None = None
    source: str | None = None
    labels: dict[str, str] | None = None
    after: int | None = None


async def find(connection: Connection, asked: SeriesFilter, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` series by id."""
    where = Conditions()
    where.optional("s.labels ->> 'unit' = ANY({})", asked.units)
    where.optional("s.id = ANY({}::int[])", asked.ids)
    where.optional("s.metric = {}", asked.metric)
    where.optional("s.source = {}", asked.source)
    where.optional("s.labels @> {}", asked.labels or None)
    where.optional("s.id > {}", asked.after)
    query = f"{_SERIES} {where.sql} ORDER BY s.id LIMIT {where.parameter(limit)}"
    return [dict(row) for row in await connection.fetch(query, *where.values)]


async def points(
    connection: Connection, ids: Sequence[int], grid: Grid, aggregate: Aggregate
) -> dict[int, list[tuple[Any, float]]]:
    """Return (start of step, value) of each series, oldest first; steps without a sample are left out."""
    table, column, aggregates = _TABLES[grid.resolution]
    rows = await connection.fetch(
        f"SELECT series_id, date_bin($2, {column}, $3) AS step, {aggregates[aggregate]} AS value FROM {table}"
        f" WHERE series_id = ANY($1::int[]) AND {column} >= $4 AND {column} < $5 GROUP BY 1, 2 ORDER BY 1, 2",
        list(ids),
        grid.step,
        grid.origin,
        grid.since,
        grid.until,
    )
    found: dict[int, list[tuple[Any, float]]] = {series: [] for series in ids}
    for row in rows:
        found[row["series_id"]].append((row["step"], row["value"]))
    return found
