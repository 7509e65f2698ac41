"""Bodies of /units and /systems."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field


class UnitWork(BaseModel):
    """The dossiers of a unit now. An open one is at most one of overdue, due soon, waiting, unaccepted."""

    open: int
    overdue: int
    due_soon_1: int = Field(description="The most urgent tier of config/calendar.yaml.")
    due_soon_2: int
    due_soon_3: int
    waiting: int = Field(description="For the citizen.")
    unaccepted: int = Field(description="Filed online, not accepted in 8 working hours.")
    received_today: int
    ended_today: int
    measured_month: int = Field(description="Ended this month, accepted, with a term.")
    on_time_month: int = Field(description="Of these, those in time.")
    last_event_at: datetime | None


class Unit(BaseModel):
    """An authority of the catalogue."""

    code: str = Field(examples=["24133"])
    kind: str = Field(description="province, department, district (until 2025) or commune", examples=["commune"])
    name: str = Field(examples=["Phường Buôn Ma Thuột"])
    short_name: str
    parent: str | None
    valid_from: date | None = Field(description="Its first day; null: it has always been there.")
    valid_to: date | None = Field(description="Its last day; null: it has no end.")
    predecessors: list[str] = Field(description="Whose work it took over, wholly or in part.", examples=[["643"]])
    successors: list[str] = Field(description="Who took over its work.")
    latitude: float | None
    longitude: float | None
    national_id: str | None
    current: bool = Field(description="It exists today.")
    severity: int | None = Field(description="The worst severity that fires, of P1 to P3; null: none.")
    work: UnitWork


class Units(BaseModel):
    """Units, by kind and code."""

    items: list[Unit]


class UnitReference(BaseModel):
    """Another unit, and when it existed."""

    code: str
    kind: str
    name: str
    valid_from: date | None
    valid_to: date | None
    current: bool


class UnitDetail(Unit):
    """A unit with those around it; those out of the scope of who asks too, for names are public."""

    above: list[UnitReference] = Field(description="From its parent to the province.")
    before: list[UnitReference] = Field(description="Its predecessors.")
    after: list[UnitReference] = Field(description="Its successors.")


class UnmappedText(BaseModel):
    """What sources write of a unit or procedure that no catalogue knows."""

    kind: Literal["unit", "procedure"]
    text: str = Field(description="A unit as written; a procedure's code, or its name.", examples=["UBND H. Lắk"])
    name: str = Field(description="Of a procedure the name beside its code; else empty.")
    sources: list[str]
    dossiers: int
    open: int = Field(description="Of these, those that are still to be worked on.")
    first_filed_at: datetime
    last_filed_at: datetime
    last_told_at: datetime


class UnmappedTexts(BaseModel):
    """Texts of units, then of procedures, those of most dossiers first."""

    items: list[UnmappedText]


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
