"""Body of /overview: the same values as the feed's topic `overview`."""

from datetime import datetime

from pydantic import BaseModel, Field


class Tile(BaseModel):
    """One headline number."""

    label: str = Field(examples=["Hồ sơ quá hạn"])
    value: float | None = Field(description="null: nothing was measured", examples=[12])
    unit: str = Field(examples=["hồ sơ"])
    decimals: int
    limit: str = Field(description="What it is held against.", examples=["mục tiêu 0"])
    severity: int | None = Field(description="Set when abnormal: 1 emergency to 4 low.")
    trend: list[float | None] = Field(description="24 hourly values, oldest first; empty: not known.")
    note: str = Field(examples=["3,2 % số hồ sơ đang xử lý"])
    observed_at: datetime | None = Field(description="Of the newest fact behind it.")
    stale_after_seconds: float


class Alarms(BaseModel):
    """Firing alert groups (rule and unit) by severity "1" to "4"."""

    firing: dict[str, int]
    unacknowledged: dict[str, int]
    new_10min: int
    new_24h: int


class Health(BaseModel):
    """How many sources are alive."""

    alive: int
    expected: int
    oldest_seconds: float | None
    silent: list[str]
    rejected_24h: int
    events_per_second: float


class Overview(BaseModel):
    """The province in six numbers, its alarms and its sources."""

    at: datetime
    tiles: dict[str, Tile] = Field(
        description="By id: received_today, processing, overdue, on_time_month, systems_up, security_24h."
    )
    alarms: Alarms
    health: Health
