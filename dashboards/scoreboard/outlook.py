"""Where a score is, and where it is going, as a picture: positions on a scale for outlook.svg.j2. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from dashboards.scoreboard.models import Range

WIDTH = 480
_MARGIN = 8.0
_NEAR = 0.25
"""Words at less than this part of the width from an end stand beside their place, not around it."""


class Threshold(NamedTuple):
    """A value from which another word holds, to the right of it."""

    at: float
    name: str


class Mark(NamedTuple):
    """A place, in the picture's units, with a word; `anchor` as SVG has it."""

    x: float
    name: str
    anchor: str


class Picture(NamedTuple):
    """`label` says the same for those who can't see it."""

    now: Mark
    expected: float
    low: float
    width: float
    thresholds: list[Mark]
    label: str


def picture(now: float, ahead: Range, thresholds: Sequence[Threshold], *, top: float, label: str) -> Picture:
    """Return the picture of a value and of its range on a scale that ends at `top`."""
    first, last = scale((now, ahead.low, ahead.expected, ahead.high), thresholds, top)

    def x(value: float) -> float:
        return round(_MARGIN + (value - first) / (last - first) * (WIDTH - 2 * _MARGIN), 1)

    inside = [threshold for threshold in thresholds if first < threshold.at < last]
    return Picture(
        now=_mark(x(now), "hiện nay", "middle"),
        expected=x(ahead.expected),
        low=x(ahead.low),
        width=round(max(x(ahead.high) - x(ahead.low), 3.0), 1),
        thresholds=[_mark(x(threshold.at), threshold.name, "start") for threshold in inside],
        label=label,
    )


def _mark(x: float, name: str, anchor: str) -> Mark:
    if x > WIDTH * (1 - _NEAR):
        anchor = "end"
    elif x < WIDTH * _NEAR:
        anchor = "start"
    return Mark(x, name, anchor)


def scale(values: Sequence[float], thresholds: Sequence[Threshold], top: float) -> tuple[float, float]:
    """Return the ends of the scale: a little beyond the values and the nearest threshold on each side.

    So the picture tells how far it is to the next word.
    """
    least, most = min(values), max(values)
    first = max((threshold.at for threshold in thresholds if threshold.at <= least), default=0.0)
    last = min((threshold.at for threshold in thresholds if threshold.at > most), default=top)
    room = max((last - first) * 0.05, 0.05)
    return max(first - room, 0.0), max(last, most) + room
