"""What the API answers, as far as the console and the briefing read it."""

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct


class Me(Struct, frozen=True):
    """Who is signed in."""

    name: str
    full_name: str
    role: str
    scope: str | None
    permissions: frozenset[str]


class Session(Struct, frozen=True):
    """A sign-in: the token stays on this server."""

    token: str
    me: Me


class Mute(Struct, frozen=True):
    """Why nobody is told of an alert now."""

    kind: str
    ref: str
    reason: str
    since: datetime
    until: datetime | None = None


class Alert(Struct, frozen=True, kw_only=True):
    """One alert of a list."""

    id: int
    rule: str
    severity: int
    state: str
    unit: str
    unit_name: str
    summary: str
    labels: dict[str, Any]
    annotations: dict[str, Any]
    value: float | None
    pending_at: datetime
    firing_at: datetime | None
    resolved_at: datetime | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None = None
    assigned_to: str | None = None
    snoozed_by: str | None = None
    snoozed_until: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    closed_until: datetime | None = None
    close_reason: str = ""
    mutes: tuple[Mute, ...] = ()

    @property
    def started_at(self) -> datetime:
        """When it began to fire; while it is pending, when that began."""
        return self.firing_at or self.pending_at


class HistoryEntry(Struct, frozen=True):
    """One thing that happened to an alert."""

    at: datetime
    kind: str
    actor: str
    note: str
    until: datetime | None = None
    person: str = ""


class Person(Struct, frozen=True):
    """Somebody an alert can be given to."""

    name: str
    full_name: str


class Outcome(Struct, frozen=True):
    """What came of an act on one of many alerts."""

    id: int
    outcome: str
    reason: str = ""


class AlertDetail(Alert, frozen=True, kw_only=True):
    """An alert with its history, oldest first."""

    details: dict[str, Any]
    history: tuple[HistoryEntry, ...]


class Matcher(Struct, frozen=True, rename="camel"):
    """A condition on a label, as Alertmanager's API has it."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True


class Silence(Struct, frozen=True, kw_only=True):
    """What people want nobody to be told of, for a while."""

    id: str
    kind: str
    matchers: tuple[Matcher, ...]
    scope: str | None = None
    starts_at: datetime
    ends_at: datetime
    recurrence: str | None = None
    until: datetime | None = None
    comment: str
    created_by: str
    expired_at: datetime | None = None
    state: str
    changes_at: datetime | None = None
    muting: int = 0
    ends_soon: bool = False


class MutedAlert(Struct, frozen=True, kw_only=True):
    """An alert that a silence would mute."""

    id: int
    severity: int
    unit_name: str
    summary: str


class Previewed(Struct, frozen=True):
    """What a silence would mute."""

    count: int
    alerts: tuple[MutedAlert, ...]
    last_7_days: int
    last_7_days_truncated: bool


class Source(Struct, frozen=True, kw_only=True):
    """A source and how fresh it is."""

    source: str
    title: str
    kind: str
    state: str
    last_seen_at: datetime | None
    events_total: int
    rejected_total: int


class Rejected(Struct, frozen=True, kw_only=True):
    """Input that was refused."""

    id: str
    received_at: datetime
    source: str
    port: str
    reason: str
    detail: str
    size: int
    encoding: str
    preview: str


class Unit(Struct, frozen=True):
    """A unit that a report can be of."""

    code: str
    kind: str
    name: str


class Measure(Struct, frozen=True):
    """A number and what it is made of; no value where nothing was measured."""

    value: float | None
    numerator: int
    denominator: int | None


class Figure(Struct, frozen=True):
    """One figure of a period, with the same of the period before."""

    id: str
    label: str
    unit: str
    definition: str
    now: Measure
    before: Measure
    change: float | None


class Breakdown(Struct, frozen=True):
    """The counts of one unit or channel."""

    key: str | None
    name: str
    received: int
    online: int
    resolved: int
    measured: int
    on_time: int
    open: int
    overdue: int


class PeriodReport(Struct, frozen=True):
    """The figures of a period; `to` is included."""

    from_: date = msgspec.field(name="from")
    to: date
    before_from: date
    before_to: date
    scope: str
    scope_name: str
    made_at: datetime
    figures: tuple[Figure, ...]
    by_unit: tuple[Breakdown, ...]
    by_channel: tuple[Breakdown, ...]
