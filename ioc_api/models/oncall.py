"""Bodies of /oncall."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ioc_api.parameters import Instant


class Shift(BaseModel):
    """[`starts_at`, `ends_at`) in which one person, or nobody, is on call."""

    starts_at: datetime
    ends_at: datetime
    person: str | None = Field(description="null: nobody.", examples=["truc-1"])
    title: str = Field(description="The person's, for screens; empty: nobody.", examples=["Cán bộ trực 1"])
    rotation: str = Field(description="Whose turn it is: on days off perhaps another rotation's.")
    override: int | None = Field(description="The override that says so.")


class Gap(BaseModel):
    """A stretch in which nobody is on call."""

    rotation: str
    title: str
    starts_at: datetime
    ends_at: datetime


class RotationView(BaseModel):
    """One rotation: who is on call now, who next, and every shift asked for."""

    name: str = Field(examples=["truc-ban"])
    title: str = Field(examples=["Trực ban"])
    kind: str = Field(description="daily, weekly, shifts")
    timezone: str
    members: list[str]
    now: Shift | None = Field(description="With its whole length, as far as 8 days before and after; null: nobody.")
    next: Shift | None = Field(description="The next shift of somebody else, within 8 days.")
    shifts: list[Shift]
    gaps: list[Gap]
    calendar_url: str = Field(description="iCalendar, for calendar clients: whoever has it can read it.")


class OnCallPerson(BaseModel):
    """Somebody who can be on call. Addresses aren't told."""

    name: str
    title: str
    user: str = Field(description="The name with which he signs in.")
    ways: list[str] = Field(description="Kinds of contact way, in order.", examples=[["telegram", "mail"]])


class Target(BaseModel):
    """Whom a step calls."""

    kind: str = Field(description="person, rotation, receiver")
    name: str


class PolicyStep(BaseModel):
    """One step of a policy."""

    wait_seconds: float = Field(description="Since the step before was due.")
    whom: list[Target]
    how: str | list[str] = Field(description="first, all, or kinds of contact way")


class PolicyView(BaseModel):
    """Whom an alert goes to, one after another, until somebody has it."""

    name: str
    title: str
    steps: list[PolicyStep]
    repeat: int
    repeat_after_seconds: float


class Override(BaseModel):
    """That somebody else, or nobody, is on call for a while."""

    id: int
    rotation: str
    person: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    created_at: datetime
    cancelled_by: str | None
    cancelled_at: datetime | None


class OnCallView(BaseModel):
    """The rota as of `at`, with the shifts of [`from`, `to`)."""

    model_config = ConfigDict(populate_by_name=True)

    at: datetime
    since: datetime = Field(serialization_alias="from")
    to: datetime
    rotations: list[RotationView]
    people: list[OnCallPerson]
    policies: list[PolicyView]
    overrides: list[Override] = Field(description="That hold at some time of the stretch, the oldest first.")
    warnings: list[Gap] = Field(description="Gaps that are there or begin within 24 hours.")


class NewOverride(BaseModel):
    """Who is on call instead, when and why."""

    rotation: str = Field(max_length=100)
    person: str | None = Field(max_length=100, description="null: nobody.")
    starts_at: Instant
    ends_at: Instant
    reason: Annotated[str, Field(max_length=1000)]
