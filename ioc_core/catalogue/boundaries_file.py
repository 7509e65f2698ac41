"""Reads config/boundaries.geojson: the polygons that an operator imported, by unit code, wrong places noted."""

import json
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from ioc_core.errors import ConfigError, ConfigErrors

FILE = "boundaries.geojson"

Position = tuple[float, float]
"""Longitude and latitude in degrees, WGS84."""
Ring = list[Position]
"""The corners of a polygon in order, the first one not repeated at the end."""

_Ring = Annotated[list[list[float]], Meta(min_length=4)]


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


def read(path: Path) -> dict[str, list[Ring]]:
    """Return the rings (outer and holes alike) of each unit.

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
        raise _wrong(path, line_of_mistake(raw), "JSON", str(error)) from error
    boundaries: dict[str, list[Ring]] = {}
    for number, feature in enumerate(collection.features, start=1):
        rings = (
            [ring for polygon in feature.geometry.coordinates for ring in polygon]
            if isinstance(feature.geometry, _MultiPolygon)
            else feature.geometry.coordinates
        )
        boundaries.setdefault(feature.properties.code, []).extend(_corners(path, number, ring) for ring in rings)
    return boundaries


def _corners(path: Path, number: int, ring: list[list[float]]) -> Ring:
    corners: Ring = []
    for position in ring[:-1]:
        if len(position) < 2 or not in_degrees(position[0], position[1]):
            raise _wrong(path, None, f"feature {number}", f"position {position} is not longitude, latitude in degrees")
        corners.append((position[0], position[1]))
    return corners


def in_degrees(longitude: float, latitude: float) -> bool:
    """Whether this can be a place on earth."""
    return -180 <= longitude <= 180 and -90 <= latitude <= 90


def line_of_mistake(raw: bytes) -> int | None:
    """Return the line on which JSON is broken; None when it isn't."""
    try:
        json.loads(raw)
    except json.JSONDecodeError as error:
        return error.lineno
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1
    return None


def _wrong(path: Path, line: int | None, what: str, reason: str) -> ConfigErrors:
    return ConfigErrors([ConfigError(file=str(path), line=line, what=what, reason=reason)])
