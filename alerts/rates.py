"""How often a channel may send: a token bucket, kept as one instant. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc_core.durations import parse_duration

_FORM = re.compile(r"(\d{1,6})/([0-9a-z]+)\Z")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `messages` at once, and so many every `per` in the long run.

    The state of a bucket is the instant at which it will be full again (GCRA, the "virtual scheduling" form of
    ITU-T I.371): a message moves it on by `per / messages`.
    """

    messages: int
    per: timedelta

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Return the rate in `20/1m` (or `1/s`). Raises: ValueError."""
        found = _FORM.match(text)
        if found is None:
            raise ValueError("is not a rate: write it like 20/1m")
        unit = found[2] if found[2][0].isdigit() else f"1{found[2]}"
        rate = cls(int(found[1]), parse_duration(unit))
        if rate.messages < 1 or rate.per <= timedelta():
            raise ValueError("is not a rate: write it like 20/1m")
        return rate

    @property
    def pause(self) -> timedelta:
        """How long one message's place takes to come back."""
        return self.per / self.messages

    def free(self, full_at: datetime | None, now: datetime) -> int:
        """Return how many messages may go now."""
        if full_at is None or full_at <= now:
            return self.messages
        return max(int((self.per - (full_at - now)) / self.pause), 0)

    def after(self, full_at: datetime | None, now: datetime, sent: int) -> datetime:
        """Return the state once `sent` messages went now."""
        return max(full_at or now, now) + sent * self.pause

    def free_at(self, full_at: datetime | None, now: datetime) -> datetime:
        """Return from when on a message may go."""
        return now if self.free(full_at, now) or full_at is None else full_at - self.per + self.pause
