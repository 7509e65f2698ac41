"""Voronoi cells around centres, each cut to a disc as wide as its surroundings: together they have a soft outline."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from dashboards.geography.plane import Point, clip_to_nearer, disc

DISC_CORNERS = 64
NEIGHBOURS = 4
"""How many nearest centres say how densely a place is settled."""
REACH = 0.97
"""Radius of a cell's disc in mean distances to those neighbours: closes the inside, keeps the outline near the rim."""
TWIN_STEP = 1e-6
GOLDEN_ANGLE = 2.399963


class _Near(NamedTuple):
    distance: float
    code: str


def voronoi_cells(centres: Mapping[str, Point]) -> dict[str, list[Point]]:
    """Return for each centre the ring of places nearer to it than to any other, within its own radius.

    Of centres at one place each keeps a share: they are set apart by a hair first. One centre alone gets a disc of
    radius 1.
    """
    apart = _set_apart(centres)
    nearest = {code: _by_distance(code, apart) for code in apart}
    spacing = {code: _mean([near.distance for near in nearest[code][:NEIGHBOURS]]) for code in apart}
    cells: dict[str, list[Point]] = {}
    for code, here in apart.items():
        around = [spacing[near.code] for near in nearest[code][:NEIGHBOURS]]
        radius = REACH * _mean([spacing[code], *around])
        ring = disc(here, radius, DISC_CORNERS)
        for near in nearest[code]:
            if near.distance > 2 * radius:
                break
            ring = clip_to_nearer(ring, here, apart[near.code])
        cells[code] = ring
    return cells


def _by_distance(code: str, centres: Mapping[str, Point]) -> list[_Near]:
    here = centres[code]
    return sorted(_Near(math.dist(here, there), other) for other, there in centres.items() if other != code)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 1 / REACH


def _set_apart(centres: Mapping[str, Point]) -> dict[str, Point]:
    extent = max((abs(value) for place in centres.values() for value in place), default=0.0) or 1.0
    taken: dict[Point, int] = {}
    apart: dict[str, Point] = {}
    for code, place in centres.items():
        count = taken.get(place, 0)
        taken[place] = count + 1
        offset = extent * TWIN_STEP * math.sqrt(count)
        angle = GOLDEN_ANGLE * count
        apart[code] = Point(place.x + offset * math.cos(angle), place.y + offset * math.sin(angle))
    return apart
