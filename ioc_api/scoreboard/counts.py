"""What was counted: of an indicator in a scope, and of the dossiers of one unit. Pure."""

from collections.abc import Mapping

from msgspec import Struct


class Count(Struct, frozen=True):
    """Numerator and denominator of a rate; a denominator of 0: nothing was measured."""

    numerator: float
    denominator: float

    def __add__(self, other: "Count") -> "Count":
        return Count(self.numerator + other.numerator, self.denominator + other.denominator)


NOTHING = Count(0, 0)

Counts = Mapping[str, Count]
"""By indicator; one that is missing, or whose denominator is 0, is N/A."""


class SourceCounts(Struct, frozen=True):
    """What one source's dossiers of one unit say in a period; unit None: not mapped.

    `counts`: by dossier formula. `procedures`: by procedure formula, the codes of which a dossier fits. `said`: the
    fields that any of their records states at all.
    """

    unit: str | None
    source: str
    counts: Mapping[str, Count]
    procedures: Mapping[str, frozenset[str]]
    said: frozenset[str]


class Increase(Struct, frozen=True):
    """By how much a counter grew in the period; unit None: it has no such label."""

    metric: str
    unit: str | None
    value: float
    act: str = ""
    working_days: int = 0
