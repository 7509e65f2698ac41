"""When a notification is tried again: exponential back-off with jitter. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The pause after the first failure, and the longest one; each is twice the one before."""

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=5)

    def next_attempt(self, now: datetime, *, attempts: int, retry_after: timedelta | None, chance: float) -> datetime:
        """Return when to try again after `attempts` failures; `chance` in [0, 1) picks from the pause's upper half.

        `retry_after` (what the other side asked for) is never undercut, but an hour is the longest anybody may ask.
        """
        doublings = min(max(attempts, 1) - 1, 32)
        pause: timedelta = min(self.first * 2**doublings, self.longest) * (0.5 + chance / 2)
        if retry_after is not None:
            pause = max(pause, min(retry_after, _LONGEST_ASKED))
        return now + pause


_LONGEST_ASKED = timedelta(hours=1)
