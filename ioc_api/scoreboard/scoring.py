"""From counts to points, grades and ranks. Pure.

`score = min(maximum, rate / full_at × maximum)`; what isn't measured leaves the reachable maximum. Numbers are exact
to the last bits of a double; `shown` rounds them as screens do, and ranks and grades go by what is shown.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ioc_api.scoreboard.counts import Counts
from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.indicators import Indicator
from ioc_api.scoreboard.tree import Peers, ScoredUnit

SYNCHRONISED, FILED_ONLINE = "1.4", "3.3"
_NOISE = 1e-9
"""Far above the errors of doubles of this size, far below a hundredth."""


class Points(Struct, frozen=True):
    """An indicator of a line. None throughout: nothing was measured.

    `rate` is a share (1 is 100 %), `factor` included: what the share is multiplied by (3.3: the share synchronised).
    """

    id: str
    maximum: float
    numerator: float | None = None
    denominator: float | None = None
    factor: float | None = None
    rate: float | None = None
    points: float | None = None


class Line(Struct, frozen=True, kw_only=True):
    """The score of a unit. `rank` is among `ranked` peers of which anything was measured; ties share a rank."""

    unit: ScoredUnit
    points: tuple[Points, ...]
    score: float
    reachable: float
    rank: int | None = None
    ranked: int = 0

    @property
    def per_100(self) -> float | None:
        """The score per 100 reachable points; None when nothing was measured."""
        return None if self.reachable == 0 else 100 * self.score / self.reachable


def shown(number: float) -> float:
    """Return a number as it is shown: two decimals, halves up."""
    return math.floor(number * 100 + 0.5 + _NOISE) / 100


def line(version: Version, unit: ScoredUnit, counts: Counts) -> Line:
    """Return the score of a unit from what was counted, not yet ranked."""
    points = tuple(_points(indicator, counts) for indicator in version.indicators)
    measured = [it for it in points if it.points is not None]
    return Line(
        unit=unit,
        points=points,
        score=math.fsum(it.points for it in measured if it.points is not None),
        reachable=math.fsum(it.maximum for it in measured),
    )


def _points(indicator: Indicator, counts: Counts) -> Points:
    count = counts.get(indicator.id)
    if count is None or count.denominator <= 0:
        return Points(indicator.id, indicator.maximum)
    factor = synchronised(counts) if indicator.id == FILED_ONLINE else None
    rate = count.numerator / count.denominator * (1 if factor is None else factor)
    return Points(
        indicator.id,
        indicator.maximum,
        numerator=count.numerator,
        denominator=count.denominator,
        factor=factor,
        rate=rate,
        points=score(rate, indicator),
    )


def score(rate: float, indicator: Indicator) -> float:
    """Return the points of a rate (1 is 100 %)."""
    return min(indicator.maximum, rate * 100 / indicator.full_at * indicator.maximum)


def synchronised(counts: Counts) -> float | None:
    """Return the share of dossiers synchronised, at most 1, which 3.3 is multiplied by; None: not measured."""
    count = counts.get(SYNCHRONISED)
    return None if count is None or count.denominator <= 0 else min(1.0, count.numerator / count.denominator)


def ranked(lines: Iterable[Line]) -> dict[str, Line]:
    """Return the lines by unit, each with its rank among its peers: by the score per 100 reachable, as it is shown."""
    held = list(lines)
    values: defaultdict[Peers, list[float]] = defaultdict(list)
    for it in held:
        if it.per_100 is not None and it.unit.peers is not Peers.UNMAPPED:
            values[it.unit.peers].append(shown(it.per_100))
    ranks = {peers: _ranks(of_peers) for peers, of_peers in values.items()}
    return {
        it.unit.code: replace(
            it,
            rank=None if it.per_100 is None else ranks.get(it.unit.peers, {}).get(shown(it.per_100)),
            ranked=len(values[it.unit.peers]),
        )
        for it in held
    }


def _ranks(values: list[float]) -> Mapping[float, int]:
    """The rank of each value: 1 and how many are above it."""
    ranks: dict[float, int] = {}
    for position, value in enumerate(sorted(values, reverse=True), start=1):
        ranks.setdefault(value, position)
    return ranks


class Change(Struct, frozen=True):
    """A line beside itself at another time. None: it wasn't measured then, or isn't now."""

    score: float | None
    per_100: float | None
    rank: int | None


def change(now: Line, then: Line | None) -> Change:
    """Return what is now minus what was then; a rank that went from 5 to 3 changed by -2."""
    if then is None or now.per_100 is None or then.per_100 is None:
        return Change(None, None, None)
    moved = None if now.rank is None or then.rank is None else now.rank - then.rank
    return Change(
        score=shown(shown(now.score) - shown(then.score)),
        per_100=shown(shown(now.per_100) - shown(then.per_100)),
        rank=moved,
    )
