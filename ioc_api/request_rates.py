"""How many requests one credential may send to this process: a leaky bucket each, so that nobody crowds out others."""

from collections import OrderedDict
from datetime import datetime

BURST = 200
PER_SECOND = 50.0
_MOST_KEYS = 10_000


class RequestRates:
    """Buckets by credential; of those not heard of for longest, the oldest are forgotten."""

    def __init__(self, *, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = burst
        self._per_second = per_second
        self._buckets: OrderedDict[bytes, tuple[float, datetime]] = OrderedDict()

    def wait_seconds(self, key: bytes, now: datetime) -> float:
        """Count a request; return how long it should have waited, 0 when it is allowed. Refused ones don't count."""
        level, at = self._buckets.pop(key, (0.0, now))
        level = max(level - (now - at).total_seconds() * self._per_second, 0.0)
        allowed = level + 1 <= self._burst
        self._buckets[key] = (level + 1 if allowed else level, now)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (level + 1 - self._burst) / self._per_second
