"""Bodies of /units and /systems."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class UnitWork(BaseModel):
    """The dossiers of a unit now."""

    open: int
    overdue: int
    due_soon: int = Field(description="Less than eight working hours are left.")
    received_today: int
    last_event_at: datetime | None


class Unit(BaseModel):
    """An authority of the catalogue."""

    code: str = Field(examples=["24133"])
    kind: str = Field(description="province, department, district (until 2025) or commune", examples=["commune"])
    name: str = Field(examples=["Phường Buôn Ma Thuột"])
    short_name: str
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    predecessors: list[str]
    latitude: float | None
    longitude: float | None
    national_id: str | None
    current: bool = Field(description="It exists today.")
    severity: int | None = Field(description="The worst severity that fires, of P1 to P3; null: none.")
    work: UnitWork


class Units(BaseModel):
    """Units, by kind and code."""

    items: list[Unit]


class Target(BaseModel):
    """The state of a probed target."""

    target: str = Field(examples=["https://dichvucong.daklak.gov.vn"])
    kind: str = Field(examples=["http"])
    up: bool
    changed_at: datetime = Field(description="Since when it is up or down.")
    observed_at: datetime
    duration_seconds: float
    status_code: int | None
    certificate_not_after: datetime | None
    error: str | None


class System(BaseModel):
    """An e-government system, and what probes say of it."""

    code: str = Field(examples=["igate"])
    name: str
    owner: str | None
    security_level: int | None
    contact: str | None
    depends_on: list[str]
    up: bool | None = Field(description="Every target answers; null: it isn't probed.")
    targets: list[Target]


class Systems(BaseModel):
    """Systems by code; targets that belong to none stand alone."""

    items: list[System]
    other_targets: list[Target]
