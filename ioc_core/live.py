"""What travels on LIVE and out of the feed: change notices, and the state of the province as keyed values.

The writer and the alert engine publish `Changed` on `live.changed` after each commit. The projector (in the API) is
the only publisher of `Delta`s, on `live.state`; it reads the database, so a delta is never ahead of what is stored.
Every value is absolute: applying a delta twice, or after a snapshot that already holds it, changes nothing.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec import Struct

SUBJECT_CHANGED = "live.changed"
SUBJECT_STATE = "live.state"


class Facts(StrEnum):
    """The kinds of stored fact that rules and projections depend on."""

    DOSSIERS = "dossiers"
    SAMPLES = "samples"
    PROBES = "probes"
    SECURITY = "security"
    SOURCES = "sources"
    ALERTS = "alerts"
    EXTERNAL = "external"  # alerts that other systems sent: for the leader of the alert engine


class Changed(Struct, frozen=True, omit_defaults=True):
    """Facts of these kinds were committed. `dossiers`: codes, at most 100, newest last; for the wall's ticker."""

    facts: frozenset[Facts]
    committed_at: datetime
    dossiers: tuple[str, ...] = ()


class Topic(StrEnum):
    """The topics that a client of `/ws/live` can ask for."""

    OVERVIEW = "overview"  # key: tile id → Tile; "alarms" → AlarmSummary; "health" → SourceHealth
    ALERTS = "alerts"  # key: group id → AlertGroup
    UNITS = "units"  # key: unit code → UnitState
    SYSTEMS = "systems"  # key: target → SystemState
    SOURCES = "sources"  # key: source → SourceState
    RECENT = "recent"  # key: "dossiers" → list of RecentDossier, newest first, at most 8


Severity = Literal[1, 2, 3, 4]
"""P1 emergency (khẩn cấp), P2 high (cao), P3 medium (trung bình), P4 low (thấp)."""


class Tile(Struct, frozen=True, kw_only=True):
    """One headline number. `severity` is set only when it is abnormal. `trend`: oldest first, 24 hourly values."""

    label: str
    value: float | None  # None: nothing measured
    unit: str = ""
    decimals: int = 0
    limit: str = ""  # what it is held against, for people: "mục tiêu ≥ 95 %"
    severity: Severity | None = None
    trend: tuple[float | None, ...] = ()
    note: str = ""
    observed_at: datetime | None = None  # of the newest fact behind it
    stale_after_seconds: float = 120.0


class AlarmSummary(Struct, frozen=True, kw_only=True):
    """Counts of alert groups that are firing, by severity, and the alarm rate (ISA-18.2)."""

    firing: dict[str, int]  # "1".."4" → groups firing
    unacknowledged: dict[str, int]
    new_10min: int  # alerts of P1 to P3 that began to fire within 10 minutes
    new_24h: int


class SourceHealth(Struct, frozen=True, kw_only=True):
    """How many sources are alive."""

    alive: int
    expected: int
    oldest_seconds: float | None
    silent: tuple[str, ...]  # titles, at most 5
    rejected_24h: int
    events_per_second: float


class AlertGroup(Struct, frozen=True, kw_only=True):
    """Firing alerts of one rule and one unit: a line on the wall."""

    rule: str
    severity: Severity
    summary: str  # Vietnamese, one line: the headline (or else the summary) of the worst alert
    unit: str
    unit_name: str
    count: int
    started_at: datetime
    acknowledged_by: str | None  # set when every alert of the group is acknowledged
    acknowledged_at: datetime | None
    fingerprints: tuple[str, ...]  # at most 20
    muted: bool = False  # every alert of the group is: nobody is told of it


class UnitState(Struct, frozen=True, kw_only=True):
    """A commune, department or the province's own desk, and the dossiers it has to act on.

    Of the open ones each is at most one of overdue, due soon (1: the most urgent tier), waiting, unaccepted.
    """

    name: str
    kind: str
    open: int
    overdue: int
    due_soon_1: int
    due_soon_2: int
    due_soon_3: int
    waiting: int  # for the citizen
    unaccepted: int  # filed online, not accepted in time
    received_today: int
    ended_today: int
    measured_month: int  # ended this month, accepted, with a term
    on_time_month: int  # of them, those in time
    severity: Severity | None  # the worst of P1 to P3 that fire: a P4 asks nobody to act now
    last_event_at: datetime | None


class SystemState(Struct, frozen=True, kw_only=True):
    """A probed target."""

    name: str
    system: str
    up: bool
    changed_at: datetime
    observed_at: datetime
    duration_seconds: float
    certificate_days_left: float | None
    error: str


class SourceState(Struct, frozen=True, kw_only=True):
    """How fresh a source is."""

    title: str
    kind: str
    state: Literal["alive", "late", "silent", "never"]
    last_seen_at: datetime | None
    events_total: int
    rejected_total: int


class RecentDossier(Struct, frozen=True, kw_only=True):
    """One line of the ticker."""

    code: str
    status: int
    unit_name: str
    procedure_name: str
    told_at: datetime


class Delta(Struct, frozen=True):
    """New values of keys of one topic; `None` removes a key."""

    topic: Topic
    items: dict[str, Any]
    committed_at: datetime  # of the newest commit it reflects, for measuring delay


_changed_decoder = msgspec.json.Decoder(Changed)
_delta_decoder = msgspec.json.Decoder(Delta)


def decode_changed(data: bytes) -> Changed:
    """Return the notice on `live.changed`."""
    return _changed_decoder.decode(data)


def decode_delta(data: bytes) -> Delta:
    """Return the delta on `live.state`; values stay plain JSON data."""
    return _delta_decoder.decode(data)


def encode(message: Changed | Delta) -> bytes:
    """Return the wire form: JSON, times in RFC 3339."""
    return msgspec.json.encode(message)
