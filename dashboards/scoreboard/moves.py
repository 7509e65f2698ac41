"""Changes in words, each with whether it is for the better. Pure."""

from typing import NamedTuple

from dashboards.scoreboard.groups import SEEN
from dashboards.scoreboard.models import Change, Indicator
from dashboards.vietnamese import NOTHING, signed


class Moved(NamedTuple):
    """A change in words; `tone` is better, worse or nothing."""

    words: str
    tone: str


def moved(change: Change | None) -> Moved:
    """Return a change of the score in words."""
    if change is None or change.score is None or change.per_100 is None:
        return Moved("không có số liệu để so sánh", "")
    if abs(change.score) < SEEN and abs(change.per_100) < SEEN:
        return Moved("không đổi", "")
    words = f"{signed(change.score, 2)} điểm"
    if abs(change.score - change.per_100) >= SEEN:
        words += f" (quy đổi {signed(change.per_100, 2)})"
    return Moved(words, "better" if change.per_100 > 0 else "worse")


def points_moved(indicator: Indicator) -> Moved:
    """Return a change of an indicator's points since the period before, in words."""
    change = indicator.change.previous
    if change is None:
        return Moved(NOTHING, "")
    if abs(change) < SEEN:
        return Moved("không đổi", "")
    return Moved(signed(change, 2), "better" if change > 0 else "worse")


def per_100_moved(change: Change | None) -> Moved:
    """Return a change of the score per 100 reachable points, in words."""
    if change is None or change.per_100 is None:
        return Moved(NOTHING, "")
    if abs(change.per_100) < SEEN:
        return Moved("0", "")
    return Moved(signed(change.per_100, 2), "better" if change.per_100 > 0 else "worse")
