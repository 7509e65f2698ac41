"""Bodies of /dossiers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

ChannelName = Literal["counter", "online", "post"]
CHANNELS: dict[ChannelName, int] = {"counter": 1, "online": 2, "post": 3}
"""Names of `KenhThucHien`."""


class Dossier(BaseModel):
    """The current state of a dossier. No personal data of citizens is kept."""

    code: str = Field(examples=["000.00.01.H15-260701-0001"])
    source: str
    status: int = Field(description="1 to 10, the national protocol's TrangThaiHoSo", examples=[4])
    unit: str | None = Field(description="Code of the unit that has to act; null: not mapped.")
    unit_name: str
    receiving_unit: str | None
    procedure_code: str | None
    procedure_name: str
    field_name: str
    channel: ChannelName | None
    filed_at: datetime | None
    accepted_at: datetime | None
    due_at: datetime | None
    finished_at: datetime | None
    returned_at: datetime | None
    ended_at: datetime | None = Field(description="When the authority's work ended; null: it is open.")
    is_open: bool
    overdue: bool = Field(description="Open, past its due date, and not waiting for the citizen.")
    waiting_for_citizen: bool
    on_time: bool | None = Field(description="Of an ended dossier; null: it can't be told.")
    step_department: str | None
    effective_at: datetime = Field(description="What the deciding message says of time.")
    told_at: datetime = Field(description="When that message came.")


class Dossiers(BaseModel):
    """A page of dossiers."""

    items: list[Dossier]
    next: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")


class TimelineEntry(BaseModel):
    """One message about a dossier."""

    observed_at: datetime
    received_at: datetime
    source: str
    record: bool = Field(description="The whole record; else one progress step.")
    status: int
    unit: str | None
    step_department: str | None
    body: dict[str, Any] = Field(description="Everything the message said.")


class DossierDetail(Dossier):
    """A dossier with its timeline, oldest first."""

    receiving_text: str | None = Field(description="As the source wrote it.")
    resolving_text: str | None
    supplements: list[dict[str, Any]]
    paid_online: bool | None
    electronic_result: bool | None
    step_due_at: datetime | None
    timeline: list[TimelineEntry]


class SummaryItem(BaseModel):
    """The dossiers of one unit, procedure, field, channel, status or level."""

    key: str | None = Field(description="Null: not known.", examples=["24133"])
    name: str
    received: int = Field(description="Filed in the period.")
    resolved: int = Field(description="Ended in the period, after they had been accepted.")
    measured: int = Field(description="Of these, those with a due date.")
    on_time: int = Field(description="Of these, those that ended in time.")
    open: int = Field(description="Open now.")
    overdue: int = Field(description="Open now and past the due date.")


class Summary(BaseModel):
    """Counts by one dimension, the most open first."""

    by: str
    since: datetime
    until: datetime
    items: list[SummaryItem]
