"""Bodies of /alerts."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from ioc_api.parameters import Instant
from ioc_core.durations import Duration

AlertState = Literal["pending", "firing", "closed", "resolved"]
AlertIds = Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(min_length=1, max_length=200)]


class Mute(BaseModel):
    """Why nobody is told of an alert now."""

    kind: Literal["silence", "maintenance", "inhibited", "dependency", "flapping", "storm"]
    ref: str = Field(description="Of a silence its id; else which rule, system or source.")
    reason: str = Field(description="In Vietnamese.", examples=["Tắt báo (lan.nguyen): Vá máy chủ iGate"])
    since: datetime
    until: datetime | None = Field(description="null: until something changes")


class Alert(BaseModel):
    """One episode of a rule being true for one set of labels."""

    id: int = Field(examples=[17])
    fingerprint: str = Field(description="Of rule and labels: the same in every episode.")
    rule: str = Field(examples=["DossierOverdue"])
    severity: int = Field(description="1 emergency, 2 high, 3 medium, 4 low", examples=[2])
    state: AlertState = Field(examples=["firing"])
    unit: str = Field(description="Code of the unit it concerns; empty: none.", examples=["24133"])
    unit_name: str = Field(examples=["Phường Buôn Ma Thuột"])
    summary: str = Field(examples=["Hồ sơ 000.00.01.H15-260701-0001 quá hạn 2 giờ"])
    labels: dict[str, Any]
    annotations: dict[str, Any] = Field(description="summary, description, runbook_url")
    value: float | None
    pending_at: datetime
    firing_at: datetime | None
    resolved_at: datetime | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None = Field(description="Then nobody has it any more; null: no end.")
    assigned_to: str | None = Field(description="Who is to see to it.", examples=["lan.nguyen"])
    assigned_at: datetime | None
    snoozed_by: str | None
    snoozed_until: datetime | None = Field(description="Nobody is told of it until then.")
    closed_by: str | None = Field(description="Who closed it by hand last, while its condition held.")
    closed_at: datetime | None
    closed_until: datetime | None = Field(description="Then it is opened again; null: not by time.")
    close_reason: str
    reopened_at: datetime | None
    updated_at: datetime
    mutes: list[Mute] = Field(description="While there is one, nobody is told of it.")


class HistoryEntry(BaseModel):
    """One thing that happened to an alert."""

    at: datetime
    kind: str = Field(examples=["acknowledged"])
    actor: str = Field(description="A user's name, `token:NAME`, or `engine`.", examples=["lan.nguyen"])
    note: str
    until: datetime | None = Field(description="Acknowledged, snoozed or closed until then.")
    person: str = Field(description="Whom it was given to, or taken from; empty: nobody.")


class AlertDetail(Alert):
    """An alert with its history, oldest first."""

    details: dict[str, Any] = Field(description="Columns of the rule's row that aren't labels.")
    history: list[HistoryEntry]


class Alerts(BaseModel):
    """A page of alerts, the newest episode first."""

    items: list[Alert]
    next: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")


class _Until(BaseModel):
    """An end, as an instant or as a length from now."""

    model_config = ConfigDict(extra="forbid")

    until: Instant | None = Field(None, description="An instant ahead; or say `for`.")
    length: Annotated[Duration, WithJsonSchema({"type": "string", "examples": ["30m", "2h"]})] | None = Field(
        None, alias="for", description="From now on, at most 366 days; instead of `until`."
    )

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.until is not None and self.length is not None:
            raise ValueError("say until or for, not both")
        return self

    def end(self, now: datetime) -> datetime | None:
        """Return the instant that is meant; None: no end."""
        return self.until if self.length is None else now + self.length


class _Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=2000, examples=["Đang liên hệ đơn vị"])


class Acknowledgement(_Until, _Note):
    """That somebody takes an alert on."""

    take_over: bool = Field(False, description="Also from whoever has it; `note` says why.")


class Unacknowledgement(_Note):
    """That nobody has an alert any more; `note` says why, when it was somebody else's."""


class Assignment(_Note):
    """Who is to see to an alert."""

    to: str | None = Field(max_length=200, description="A user's name; null: nobody.", examples=["lan.nguyen"])


class Snooze(_Until, _Note):
    """That nobody is told of an alert for a while."""

    @model_validator(mode="after")
    def _some_end(self) -> Self:
        if self.until is None and self.length in {None, timedelta()}:
            raise ValueError("say until when, or for how long")
        return self


class Unsnooze(_Note):
    """That an alert is told of again."""


class Closing(_Until):
    """That an alert is over by hand although its condition holds."""

    reason: str = Field(min_length=1, max_length=2000, examples=["Bảo trì đã báo trước"])


class Reopening(_Note):
    """That a closed alert fires again."""


class _Many(BaseModel):
    ids: AlertIds


class ManyAcknowledged(_Many, Acknowledgement):
    """The same for many alerts."""


class ManyUnacknowledged(_Many, Unacknowledgement):
    """The same for many alerts."""


class ManyAssigned(_Many, Assignment):
    """The same for many alerts."""


class ManySnoozed(_Many, Snooze):
    """The same for many alerts."""


class ManyUnsnoozed(_Many, Unsnooze):
    """The same for many alerts."""


class ManyClosed(_Many, Closing):
    """The same for many alerts."""


class ManyReopened(_Many, Reopening):
    """The same for many alerts."""


class Outcome(BaseModel):
    """What came of it for one alert."""

    id: int
    outcome: Literal["done", "unchanged", "refused"]
    reason: str = Field(
        "", description="Of a refusal: not_found, resolved, closed, pending, conflict, empty, past, far."
    )
    detail: str = Field("", description="The same in a sentence.")


class Outcomes(BaseModel):
    """What came of it, in the order asked for."""

    items: list[Outcome]


class Person(BaseModel):
    """Somebody an alert can be given to."""

    name: str = Field(examples=["lan.nguyen"])
    full_name: str


class People(BaseModel):
    """Whoever may act on alerts."""

    items: list[Person]


class Comment(BaseModel):
    """Something said about an alert."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=2000, examples=["Đơn vị báo sẽ trả trước 17 giờ"])
