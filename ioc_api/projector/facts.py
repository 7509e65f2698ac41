"""What is read from the database for the live state: plain rows, kept by part so that one can be read anew."""

from dataclasses import dataclass, field
from datetime import date, datetime

from msgspec import Struct

from ioc_core.live import RecentDossier, Severity


class Unit(Struct, frozen=True):
    """A unit of the catalogue; `current` when it exists today."""

    code: str
    kind: str
    name: str
    current: bool


class UnitWork(Struct, frozen=True, kw_only=True):
    """The dossiers of one unit; `unit` is None for those whose unit isn't known."""

    unit: str | None
    open: int = 0
    overdue: int = 0
    due_soon_1: int = 0  # the most urgent tier
    due_soon_2: int = 0
    due_soon_3: int = 0
    waiting: int = 0
    unaccepted: int = 0
    received_today: int = 0
    ended_today: int = 0
    measured_month: int = 0  # ended this month, accepted, with a term
    on_time_month: int = 0
    last_event_at: datetime | None = None


class DossierFreshness(Struct, frozen=True):
    """When one-stop systems were last heard of, and when that becomes too old for a tile (by tile id)."""

    observed_at: datetime | None
    stale_after: dict[str, float]


class Probe(Struct, frozen=True, kw_only=True):
    """The current state of a probed target."""

    target: str
    name: str
    system: str
    unit: str
    up: bool
    changed_at: datetime
    observed_at: datetime
    duration_seconds: float
    certificate_not_after: datetime | None
    error: str


class SecurityCount(Struct, frozen=True):
    """Serious security events of a unit in 24 hours."""

    unit: str | None
    events: int
    newest: datetime


class Security(Struct, frozen=True):
    """Serious security events of 24 hours by unit; `heard_at`: when any source of security events last told."""

    counts: tuple[SecurityCount, ...] = ()
    heard_at: datetime | None = None


class FiringGroup(Struct, frozen=True, kw_only=True):
    """The firing alerts of one rule and unit. `summary` is of the worst, then the oldest."""

    rule: str
    unit: str
    unit_name: str
    severity: Severity
    summary: str
    count: int
    started_at: datetime
    unacknowledged: int  # those that are muted aside
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    fingerprints: tuple[str, ...]
    muted: bool = False


class Alarms(Struct, frozen=True):
    """All firing groups, and how many alerts began to fire lately."""

    groups: tuple[FiringGroup, ...] = ()
    new_10min: int = 0
    new_24h: int = 0


class Source(Struct, frozen=True, kw_only=True):
    """A source and when it was heard of; `silent_seconds` counts working time where it only works then."""

    name: str
    title: str
    kind: str
    unit: str | None
    expected_within_seconds: float | None
    last_seen_at: datetime | None
    silent_seconds: float | None
    events_total: int
    rejected_total: int


class Trends(Struct, frozen=True):
    """24 hourly values by tile id, oldest first; the last one is of the running hour."""

    values: dict[str, tuple[float | None, ...]] = {}
    rejected_24h: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the live state is made of, read at `read_at`; `today` is the province's day."""

    read_at: datetime
    today: date
    units: tuple[Unit, ...] = ()
    work: tuple[UnitWork, ...] = ()
    freshness: DossierFreshness = field(default_factory=lambda: DossierFreshness(None, {}))
    probes: tuple[Probe, ...] = ()
    security: Security = field(default_factory=Security)
    alarms: Alarms = field(default_factory=Alarms)
    sources: tuple[Source, ...] = ()
    events_per_second: float = 0.0
    recent: tuple[RecentDossier, ...] = ()
    trends: Trends = field(default_factory=Trends)


def restrict(facts: Facts, units: frozenset[str]) -> Facts:
    """Return what of `facts` concerns only these units; numbers that can't be told apart by unit are left out."""
    return Facts(
        read_at=facts.read_at,
        today=facts.today,
        units=tuple(unit for unit in facts.units if unit.code in units),
        work=tuple(work for work in facts.work if work.unit in units),
        freshness=facts.freshness,
        probes=tuple(probe for probe in facts.probes if probe.unit in units),
        security=Security(
            tuple(count for count in facts.security.counts if count.unit in units), facts.security.heard_at
        ),
        alarms=Alarms(tuple(group for group in facts.alarms.groups if group.unit in units)),
        sources=tuple(source for source in facts.sources if source.unit in units),
    )
