"""How much a source may push, and how often a stranger may knock."""

from collections import OrderedDict


class TokenBucket:
    """`rate` tokens a second, at most `burst` saved up. Spending may go below zero: then one waits."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at: float | None = None

    def wait(self, now: float) -> float:
        """Seconds until there is something to spend; 0 when there is now. `now` is a monotonic clock."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._tokens > 0 else -self._tokens / self._rate + 1 / self._rate

    def spend(self, amount: float) -> None:
        """Take tokens, also more than there are."""
        self._tokens -= amount


class Strangers:
    """Counts the failures of each address: who fails too often is no longer listened to for a while."""

    def __init__(self, *, per_minute: float = 30.0, addresses: int = 10_000) -> None:
        self._per_minute = per_minute
        self._addresses = addresses
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def wait(self, address: str, now: float) -> float:
        """Seconds for which `address` is not listened to; 0: it is."""
        bucket = self._buckets.get(address)
        return 0.0 if bucket is None else bucket.wait(now)

    def failed(self, address: str, now: float) -> None:
        """Note a failure."""
        bucket = self._buckets.setdefault(address, TokenBucket(self._per_minute / 60, self._per_minute))
        self._buckets.move_to_end(address)
        bucket.wait(now)
        bucket.spend(1)
        if len(self._buckets) > self._addresses:
            self._buckets.popitem(last=False)
