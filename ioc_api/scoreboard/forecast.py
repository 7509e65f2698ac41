"""The score at the period's end at the present pace, with an interval. Pure, and the same for the same data.

Worked days and days off are looked at apart. Of the days just past, mean and covariance of what a day adds are taken,
of all indicators together, so that what goes together stays together. The days to come are drawn from Student's
multivariate t about that mean: what is to be expected of normal days whose mean and variance aren't known. So the
interval also covers how little so few days say of the pace. What dossiers don't feed day by day stays as it is. The
interval holds the stated per cent of the draws; the expected score is their median.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ioc_api.scoreboard.counts import Count, Counts
from ioc_api.scoreboard.definition import ForecastRules, Version
from ioc_api.scoreboard.indicators import Indicator
from ioc_api.scoreboard.scoring import FILED_ONLINE, Points, synchronised

Floats = NDArray[np.float64]
_SEED = 766


class Day(Struct, frozen=True):
    """What a day that is over added to numerators and denominators, by indicator; a day without an entry added 0."""

    worked: bool
    added: Mapping[str, Count]


class Ahead(Struct, frozen=True):
    """A day to come; of today `weight` is the part that is left, from 0 to 1."""

    worked: bool
    weight: float = 1.0


class Range(Struct, frozen=True):
    """Between `low` and `high` lie the stated per cent of the draws; `expected` is their median."""

    low: float
    expected: float
    high: float


class Forecast(Struct, frozen=True):
    """At the period's end: points by indicator (of those that were measured), their sum, and per 100 reachable."""

    points: Mapping[str, Range]
    score: Range
    per_100: Range


def forecast(
    version: Version,
    counts: Counts,
    points: Sequence[Points],
    *,
    past: Sequence[Day],
    ahead: Sequence[Ahead],
    rules: ForecastRules,
) -> Forecast | None:
    """Return the forecast of a line that has `counts` and `points` now; None when too few worked days lie behind it.

    `past`: the days just over, in any order; `ahead`: what is left of today, and the days after it.
    """
    measured = [it for it in points if it.points is not None]
    if not measured or sum(day.worked for day in past) < rules.least_working_days:
        return None
    drawn = sorted({id_ for day in past for id_ in day.added} & {it.id for it in measured})
    sums = _sums(drawn, past, ahead, rules.draws)
    by_id: dict[str, Indicator] = {indicator.id: indicator for indicator in version.indicators}
    scores = {
        it.id: _scores(by_id[it.id], counts, sums[:, drawn.index(it.id), :])
        if it.id in drawn
        else np.full(rules.draws, it.points, dtype=np.float64)
        for it in measured
    }
    total = np.sum(list(scores.values()), axis=0)
    reachable = sum(it.maximum for it in measured)
    return Forecast(
        points={id_: _range(values, rules) for id_, values in scores.items()},
        score=_range(total, rules),
        per_100=_range(100 * total / reachable, rules),
    )


def _sums(ids: Sequence[str], past: Sequence[Day], ahead: Sequence[Ahead], draws: int) -> Floats:
    """What the days ahead add, by draw, indicator, and (numerator, denominator)."""
    random = np.random.default_rng(_SEED)
    sums = np.zeros((draws, 2 * len(ids)))
    for worked in (True, False):
        pool = [[it for id_ in ids for it in _pair(day.added.get(id_))] for day in past if day.worked is worked]
        weights = np.array([day.weight for day in ahead if day.worked is worked])
        if not pool or not len(weights):
            continue
        added = np.array(pool, dtype=np.float64)
        days, mean = len(added), added.mean(axis=0)
        sums += weights.sum() * mean
        if days > 1:
            unknown = np.sqrt((weights**2).sum() + weights.sum() ** 2 / days)
            spread = np.sqrt((days - 1) / random.chisquare(days - 1, size=(draws, 1)))
            sums += unknown * spread * (random.standard_normal((draws, days)) @ (added - mean)) / np.sqrt(days - 1)
    return sums.reshape(draws, len(ids), 2)


def _pair(count: Count | None) -> tuple[float, float]:
    return (0.0, 0.0) if count is None else (count.numerator, count.denominator)


def _scores(indicator: Indicator, counts: Counts, added: Floats) -> Floats:
    now = counts[indicator.id]
    denominator = now.denominator + np.maximum(added[:, 1], 0.0)
    numerator = np.clip(now.numerator + added[:, 0], 0.0, denominator)
    factor = synchronised(counts) if indicator.id == FILED_ONLINE else None
    rate = numerator / denominator * (1.0 if factor is None else factor)
    scores: Floats = np.minimum(indicator.maximum, rate * 100 / indicator.full_at * indicator.maximum)
    return scores


def _range(values: Any, rules: ForecastRules) -> Range:
    beside = (100 - rules.interval) / 2
    low, expected, high = np.percentile(values, [beside, 50, 100 - beside])
    return Range(float(low), float(expected), float(high))
