"""The new text of boundaries.geojson: one feature a line, those that don't change as they were written."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ioc_core.catalogue.types import Unit
from ioc_core.units_import.boundary_changes import BoundaryChanges
from ioc_core.units_import.matching import text_of
from ioc_core.units_import.shapes import Feature, Polygon, ShapeError, polygons


def shapes_of(features: Iterable[Feature], decimals: int) -> dict[str, list[Polygon]]:
    """The shapes of the present file by code, in the form in which new ones are compared with them.

    What an import would refuse (an open ring, which the map draws all the same) is a unit without a shape.
    """
    found: dict[str, list[Polygon]] = {}
    for feature in features:
        parts = found.setdefault(_code(feature), [])
        with contextlib.suppress(ShapeError):
            parts += polygons(feature.shape, swapped=False, decimals=decimals)
    return found


def boundaries_text(features: Iterable[Feature], changes: BoundaryChanges, units: Mapping[str, Unit]) -> str:
    """The text: `features` of the present file in their order, changed ones anew, then new ones as in units.csv."""
    fresh = {unit.code: _feature(unit, changes.shapes[unit.code]) for unit in (*changes.changed, *changes.added)}
    lines: dict[str, str] = {}
    for number, feature in enumerate(features):
        code = _code(feature)
        if code in fresh:
            lines.setdefault(code, fresh[code])
        else:
            lines[f"{code}/{number}"] = feature.raw.decode()
    for code in units:
        if code in fresh:
            lines.setdefault(code, fresh[code])
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines.values()) + "\n]}\n"


def _code(feature: Feature) -> str:
    return text_of(feature.properties.get("code"))


def _feature(unit: Unit, parts: Sequence[Polygon]) -> str:
    single = len(parts) == 1
    geometry = {"type": "Polygon" if single else "MultiPolygon", "coordinates": parts[0] if single else parts}
    properties = {"code": unit.code, "name": unit.name}
    return msgspec.json.encode({"type": "Feature", "properties": properties, "geometry": geometry}).decode()
