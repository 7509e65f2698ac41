"""Body of /reports/period."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class Measure(BaseModel):
    """A number and what it is made of."""

    value: float | None = Field(description="Null: nothing was measured.")
    numerator: int
    denominator: int | None = Field(description="Null: the figure is a count.")


class Figure(BaseModel):
    """One figure of the period, with the same of the period before."""

    id: str = Field(examples=["on_time"])
    label: str = Field(examples=["Tỷ lệ giải quyết đúng hạn"])
    unit: str = Field(examples=["%"])
    definition: str = Field(description="How it is counted, in Vietnamese.")
    now: Measure
    before: Measure
    change: float | None = Field(description="Value minus the value before; null: one of them wasn't measured.")


class Breakdown(BaseModel):
    """The counts of one unit or channel."""

    key: str | None = Field(description="A unit's code or a channel's name; null: not known.")
    name: str
    received: int
    online: int
    resolved: int
    measured: int
    on_time: int
    open: int
    overdue: int


class PeriodReport(BaseModel):
    """What leaders are told of a period: every figure with numerator, denominator and definition."""

    from_: date = Field(alias="from")
    to: date = Field(description="Included.")
    before_from: date
    before_to: date
    scope: str = Field(description="Code of the unit that the report is of.")
    scope_name: str
    made_at: datetime
    figures: list[Figure]
    by_unit: list[Breakdown] = Field(description="The most received first.")
    by_channel: list[Breakdown]
