"""What the API answers to what-ifs, as far as the page reads it."""

from datetime import date

import msgspec
from msgspec import Struct


class Standing(Struct, frozen=True):
    """A score at an instant."""

    score: float
    per_100: float | None
    rank: int | None


class Outcome(Struct, frozen=True):
    """A score without and with what would be done, and the points won."""

    before: Standing
    after: Standing
    won: float


class IndicatorOutcome(Struct, frozen=True):
    """An indicator that changes, and how many dossiers more count in it."""

    id: str
    name: str
    dossiers: int
    before: float | None
    after: float | None
    won: float | None


class Carried(Struct, frozen=True):
    """The dossiers that the next period begins with, and how many of them are late."""

    dossiers: int
    late: int


class WhatIfNotes(Struct, frozen=True, kw_only=True):
    """What the actions can't win, and what they win elsewhere: numbers of dossiers."""

    ended_already: int
    stay_late: int
    kept_in_time: int
    without_term: int
    filed_before: int


class WhatIf(Struct, frozen=True, kw_only=True):
    """What would be won now, at the period's end if nothing else happens, and in the next period."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    dossiers: int
    now: Outcome
    at_end: Outcome
    indicators: tuple[IndicatorOutcome, ...]
    carried_before: Carried
    carried_after: Carried
    notes: WhatIfNotes
