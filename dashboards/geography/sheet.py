"""The sheet that the wall draws: each commune's outline as an SVG path in whole units, and where its label goes."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from dashboards.geography import boundaries
from dashboards.geography.cells import voronoi_cells
from dashboards.geography.plane import Point, centroid, contains, signed_area
from ioc_core.catalogue import Catalogue, Unit, UnitKind, boundaries_file

SHEET_WIDTH = 2000
"""Units across the sheet: half a pixel of a 4K screen that is wholly map."""

Rings = Sequence[Sequence[Point]]


def draw_sheet(catalogue: Catalogue, config_dir: Path, today: date) -> dict[str, Any]:
    """Return `{"width", "height", "areas": [{"code", "name", "path", "x", "y"}]}` for the communes of today.

    Communes have the operator's boundaries when `config_dir` holds boundaries.geojson, else Voronoi cells of their
    centres. Communes without either are left out; an empty list of areas means there is nothing to draw.

    Raises:
        ConfigErrors: boundaries.geojson is wrong.
    """
    communes = catalogue.units_on(today, UnitKind.COMMUNE)
    centres = {
        unit.code: Point(unit.longitude, unit.latitude)
        for unit in communes
        if unit.longitude is not None and unit.latitude is not None
    }
    path = config_dir / boundaries_file.FILE
    if path.exists():
        degrees: Mapping[str, Rings] = boundaries.read(path)
        flat = _flatten({unit.code: degrees[unit.code] for unit in communes if unit.code in degrees})
    else:
        places = {code: rings[0][0] for code, rings in _flatten({c: [[p]] for c, p in centres.items()}).items()}
        flat = {code: [ring] for code, ring in voronoi_cells(places).items()}
    return _sheet(communes, flat)


def _flatten(areas: Mapping[str, Rings]) -> dict[str, list[list[Point]]]:
    """Project degrees onto a plane with equal scale at the middle latitude, y downwards (equirectangular)."""
    latitudes = [point.y for rings in areas.values() for ring in rings for point in ring]
    if not latitudes:
        return {}
    shrink = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
    return {
        code: [[Point(point.x * shrink, -point.y) for point in ring] for ring in rings]
        for code, rings in areas.items()
    }


def _sheet(communes: Sequence[Unit], flat: Mapping[str, Rings]) -> dict[str, Any]:
    points = [point for rings in flat.values() for ring in rings for point in ring]
    if not points:
        return {"width": SHEET_WIDTH, "height": SHEET_WIDTH, "areas": []}
    left, top = min(point.x for point in points), min(point.y for point in points)
    width, height = max(point.x for point in points) - left, max(point.y for point in points) - top
    scale = SHEET_WIDTH / (width or 1.0)
    areas = []
    for unit in communes:
        rings = [
            [Point(round((point.x - left) * scale), round((point.y - top) * scale)) for point in ring]
            for ring in flat.get(unit.code, ())
        ]
        drawn = [ring for ring in map(_without_repeats, rings) if len(ring) > 2]
        if drawn:
            place = _label_place(max(drawn, key=lambda ring: abs(signed_area(ring))))
            areas.append(
                {
                    "code": unit.code,
                    "name": unit.short_name,
                    "path": "".join(map(_svg_path, drawn)),
                    "x": round(place.x),
                    "y": round(place.y),
                }
            )
    return {"width": SHEET_WIDTH, "height": math.ceil(height * scale), "areas": areas}


def _without_repeats(ring: Sequence[Point]) -> list[Point]:
    return [point for index, point in enumerate(ring) if point != ring[index - 1]]


def _label_place(ring: Sequence[Point]) -> Point:
    """The centre of mass, or where that lies outside, the corner nearest to it moved halfway to the ring's middle."""
    middle = centroid(ring)
    if contains(ring, middle):
        return middle
    return min(
        (
            Point((ring[index - 1].x + ring[(index + 1) % len(ring)].x) / 2, (point.y + middle.y) / 2)
            for index, point in enumerate(ring)
        ),
        key=lambda place: (not contains(ring, place), math.dist(place, middle)),
    )


def _svg_path(ring: Sequence[Point]) -> str:
    steps = [f"M{ring[0].x:.0f} {ring[0].y:.0f}"]
    steps += [f"l{point.x - previous.x:.0f} {point.y - previous.y:.0f}" for previous, point in pairwise(ring)]
    return "".join(steps) + "z"
