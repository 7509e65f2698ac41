"""Bodies of /series and /query_range."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Resolution = Literal["raw", "1m", "1h", "1d"]
Aggregate = Literal["avg", "min", "max", "sum", "last", "count"]


class Series(BaseModel):
    """One series of samples and its newest value."""

    id: int = Field(examples=[12])
    source: str = Field(examples=["igate"])
    metric: str = Field(examples=["dossiers_open"])
    labels: dict[str, str] = Field(examples=[{"unit": "66", "level": "province"}])
    time: datetime | None = Field(description="Of the newest sample.")
    value: float | None


class SeriesList(BaseModel):
    """A page of series, by id."""

    items: list[Series]
    next: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")


class SeriesPoints(BaseModel):
    """The points of one series, oldest first; steps without a sample are left out."""

    id: int
    source: str
    metric: str
    labels: dict[str, str]
    points: list[tuple[datetime, float]] = Field(
        description="Start of each step, and the value over it.", examples=[[["2026-07-01T00:00:00Z", 412]]]
    )


class RangeAnswer(BaseModel):
    """Series over a stretch of time. Steps are aligned to midnight in the province's time zone."""

    since: datetime
    until: datetime
    step_seconds: int
    aggregate: Aggregate
    resolution: Resolution = Field(description="What was read: raw samples, or exact rollups (a minute behind).")
    series: list[SeriesPoints]
