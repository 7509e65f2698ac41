"""Whole numbers in given proportions that add up to exactly a total: the method of the largest remainder. Pure."""

from collections.abc import Sequence

from ioc_core.errors import EngineError


def apportion(total: int, weights: Sequence[float], limits: Sequence[int] | None = None) -> list[int]:
    """Return for each weight its part of `total`, a whole number; the parts add up to `total`.

    Each gets the whole part of its quota `total * weight / sum of weights`; what is left goes one by one to the
    largest remainders, of equal ones to the first. Who would get more than its limit gets the limit, and the others
    share the rest.

    Raises:
        EngineError: there is something to give and nobody who may have it.
    """
    parts = [0] * len(weights)
    takers = [place for place, weight in enumerate(weights) if weight > 0]
    while True:
        shares = _shares(total, [weights[place] for place in takers])
        full = [
            place for place, share in zip(takers, shares, strict=True) if limits is not None and share > limits[place]
        ]
        if not full or limits is None:
            break
        for place in full:
            parts[place] = limits[place]
            total -= limits[place]
        takers = [place for place in takers if place not in set(full)]
    for place, share in zip(takers, shares, strict=True):
        parts[place] = share
    return parts


def _shares(total: int, weights: Sequence[float]) -> list[int]:
    whole = sum(weights)
    if not weights:
        if total:
            raise EngineError(f"simulator: nobody can take {total} of what is to be shared out")
        return []
    quotas = [total * weight / whole for weight in weights]
    shares = [int(quota) for quota in quotas]
    order = sorted(range(len(weights)), key=lambda place: (shares[place] - quotas[place], place))
    for place in order[: total - sum(shares)]:
        shares[place] += 1
    return shares
