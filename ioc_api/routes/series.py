"""Series of samples, and their values over a stretch of time."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from ioc_api.access import Reader
from ioc_api.context import api_of
from ioc_api.cursors import decode_cursor
from ioc_api.export import TABLES, Wanted
from ioc_api.listing import Key, Listing, Rows
from ioc_api.models.series import Aggregate, RangeAnswer, SeriesList
from ioc_api.parameters import Cursor, From, Limit, To, span
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_api.queries import series as queries
from ioc_api.ranges import MAX_POINTS, MAX_SERIES, Grid, grid
from ioc_api.tables import SERIES
from ioc_core.db import Connection

router = APIRouter(prefix=API, tags=["series"])

_DEFAULT_RANGE = timedelta(hours=1)
Metric = Annotated[str | None, Query(max_length=200, description="Exact name.", examples=["dossiers_open"])]
Source = Annotated[str | None, Query(max_length=100)]
Labels = Annotated[
    list[str] | None, Query(max_length=10, description="`name:value`; all of them must match.", examples=["unit:66"])
]
SeriesId = Annotated[int, Query(ge=1, le=2**31 - 1)]
Ids = Annotated[list[SeriesId] | None, Query(max_length=MAX_SERIES, description="Ids of series; or give `metric`.")]


@router.get("/series", response_model=SeriesList, responses={**errors(401, 403, 422), **TABLES})
async def list_series(
    request: Request,
    principal: Reader,
    wanted: Wanted,
    metric: Metric = None,
    source: Source = None,
    label: Labels = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> SeriesList | Response:
    """List series with their newest values."""
    api = api_of(request)
    asked = queries.SeriesFilter(
        units=principal.scope_units,
        metric=metric,
        source=source,
        labels=_labels(label),
    )

    async def page(connection: Connection, after: Key | None, rows: int) -> Rows:
        return await queries.find(connection, replace(asked, after=None if after is None else after[0]), rows)

    listing = Listing(page, lambda row: (row["id"],))
    if wanted != "json":
        return api.exports.download(wanted, SERIES, listing, now=api.now())
    key = None if cursor is None else decode_cursor(cursor, tuple[int])
    async with api.database.connection() as connection:
        items, following = await listing.first(connection, key, limit)
    return SeriesList.model_validate({"items": items, "next": following})


@router.get("/query_range", response_model=RangeAnswer, responses=errors(401, 403, 404, 422))
async def query_range(
    request: Request,
    principal: Reader,
    series: Annotated[
        list[SeriesId] | None, Query(max_length=MAX_SERIES, description="Ids; or give `metric`.")
    ] = None,
    metric: Metric = None,
    source: Source = None,
    label: Labels = None,
    since: From = None,
    to: To = None,
    step: Annotated[int | None, Query(ge=1, le=31_536_000, description="Seconds; without: about 300 steps.")] = None,
    aggregate: Annotated[Aggregate, Query(description="What is told of the samples of a step.")] = "avg",
) -> Response:
    """Return series over a stretch of time (the last hour by default), one value a step.

    Steps of whole days, hours and minutes are answered from rollups, shorter ones from raw samples. At most 50 series
    and 11,000 points in all.
    """
    api = api_of(request)
    if (series is None) == (metric is None):
        raise wrong_parameter("query.series", series, "give either series or metric")
    period = span(since, to, now=api.now(), default=_DEFAULT_RANGE)
    steps = grid(period.since, period.until, step=step, zone=api.zone)
    asked = queries.SeriesFilter(
        units=principal.scope_units, ids=series, metric=metric, source=source, labels=_labels(label)
    )
    async with api.database.connection() as connection:
        found = await queries.find(connection, asked, MAX_SERIES + 1)
        _check_size(found, steps)
        points = await queries.points(connection, [row["id"] for row in found], steps, aggregate)
    answer = {
        "since": steps.since,
        "until": steps.until,
        "step_seconds": steps.seconds,
        "aggregate": aggregate,
        "resolution": steps.resolution,
        "series": [_with_points(row, points[row["id"]]) for row in found],
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _check_size(found: list[dict[str, Any]], steps: Grid) -> None:
    if not found:
        raise Problem(404, "No series matches.")
    if len(found) > MAX_SERIES:
        raise wrong_parameter("query.metric", found[0]["metric"], f"matches more than {MAX_SERIES} series: add labels")
    if len(found) * steps.points > MAX_POINTS:
        wanted = f"{len(found)} series of {steps.points} points are more than {MAX_POINTS} in all"
        raise wrong_parameter("query.step", steps.seconds, wanted)


def _with_points(row: dict[str, Any], points: list[tuple[Any, float]]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "source", "metric", "labels")} | {"points": points}


def _labels(pairs: list[str] | None) -> dict[str, str] | None:
    if pairs is None:
        return None
    labels: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition(":")
        if not separator or not name:
            raise wrong_parameter("query.label", pair, "must be name:value")
        labels[name] = value
    return labels
