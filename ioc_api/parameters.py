"""Query parameters that several routes share, and checks that a single parameter's type can't express."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import Path, Query
from msgspec import Struct
from pydantic import AfterValidator, AwareDatetime

from ioc_api.problems import wrong_parameter

AlertId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The alert's id.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Rows of a page at most.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before, with the same filters.")]
Code = Annotated[str | None, Query(min_length=1, max_length=100)]
UnitCode = Annotated[
    str | None, Query(min_length=1, max_length=100, description="Code of a unit: that unit and all below.")
]


def _in_reach(at: datetime) -> datetime:
    if not EARLIEST.year <= at.year < LATEST.year:
        raise ValueError(f"must be from {EARLIEST.year} to {LATEST.year - 1}")
    return at


EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
Instant = Annotated[AwareDatetime, AfterValidator(_in_reach)]
"""An instant with its offset, within reach of every time zone and of the database."""

From = Annotated[
    Instant | None,
    Query(alias="from", description="RFC 3339; included.", examples=["2026-07-01T00:00:00+07:00"]),
]
To = Annotated[Instant | None, Query(description="RFC 3339; excluded.", examples=["2026-07-02T00:00:00+07:00"])]


class Span(Struct, frozen=True):
    """A stretch of time: `since` is included, `until` isn't."""

    since: datetime
    until: datetime


LONGEST_PERIOD = 400
"""Days of a period at most."""


def check_days(first: date, last: date) -> None:
    """Refuse days that are no period.

    Raises:
        Problem: 422, the wrong way round, too many, or out of reach.
    """
    if not first <= last or (last - first).days >= LONGEST_PERIOD:
        reason = f"must be from 0 to {LONGEST_PERIOD - 1} days after from, {first}"
        raise wrong_parameter("query.to", last.isoformat(), reason)
    if not EARLIEST.year < first.year <= last.year < LATEST.year:
        reach = f"must be from {EARLIEST.year + 1} to {LATEST.year - 1}"
        raise wrong_parameter("query.from", first.isoformat(), reach)


def optional_span(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Return both ends as given.

    Raises:
        Problem: 422 when they are the wrong way round.
    """
    if since is not None and until is not None and since >= until:
        raise wrong_parameter("query.from", since.isoformat(), f"must be before to, {until.isoformat()}")
    return since, until


def span(since: datetime | None, until: datetime | None, *, now: datetime, default: timedelta) -> Span:
    """Return both ends; without `until` now, without `since` the `default` before it.

    Raises:
        Problem: 422 when they are the wrong way round.
    """
    end = until or now
    start, _ = optional_span(since or end - default, end)
    assert start is not None
    return Span(start, end)
