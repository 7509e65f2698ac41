"""Bodies of /silences."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from ioc_api.parameters import Instant
from ioc_core.durations import Duration
from ioc_core.label_matchers import LONGEST_VALUE, MOST_MATCHERS, LabelMatcher
from ioc_core.silences import LONGEST_COMMENT, Wanted

SilenceKind = Literal["silence", "maintenance"]
SilenceState = Literal["pending", "active", "expired"]


class Matcher(BaseModel):
    """A condition on a label of alerts, as in Alertmanager's API; a label that isn't there is empty."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100, description="A label, alertname or severity.", examples=["system"])
    value: str = Field(max_length=LONGEST_VALUE, examples=["igate"])
    isRegex: bool = Field(False, description="The value is a regular expression for the whole label.")  # noqa: N815
    isEqual: bool = Field(True, description="False: alerts that don't meet it.")  # noqa: N815

    def plain(self) -> LabelMatcher:
        """Return it as the core knows it."""
        return LabelMatcher(self.name, self.value, self.isRegex, self.isEqual)


Matchers = Annotated[list[Matcher], Field(min_length=1, max_length=MOST_MATCHERS, description="All must be met.")]


class Preview(BaseModel):
    """What a silence would mute."""

    model_config = ConfigDict(extra="forbid")

    matchers: Matchers


class SilenceWish(BaseModel):
    """A silence as it is to be."""

    model_config = ConfigDict(extra="forbid")

    matchers: Matchers
    kind: SilenceKind = "silence"
    starts_at: Instant | None = Field(None, description="Without: now (of a change: as it is).")
    ends_at: Instant | None = Field(None, description="End of the first occurrence; or say `for`.")
    length: Annotated[Duration, WithJsonSchema({"type": "string", "examples": ["30m", "8h"]})] | None = Field(
        None, alias="for", description="How long it, or each occurrence, lasts; instead of `ends_at`."
    )
    recurrence: str | None = Field(
        None,
        max_length=500,
        description="RRULE of RFC 5545 by the province's clock: daily or rarer; null: once.",
        examples=["FREQ=WEEKLY;BYDAY=SA,SU"],
    )
    until: Instant | None = Field(None, description="No occurrence begins after it; null: for ten years.")
    comment: str = Field(min_length=1, max_length=LONGEST_COMMENT, description="Why.", examples=["Vá máy chủ iGate"])

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.ends_at is None) == (self.length is None):
            raise ValueError("say either ends_at or for")
        return self

    def wanted(self, *, starts_at: datetime, scope: str | None) -> Wanted:
        """Return it as the core knows it; `starts_at` holds unless the wish says otherwise."""
        begins = self.starts_at or starts_at
        ends = self.ends_at if self.length is None else begins + self.length
        assert ends is not None
        return Wanted(
            kind=self.kind,
            matchers=tuple(matcher.plain() for matcher in self.matchers),
            scope=scope,
            starts_at=begins,
            ends_at=ends,
            recurrence=self.recurrence,
            until=self.until,
            comment=self.comment,
        )


class Silence(BaseModel):
    """What people want nobody to be told of, for a while."""

    id: UUID
    kind: SilenceKind
    matchers: list[Matcher]
    scope: str | None = Field(description="Only alerts of this unit and those below; null: of all.")
    starts_at: datetime
    ends_at: datetime
    recurrence: str | None
    until: datetime | None
    comment: str
    created_by: str = Field(examples=["lan.nguyen"])
    created_at: datetime
    updated_at: datetime
    expired_at: datetime | None = Field(description="Ended by hand then.")
    state: SilenceState = Field(description="pending: it will be on; active: it is; expired: never again.")
    changes_at: datetime | None = Field(description="When it next begins or ends by itself.")
    muting: int = Field(description="How many alerts it mutes now.")
    ends_soon: bool = Field(description="It ends within 30 minutes and mutes something.")


class Silences(BaseModel):
    """A page of silences, the newest first."""

    items: list[Silence]
    next: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")


class MutedAlert(BaseModel):
    """An alert that would be muted."""

    id: int
    rule: str
    severity: int
    state: Literal["pending", "firing"]
    unit: str
    unit_name: str
    summary: str


class Previewed(BaseModel):
    """What a silence would mute: of the alerts there are now, and of those that began within 7 days."""

    count: int = Field(description="Alerts that are pending or firing now.")
    alerts: list[MutedAlert] = Field(description="Of them the gravest, at most 100.")
    last_7_days: int = Field(description="Alerts that began to fire within 7 days, those of now among them.")
    last_7_days_truncated: bool = Field(description="There were too many to look at: it is at least so many.")
