"""Days from one to another, both included and either open: when a unit or an alias holds."""

from datetime import date
from itertools import permutations
from typing import Protocol


class Dated(Protocol):
    """What holds from `valid_from` to `valid_to`, both included; None is open-ended."""

    @property
    def valid_from(self) -> date | None:
        """The first day."""

    @property
    def valid_to(self) -> date | None:
        """The last day."""


def holds_on(one: Dated, day: date) -> bool:
    """Whether it holds on a day."""
    started = one.valid_from is None or one.valid_from <= day
    return started and (one.valid_to is None or day <= one.valid_to)


def overlap(*all_of: Dated) -> bool:
    """Whether there is a day on which all of them hold: stretches of a line do when each two of them do."""
    return not any(_before(one, other) for one, other in permutations(all_of, 2))


def _before(one: Dated, other: Dated) -> bool:
    return one.valid_to is not None and other.valid_from is not None and one.valid_to < other.valid_from
