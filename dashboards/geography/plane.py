"""Plane geometry: points, convex clipping, areas and centroids; shared by cells and boundaries."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """A place on the sheet; the unit of length is the caller's."""

    x: float
    y: float


Ring = Sequence[Point]
"""The corners of a polygon in order, the first one not repeated at the end."""


def clip_to_nearer(ring: Ring, here: Point, there: Point) -> list[Point]:
    """Return the part of a convex ring that is nearer to `here` than to `there` (Sutherland-Hodgman, one edge)."""
    middle_x, middle_y = (here.x + there.x) / 2, (here.y + there.y) / 2
    normal_x, normal_y = there.x - here.x, there.y - here.y
    beyond = [(point.x - middle_x) * normal_x + (point.y - middle_y) * normal_y for point in ring]
    kept: list[Point] = []
    for index, point in enumerate(ring):
        before = beyond[index - 1]
        now = beyond[index]
        if (before < 0 < now) or (now < 0 < before):
            previous = ring[index - 1]
            share = before / (before - now)
            kept.append(
                Point(previous.x + (point.x - previous.x) * share, previous.y + (point.y - previous.y) * share)
            )
        if now <= 0:
            kept.append(point)
    return kept


def signed_area(ring: Ring) -> float:
    """Return the area of a ring: positive when its corners run from the x axis towards the y axis."""
    return sum(ring[index - 1].x * point.y - point.x * ring[index - 1].y for index, point in enumerate(ring)) / 2


def centroid(ring: Ring) -> Point:
    """Return the centre of mass of a ring; the mean of its corners when it has no area."""
    area = signed_area(ring)
    if abs(area) < 1e-12:
        return Point(sum(point.x for point in ring) / len(ring), sum(point.y for point in ring) / len(ring))
    x = y = 0.0
    for index, point in enumerate(ring):
        previous = ring[index - 1]
        cross = previous.x * point.y - point.x * previous.y
        x += (previous.x + point.x) * cross
        y += (previous.y + point.y) * cross
    return Point(x / (6 * area), y / (6 * area))


def contains(ring: Ring, place: Point) -> bool:
    """Return whether a place lies inside a ring (even-odd rule)."""
    inside = False
    for index, point in enumerate(ring):
        previous = ring[index - 1]
        if (point.y > place.y) != (previous.y > place.y):
            crossing = previous.x + (place.y - previous.y) / (point.y - previous.y) * (point.x - previous.x)
            inside ^= place.x < crossing
    return inside


def disc(centre: Point, radius: float, corners: int) -> list[Point]:
    """Return a regular polygon around a centre."""
    turn = 2 * math.pi / corners
    return [
        Point(centre.x + radius * math.cos(turn * index), centre.y + radius * math.sin(turn * index))
        for index in range(corners)
    ]
