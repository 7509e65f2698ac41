"""The shapes of a GeoJSON file (RFC 7946), each checked: rings closed, in degrees, longitude first. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from ioc_core.catalogue.boundaries_file import Position, in_degrees, line_of_mistake
from ioc_core.errors import ConfigError

Polygon = list[list[Position]]
"""Its outer ring (counter-clockwise), then its holes (clockwise); of each ring the last corner repeats the first."""

_DEGREES = ("CRS84", "4326")
_CORNERS = 3


class _Shape(Struct):
    type: str
    coordinates: msgspec.Raw = msgspec.Raw(b"null")


class _Feature(Struct):
    geometry: _Shape | None = None
    properties: dict[str, Any] | None = None
    id: str | int | None = None


class _Collection(Struct):
    type: str
    features: list[msgspec.Raw] = []
    crs: Any = None


_LAYERS: dict[str, Any] = {"Polygon": list[list[list[float]]], "MultiPolygon": list[list[list[list[float]]]]}


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: number in the file (from 1), the line it begins in, its text, properties and geometry."""

    number: int
    line: int
    raw: bytes
    properties: dict[str, Any]
    shape: _Shape | None


class ShapeError(Exception):
    """A geometry can't be a boundary; the message says why."""


def read_features(file: str, raw: bytes, errors: list[ConfigError]) -> list[Feature]:
    """The features of a FeatureCollection; what can't be read is added to `errors`."""

    def wrong(line: int | None, what: str, reason: str) -> None:
        errors.append(ConfigError(file=file, line=line, what=what, reason=reason))

    data = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        collection = msgspec.json.decode(data, type=_Collection)
    except msgspec.ValidationError as error:
        wrong(None, "GeoJSON", str(error))
        return []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        wrong(line_of_mistake(data), "JSON", str(error))
        return []
    if collection.type != "FeatureCollection":
        wrong(None, "GeoJSON", f"is a {collection.type}, must be a FeatureCollection")
        return []
    if collection.crs is not None and not any(name in str(collection.crs) for name in _DEGREES):
        wrong(None, "crs", f"is {collection.crs}; export the file in WGS84 (EPSG:4326)")
        return []
    found = []
    for number, (line, text) in enumerate(_with_lines(data, collection.features), start=1):
        try:
            feature = msgspec.json.decode(text, type=_Feature)
        except (msgspec.DecodeError, RecursionError) as error:
            wrong(line, f"feature {number}", str(error))
            continue
        properties = feature.properties or {}
        if feature.id is not None:
            properties.setdefault("id", feature.id)
        found.append(Feature(number, line, text, properties, feature.geometry))
    return found


def polygons(shape: _Shape | None, *, swapped: bool, decimals: int) -> list[Polygon]:
    """The polygons of a geometry, rounded; corners that fall together are left out, and parts without an area.

    `swapped`: the file has the latitude first.

    Raises:
        ShapeError: it isn't a Polygon or MultiPolygon in degrees with closed rings.
    """
    if shape is None or shape.type not in _LAYERS:
        raise ShapeError(f"geometry is {shape.type if shape else 'missing'}, must be Polygon or MultiPolygon")
    try:
        layers = msgspec.json.decode(shape.coordinates, type=_LAYERS[shape.type])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ShapeError(f"coordinates: {error}") from error
    parts = [layers] if shape.type == "Polygon" else layers
    found = [part for part in (_polygon(rings, swapped=swapped, decimals=decimals) for rings in parts) if part]
    if not found:
        raise ShapeError("has no area")
    return found


def _polygon(rings: Sequence[Sequence[Sequence[float]]], *, swapped: bool, decimals: int) -> Polygon:
    checked = [_ring(number, ring, swapped=swapped) for number, ring in enumerate(rings, start=1)]
    rounded = [_rounded(ring, decimals) for ring in checked]
    if not rounded or len(rounded[0]) <= _CORNERS:
        return []
    outer, *holes = rounded
    return [_turned(outer, left=True), *(_turned(hole, left=False) for hole in holes if len(hole) > _CORNERS)]


def _ring(number: int, ring: Sequence[Sequence[float]], *, swapped: bool) -> list[Position]:
    if len(ring) <= _CORNERS:
        raise ShapeError(f"ring {number} has {len(ring)} positions, needs at least 4")
    places: list[Position] = []
    for position in ring:
        if len(position) < 2:
            raise ShapeError(f"ring {number}: position {list(position)} needs a longitude and a latitude")
        x, y = (position[1], position[0]) if swapped else (position[0], position[1])
        if not in_degrees(x, y):
            raise ShapeError(f"ring {number}: position {list(position)} {_why_not(x, y, swapped=swapped)}")
        places.append((x, y))
    if places[0] != places[-1]:
        raise ShapeError(f"ring {number} isn't closed: it begins at {list(ring[0])} and ends at {list(ring[-1])}")
    return places


def _why_not(x: float, y: float, *, swapped: bool) -> str:
    if in_degrees(y, x):
        return "has the longitude first" if swapped else "has latitude and longitude swapped: import with --swapped"
    return "isn't longitude, latitude in degrees: export the file in WGS84 (EPSG:4326), not in metres"


def _rounded(ring: Sequence[Position], decimals: int) -> list[Position]:
    corners = [(round(x, decimals), round(y, decimals)) for x, y in ring]
    apart = [corner for corner, following in pairwise(corners) if corner != following]
    return [*apart, apart[0]] if apart and signed_area([*apart, apart[0]]) else []


def signed_area(ring: Sequence[Position]) -> float:
    """The area of a closed ring in square degrees: positive when it runs counter-clockwise."""
    return sum(x * after_y - after_x * y for (x, y), (after_x, after_y) in pairwise(ring)) / 2


def _turned(ring: list[Position], *, left: bool) -> list[Position]:
    return ring if (signed_area(ring) > 0) is left else ring[::-1]


def _with_lines(data: bytes, features: Sequence[msgspec.Raw]) -> Iterator[tuple[int, bytes]]:
    line, position = 1, 0
    for feature in features:
        text = bytes(feature)
        at = data.index(text, position)
        line += data.count(b"\n", position, at)
        yield line, text
        line += text.count(b"\n")
        position = at + len(text)
