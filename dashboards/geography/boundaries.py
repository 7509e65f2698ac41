"""Reads config/boundaries.geojson: the polygons that an operator imported, by unit code, wrong places noted."""

import json
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from dashboards.geography.plane import Point
from ioc_core.errors import ConfigError, ConfigErrors

_Position = list[float]
_Ring = Annotated[list[_Position], Meta(min_length=4)]


class _Polygon(Struct, tag_field="type", tag="Polygon"):
    coordinates: Annotated[list[_Ring], Meta(min_length=1)]


class _MultiPolygon(Struct, tag_field="type", tag="MultiPolygon"):
    coordinates: Annotated[list[Annotated[list[_Ring], Meta(min_length=1)]], Meta(min_length=1)]


class _Properties(Struct):
    code: str


class _Feature(Struct):
    properties: _Properties
    geometry: _Polygon | _MultiPolygon


class _Collection(Struct):
    type: Literal["FeatureCollection"]
    features: list[_Feature]


def read(path: Path) -> dict[str, list[list[Point]]]:
    """Return the rings (outer and holes alike) of each unit, in degrees: x is the longitude, y the latitude (WGS84).

    The file is GeoJSON (RFC 7946): a FeatureCollection of Polygons and MultiPolygons, each with the unit's code in
    the property `code`.

    Raises:
        ConfigErrors: the file can't be read, or isn't such a collection.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _wrong(path, None, "file", error.strerror or type(error).__name__) from error
    try:
        collection = msgspec.json.decode(raw, type=_Collection)
    except msgspec.ValidationError as error:
        raise _wrong(path, None, "GeoJSON", str(error)) from error
    except msgspec.DecodeError as error:
        raise _wrong(path, _line_of_mistake(raw), "JSON", str(error)) from error
    boundaries: dict[str, list[list[Point]]] = {}
    for number, feature in enumerate(collection.features, start=1):
        rings = (
            [ring for polygon in feature.geometry.coordinates for ring in polygon]
            if isinstance(feature.geometry, _MultiPolygon)
            else feature.geometry.coordinates
        )
        boundaries.setdefault(feature.properties.code, []).extend(_points(path, number, ring) for ring in rings)
    return boundaries


def _points(path: Path, number: int, ring: list[_Position]) -> list[Point]:
    points: list[Point] = []
    for position in ring[:-1]:
        if len(position) < 2 or not (-180 <= position[0] <= 180 and -90 <= position[1] <= 90):
            raise _wrong(path, None, f"feature {number}", f"position {position} is not longitude, latitude in degrees")
        points.append(Point(position[0], position[1]))
    return points


def _line_of_mistake(raw: bytes) -> int | None:
    try:
        json.loads(raw)
    except json.JSONDecodeError as error:
        return error.lineno
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1
    return None


def _wrong(path: Path, line: int | None, what: str, reason: str) -> ConfigErrors:
    return ConfigErrors([ConfigError(file=str(path), line=line, what=what, reason=reason)])
