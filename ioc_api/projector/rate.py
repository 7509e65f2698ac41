"""Events a second, from a counter read now and then. Pure."""

from collections import deque
from datetime import datetime, timedelta

_WINDOW = timedelta(seconds=10)


class Rate:
    """The rate of a counter over the last ten seconds, rounded so that small changes don't show."""

    def __init__(self) -> None:
        self._points: deque[tuple[datetime, int]] = deque()

    def update(self, at: datetime, total: int) -> float:
        """Return the rate after one more reading; a counter that fell starts anew."""
        if self._points and total < self._points[-1][1]:
            self._points.clear()
        self._points.append((at, total))
        while len(self._points) > 2 and self._points[1][0] <= at - _WINDOW:
            self._points.popleft()
        first_at, first = self._points[0]
        seconds = (at - first_at).total_seconds()
        if seconds <= 0:
            return 0.0
        rate = (total - first) / seconds
        return float(round(rate)) if rate >= 10 else round(rate, 1)
