"""When a person's pages become too many: they are gathered and told in one message. Pure.

A flood is more than ten alarms in ten minutes for one operator (ISA-18.2; EEMUA 191 says the same).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST = 10
WITHIN = timedelta(minutes=10)
"""So many messages within so long go by themselves; what comes on top is told in a digest."""
GATHER = timedelta(minutes=5)
"""How long a digest without an emergency gathers."""
LEAST_APART = timedelta(minutes=1)
"""An emergency (P1) is told at once, in a digest with all that waits, but digests are so far apart."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person's digest: since when, how grave, and when the last digest went out."""

    oldest: datetime
    gravest: int
    digest_at: datetime | None


def goes_by_itself(told_at: Sequence[datetime], now: datetime) -> bool:
    """Whether one more message may go to a person who was told something at these instants."""
    return sum(at > now - WITHIN for at in told_at) < MOST


def due(waiting: Waiting) -> datetime:
    """Return when the digest of what waits is to be told."""
    gathered = waiting.oldest + (timedelta() if waiting.gravest == 1 else GATHER)
    if waiting.digest_at is None:
        return gathered
    return max(gathered, waiting.digest_at + LEAST_APART)
