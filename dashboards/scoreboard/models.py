"""What the API answers about the scoreboard, as far as the page reads it."""

from datetime import date, datetime

import msgspec
from msgspec import Struct


class IndicatorDefinition(Struct, frozen=True):
    """An indicator, as the version that scores the period has it."""

    id: str
    name: str
    maximum: float
    full_at: float


class GroupDefinition(Struct, frozen=True):
    """Indicators that belong together."""

    id: str
    name: str
    maximum: float
    indicators: tuple[IndicatorDefinition, ...]


class Grade(Struct, frozen=True):
    """A word for a score of at least so many of 100 reachable points."""

    id: str
    name: str
    at_least: float


class Version(Struct, frozen=True):
    """What scores the period."""

    name: str
    maximum: float
    groups: tuple[GroupDefinition, ...]
    grades: tuple[Grade, ...]


class Closed(Struct, frozen=True):
    """These are the frozen figures of a closed month."""

    version: int
    at: datetime
    by: str
    reason: str


class Change(Struct, frozen=True):
    """What is now minus what was then; None: not measured, or not ranked, then or now."""

    score: float | None
    per_100: float | None
    rank: int | None


class Line(Struct, frozen=True, kw_only=True):
    """The score of one unit; `per_100` is of 100 reachable points, and what it is ranked by among `ranked` peers."""

    unit: str
    name: str
    peers: str
    parent: str | None
    score: float
    reachable: float
    per_100: float | None
    grade_name: str | None
    rank: int | None
    ranked: int
    yesterday: Change | None
    previous: Change | None


class ListedLine(Line, frozen=True, kw_only=True):
    """The score of one unit, with its points by indicator; None: not measured."""

    points: dict[str, float | None]


class Scoreboard(Struct, frozen=True, kw_only=True):
    """The scoreboard of a period, by kind of unit and rank."""

    version: Version
    lines: tuple[ListedLine, ...]


class IndicatorChange(Struct, frozen=True):
    """Points now minus points then."""

    yesterday: float | None
    previous: float | None


class Indicator(Struct, frozen=True, kw_only=True):
    """One indicator of one unit; None throughout: nothing was measured. `rate` is in per cent."""

    id: str
    name: str
    group: str
    maximum: float
    full_at: float
    numerator: float | None
    denominator: float | None
    factor: float | None
    rate: float | None
    points: float | None
    lost: float | None
    change: IndicatorChange
    behind: str


class UnitScore(Struct, frozen=True, kw_only=True):
    """The score of one unit, indicator by indicator. `last` is included; of a running period figures are of now."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    running: bool
    made_at: datetime
    version: Version
    closed: Closed | None
    line: Line
    indicators: tuple[Indicator, ...]


class Range(Struct, frozen=True):
    """Between `low` and `high` it is with the stated probability; `expected` is the middle."""

    low: float
    expected: float
    high: float


class Forecast(Struct, frozen=True, kw_only=True):
    """The score at the end of the running month at the present pace; None: too few days. `interval` is in per cent."""

    interval: int
    drawn_from: date
    drawn_to: date
    score: Range | None
    per_100: Range | None


class BehindDossier(Struct, frozen=True, kw_only=True):
    """A dossier behind a count."""

    code: str
    unit_name: str
    procedure_name: str
    status: int
    channel: int | None
    filed_at: datetime
    deadline_at: datetime | None
    late_at: datetime | None
    ended_at: datetime | None
    lateness: int | None
    requests: int
    fee_vnd: int | None
    electronic_result: bool | None
    papers_digitised: bool | None


class BehindDossiers(Struct, frozen=True):
    """A page of the dossiers behind a count."""

    items: tuple[BehindDossier, ...]
    next: str | None


class BehindProcedure(Struct, frozen=True, kw_only=True):
    """A procedure behind a count."""

    code: str
    name: str
    level: str
    service_mode: str | None
    fee_vnd: int
    department: str | None
    decided_on: date | None
    effective_on: date | None
    published_on: date | None


class BehindProcedures(Struct, frozen=True):
    """The procedures behind a count."""

    items: tuple[BehindProcedure, ...]


class Closing(Struct, frozen=True, kw_only=True):
    """One closing of a month (`2026-10`); the newest that wasn't re-opened holds."""

    month: str
    version: int
    closed_at: datetime
    closed_by: str
    reason: str
    reopened_at: datetime | None
    reopened_by: str | None
    reopen_reason: str | None
