"""Indicators put together: by group, and by what they cost. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dashboards.scoreboard.models import Indicator, ListedLine, UnitScore, Version

SEEN = 0.005
"""Points below this aren't seen with two decimals."""


class Group(NamedTuple):
    """A group's points, of the `reachable` ones of those that were measured; None: none was."""

    name: str
    maximum: float
    reachable: float
    points: float | None


def groups(score: UnitScore) -> list[Group]:
    """Return the groups of a unit's score, in order."""
    by_id = {indicator.id: indicator for indicator in score.indicators}
    found = []
    for group in score.version.groups:
        measured = measured_of(by_id[it.id] for it in group.indicators if it.id in by_id)
        points = sum(indicator.points or 0 for indicator in measured) if measured else None
        found.append(Group(group.name, group.maximum, sum(indicator.maximum for indicator in measured), points))
    return found


def measured_of(indicators: Iterable[Indicator]) -> list[Indicator]:
    """Return the indicators that were measured."""
    return [indicator for indicator in indicators if indicator.points is not None]


def losing(indicators: Iterable[Indicator]) -> list[Indicator]:
    """Return the indicators with lost points, the most first."""
    lost = [indicator for indicator in measured_of(indicators) if (indicator.lost or 0) >= SEEN]
    return sorted(lost, key=lambda indicator: (-(indicator.lost or 0), indicator.id))


class Worst(NamedTuple):
    """The indicator that costs a line the most."""

    id: str
    name: str
    lost: float


def worst(version: Version, line: ListedLine) -> Worst | None:
    """Return the indicator with the most lost points; None when nothing is lost, or nothing was measured."""
    found: Sequence[Worst] = [
        Worst(indicator.id, indicator.name, indicator.maximum - points)
        for group in version.groups
        for indicator in group.indicators
        if (points := line.points.get(indicator.id)) is not None and indicator.maximum - points >= SEEN
    ]
    return max(found, key=lambda it: it.lost, default=None)
