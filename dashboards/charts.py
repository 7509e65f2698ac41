"""Small pictures as inline SVG: where a value stands on a scale, and between which ends it is expected. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

WIDTH, HEIGHT = 480, 92
_LINE = 46
_MARGIN = 8.0


class Threshold(NamedTuple):
    """A value from which another word holds, to the right of it."""

    at: float
    name: str


class Outlook(NamedTuple):
    """Where something is, and where it will be: `low` to `high`, most likely `expected`."""

    now: float
    low: float
    expected: float
    high: float


def outlook(seen: Outlook, thresholds: Sequence[Threshold], *, top: float, label: str) -> Markup:
    """Return the picture of an outlook on a scale that ends at `top`; `label` says the same for those who can't see.

    The scale shows the values and the nearest threshold on each side, so that it tells how far it is to the next word.
    """
    first, last = scale(seen, thresholds, top)

    def x(value: float) -> float:
        return round(_MARGIN + (value - first) / (last - first) * (WIDTH - 2 * _MARGIN), 1)

    parts = [f'<line class="axis" x1="{_MARGIN}" x2="{WIDTH - _MARGIN}" y1="{_LINE}" y2="{_LINE}"/>']
    for threshold in thresholds:
        if first < threshold.at < last:
            at = x(threshold.at)
            side = "end" if at > WIDTH * 0.75 else "start"
            parts.append(f'<line class="threshold" x1="{at}" x2="{at}" y1="{_LINE - 24}" y2="{_LINE + 14}"/>')
            parts.append(
                Markup('<text x="{}" y="14" text-anchor="{}">{}</text>').format(at, side, threshold.name)
            )
    low, high = x(seen.low), x(seen.high)
    width = round(max(high - low, 3.0), 1)
    parts.append(f'<rect class="range" x="{low}" y="{_LINE - 8}" width="{width}" height="16"/>')
    at = x(seen.expected)
    parts.append(f'<path class="expected" d="M{at} {_LINE - 11}l9 11l-9 11l-9 -11z"/>')
    at = x(seen.now)
    parts.append(f'<line class="now" x1="{at}" x2="{at}" y1="{_LINE - 16}" y2="{_LINE + 22}"/>')
    side = "end" if at > WIDTH * 0.75 else "start" if at < WIDTH * 0.25 else "middle"
    parts.append(Markup('<text class="now" x="{}" y="{}" text-anchor="{}">hiện nay</text>').format(at, HEIGHT - 6, side))
    return Markup('<svg class="outlook" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, Markup("").join(Markup(part) for part in parts)
    )


def scale(seen: Outlook, thresholds: Sequence[Threshold], top: float) -> tuple[float, float]:
    """Return the ends of the scale: a little beyond the values and the nearest threshold on each side."""
    values = [seen.now, seen.low, seen.expected, seen.high]
    least, most = min(values), max(values)
    below = [threshold.at for threshold in thresholds if threshold.at <= least]
    above = [threshold.at for threshold in thresholds if threshold.at > most]
    first, last = max(below, default=0.0), min(above, default=top)
    room = max((last - first) * 0.05, 0.05)
    return max(first - room, 0.0), min(max(last, most) + room, max(top, most + room))
