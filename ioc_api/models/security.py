"""Body of /security-events."""

from datetime import datetime

from pydantic import BaseModel, Field


class SecurityEvent(BaseModel):
    """One security record, in the names of the Elastic Common Schema."""

    source: str
    event_id: str
    observed_at: datetime
    received_at: datetime
    event_category: str = Field(examples=["authentication"])
    event_severity: int = Field(description="0 to 100", examples=[73])
    message: str
    event_action: str | None
    event_outcome: str | None
    host_name: str | None
    source_ip: str | None = Field(examples=["203.0.113.7"])
    user_name: str | None
    rule_name: str | None
    process_name: str | None
    unit: str | None
    system: str | None
    raw: str | None = Field(description="The record as it came; only with `raw=true`.")


class SecurityEvents(BaseModel):
    """A page of security events, the newest first."""

    items: list[SecurityEvent]
    next: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")
