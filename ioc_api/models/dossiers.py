"""Bodies of /dossiers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from ioc_core.dossier import Arrival, Standing, StepKind

ChannelName = Literal["counter", "online", "post"]
CHANNELS: dict[ChannelName, int] = {"counter": 1, "online": 2, "post": 3}
"""Names of `KenhThucHien`."""
LatenessName = Literal["early", "on_time", "late"]
LATENESS: dict[LatenessName, int] = {"early": 1, "on_time": 2, "late": 3}
"""Names of how a dossier ended (ioc_core.dossier.Lateness)."""


class Dossier(BaseModel):
    """The current state of a dossier. No personal data of citizens is kept."""

    code: str = Field(examples=["000.00.01.H15-260701-0001"])
    source: str
    status: int = Field(description="1 to 10, the national protocol's TrangThaiHoSo", examples=[4])
    standing: Standing = Field(description="How it stands now, by the clock of Decision 766, in one word.")
    unit: str | None = Field(description="Code of the unit that has to act; null: not mapped.")
    unit_name: str
    receiving_unit: str | None
    receiving_unit_name: str
    procedure_code: str | None
    procedure_name: str
    field_name: str
    channel: ChannelName | None
    filed_at: datetime | None
    accepted_at: datetime | None
    due_at: datetime | None = Field(description="As promised to the citizen (NgayHenTra).")
    deadline_at: datetime | None = Field(
        description="The due date, or else the filing and the time by law, plus the time waited for supplements."
    )
    late_at: datetime | None = Field(description="While it runs, it is overdue after this; null: it can't be.")
    working_seconds_left: float | None = Field(
        description="Of an open one: working time until `late_at`; below zero: since then."
    )
    finished_at: datetime | None
    returned_at: datetime | None
    ended_at: datetime | None = Field(description="End of processing (Decision 766, 2.1); null: it is open.")
    end_status: int | None = Field(description="The status that ended it: 9, 10, 8, 3 or 7.")
    is_open: bool
    overdue: bool = Field(description="Open and past `late_at`.")
    waiting_for_citizen: bool
    waiting_since: datetime | None
    requests: int = Field(description="Supplement requests so far; a second one makes it overdue.")
    on_time: bool | None = Field(description="Of an ended dossier: early or on time; null: it can't be told.")
    lateness: LatenessName | None = Field(description="Of an ended dossier, to the minute; null: it can't be told.")
    entered_late: bool = Field(description="Ended in time, entered after the term: overdue by entry.")
    step_department: str | None
    effective_at: datetime = Field(description="What the deciding message says of time.")
    told_at: datetime = Field(description="When that message came.")


class Dossiers(BaseModel):
    """A page of dossiers."""

    items: list[Dossier]
    next: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")


class TimelineStep(BaseModel):
    """Who had the dossier from when to when. Steps join without gap or overlap until the end of processing."""

    kind: StepKind = Field(
        description="work; the citizen's turn: supplement (taken off the time), fee; closed: ended, but taken up"
        " again; ended: the end of processing; after: what was said of later. The last two are moments."
    )
    status: int | None = Field(description="Null: nothing was told of that time.")
    unit: str | None
    unit_name: str | None
    department: str | None
    since: datetime
    until: datetime | None = Field(description="Null: it is running.")
    elapsed_seconds: float
    working_seconds: int | None = Field(description="Null: outside of the working calendar.")
    told_at: datetime = Field(description="When the system was told of what began it.")
    arrival: Arrival = Field(
        description="in_order; late: what came then was told of after something later;"
        " correction: it went back on what was said before, and holds from its arrival."
    )


class TimelineEntry(BaseModel):
    """One message about a dossier."""

    observed_at: datetime
    received_at: datetime
    source: str
    record: bool = Field(description="The whole record; else one progress step.")
    status: int
    unit: str | None
    step_department: str | None
    holds_from: datetime | None = Field(description="Its place in the history; null: it isn't part of it.")
    arrival: Arrival | None
    body: dict[str, Any] = Field(description="Everything the message said.")


class DossierDetail(Dossier):
    """A dossier with its timeline, oldest first: as steps for people, and message by message."""

    receiving_text: str | None = Field(description="As the source wrote it.")
    resolving_text: str | None
    supplements: list[dict[str, Any]]
    waited_seconds: float = Field(description="Time of answered supplement requests, which is taken off.")
    accept_by: datetime | None = Field(description="Filed online, not accepted yet: until when it must be.")
    first_told_at: datetime
    entered_at: datetime | None = Field(description="When the system was told of the end; null: not known, or open.")
    entry_lag_working_seconds: int | None = Field(description="Working time from the end to its entry.")
    paid_online: bool | None
    fee_vnd: int | None
    electronic_result: bool | None
    papers_digitised: bool | None
    papers_reused: bool | None
    papers_from_store: bool | None
    population_data: bool | None
    step_due_at: datetime | None
    steps: list[TimelineStep]
    timeline: list[TimelineEntry]


class SummaryItem(BaseModel):
    """The dossiers that one key of the dimension has."""

    key: str | None = Field(description="Null: not known.", examples=["24133"])
    name: str
    received: int = Field(description="Filed in the period.")
    resolved: int = Field(description="Ended in the period, after they had been accepted.")
    measured: int = Field(description="Of these, those with a term; `on_time` and `late` together.")
    on_time: int = Field(description="Of these, those that ended in time, early ones too.")
    early: int = Field(description="Of these, those that ended before the minute of their term.")
    late: int = Field(description="Of the measured, those that ended late: overdue in substance.")
    entered_late: int = Field(description="Of those in time, those entered after the term: overdue by entry.")
    open: int = Field(description="Open now.")
    overdue: int = Field(description="Open now and past their term.")
    due_soon_1: int = Field(description="Open now, in the most urgent tier of config/calendar.yaml.")
    due_soon_2: int
    due_soon_3: int
    waiting: int = Field(description="Open now, not overdue, waiting for the citizen.")
    unaccepted: int = Field(description="Filed online and not accepted in 8 working hours.")
    median_working_hours: float | None = Field(
        description="Of the resolved, from filing to the end of processing; null: none, or `durations` wasn't asked."
    )
    p90_working_hours: float | None = Field(description="Nine of ten took no longer.")


class Summary(BaseModel):
    """Counts by one dimension, the most open first; standings by urgency, ages by age."""

    by: str
    since: datetime
    until: datetime
    items: list[SummaryItem]
