"""How long a client waits before it tries again: exponential, with jitter, as the answer asks. Pure."""

from random import Random

FIRST = 0.25
LONGEST = 5.0


def delay(attempt: int, rng: Random, *, retry_after: float | None = None) -> float:
    """Return the seconds to wait after failure number `attempt` (from 0): half fixed, half random, at most 5.

    `retry_after` is what the receiver asked for, in seconds; it is kept to at most 30.
    """
    wait = min(LONGEST, FIRST * 2.0 ** min(attempt, 10)) * (0.5 + rng.random() / 2)
    return wait if retry_after is None else max(wait, min(retry_after, 30.0))


def retry_after_seconds(header: str | None) -> float | None:
    """Return what a `Retry-After` header asks for, if it is a number of seconds."""
    if header is None or not header.strip().isdecimal():
        return None
    return float(header)
