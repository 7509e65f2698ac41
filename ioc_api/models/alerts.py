"""Bodies of /alerts."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

AlertState = Literal["pending", "firing", "resolved"]


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
    updated_at: datetime


class HistoryEntry(BaseModel):
    """One thing that happened to an alert."""

    at: datetime
    kind: str = Field(examples=["acknowledged"])
    actor: str = Field(description="A user's name, `token:NAME`, or `engine`.", examples=["lan.nguyen"])
    note: str


class AlertDetail(Alert):
    """An alert with its history, oldest first."""

    details: dict[str, Any] = Field(description="Columns of the rule's row that aren't labels.")
    history: list[HistoryEntry]


class Alerts(BaseModel):
    """A page of alerts, the newest episode first."""

    items: list[Alert]
    next: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")


class Acknowledgement(BaseModel):
    """That somebody takes an alert on."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=2000, examples=["Đang liên hệ đơn vị"])


class Comment(BaseModel):
    """Something said about an alert."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=2000, examples=["Đơn vị báo sẽ trả trước 17 giờ"])
