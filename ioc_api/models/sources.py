"""Bodies of /sources and /rejected."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Source(BaseModel):
    """A source of events and how fresh it is."""

    source: str = Field(examples=["igate"])
    kind: str = Field(examples=["dvcqg"])
    title: str
    unit: str | None
    system: str | None
    state: Literal["alive", "late", "silent", "never"]
    expected_within_seconds: float | None = Field(description="Silent after this; null: never called silent.")
    working_time_only: bool
    silent_seconds: float | None = Field(description="Since it was heard of; of working time where only that counts.")
    last_seen_at: datetime | None
    events_total: int
    rejected_total: int


class Sources(BaseModel):
    """Every source that isn't retired, by title."""

    items: list[Source]


class Rejected(BaseModel):
    """Input that was refused."""

    id: str
    received_at: datetime
    source: str
    port: str = Field(description="Which edge it came in by.", examples=["dvcqg"])
    reason: str = Field(examples=["malformed"])
    detail: str
    size: int = Field(description="Bytes that were kept.")
    encoding: Literal["utf-8", "base64"] = Field(description="How `preview` is written.")
    preview: str = Field(description="Its first 1,024 bytes.")


class RejectedPage(BaseModel):
    """A page of refused input, the newest first."""

    items: list[Rejected]
    next: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")
