"""What shapes of an office would change in boundaries.geojson, unit by unit. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from ioc_core.catalogue.catalogue import Catalogue
from ioc_core.catalogue.types import Unit, UnitKind
from ioc_core.errors import ConfigError
from ioc_core.units_import.matching import Match, Properties, find_properties, match, title_of
from ioc_core.units_import.shapes import Feature, Polygon, ShapeError, polygons

DECIMALS = 5
"""Of a degree: about a metre. Neighbours keep sharing their corners, which leaving corners out would not assure."""


@dataclass(frozen=True, slots=True)
class ShapeChoices:
    """What the person who imports has chosen: properties (None: guessed), order of coordinates, precision."""

    on: date
    properties: Properties
    swapped: bool = False
    decimals: int = DECIMALS


@dataclass(frozen=True, slots=True)
class Source:
    """A GeoJSON file, the properties that were used, and how many features it has."""

    file: str
    properties: Properties
    features: int


@dataclass(slots=True)
class BoundaryChanges:
    """What would happen to boundaries.geojson. `shapes`: of every unit that the files draw; lists are of units.

    `unknown`: features of no unit of the catalogue; `missing`: communes of the day that stay without a boundary;
    `outside`: units whose place on the map (units.csv) isn't inside what is drawn.
    """

    sources: list[Source] = field(default_factory=list)
    shapes: dict[str, list[Polygon]] = field(default_factory=dict)
    added: list[Unit] = field(default_factory=list)
    changed: list[Unit] = field(default_factory=list)
    unchanged: list[Unit] = field(default_factory=list)
    by_name: list[Unit] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    missing: list[Unit] = field(default_factory=list)
    outside: list[Unit] = field(default_factory=list)


class Boundaries:
    """Takes the features of files in, one file after the other, then says what they would change."""

    def __init__(self, catalogue: Catalogue, choices: ShapeChoices, errors: list[ConfigError]) -> None:
        self._catalogue = catalogue
        self._choices = choices
        self._errors = errors
        self._found = BoundaryChanges()
        self._drawn_by: dict[str, tuple[str, bool]] = {}

    def take(self, file: str, features: Sequence[Feature]) -> None:
        """Match and check the features of one file; mistakes are noted."""
        choices = self._choices
        properties = find_properties(features, self._catalogue, choices.on, choices.properties)
        self._found.sources.append(Source(file, properties, len(features)))
        if properties == Properties(None, None) and features:
            known = ", ".join(dict.fromkeys(name for feature in features for name in feature.properties))
            reason = f"no property is obviously the code of a unit; say which one with --code-property: {known}"
            self._errors.append(ConfigError(file=file, line=None, what="properties", reason=reason))
            return
        before = len(self._errors), len(self._found.shapes)
        for feature in features:
            self._take(file, match(feature, self._catalogue, choices.on, properties), properties)
        if (len(self._errors), len(self._found.shapes)) == before:
            reason = f"none of {len(features)} features is a unit of the catalogue"
            self._errors.append(ConfigError(file=file, line=None, what="features", reason=reason))

    def _take(self, file: str, matched: Match, properties: Properties) -> None:
        feature, unit = matched.feature, matched.unit
        what = f"feature {feature.number} ({title_of(feature, properties)})"

        def wrong(reason: str) -> None:
            self._errors.append(ConfigError(file=file, line=feature.line, what=what, reason=reason))

        if matched.contradiction:
            wrong(matched.contradiction)
            return
        if unit is None:
            self._found.unknown.append(f"{file}:{feature.line}: {what}")
            return
        drawn = self._drawn_by.setdefault(unit.code, (file, matched.by_name))
        if unit.code in self._found.shapes and (drawn[0] != file or drawn[1] or matched.by_name):
            wrong(f"{unit.code} {unit.name} is drawn by {drawn[0]} already")
            return
        try:
            parts = polygons(feature.shape, swapped=self._choices.swapped, decimals=self._choices.decimals)
        except ShapeError as error:
            wrong(str(error))
            return
        self._found.shapes.setdefault(unit.code, []).extend(parts)
        if matched.by_name:
            self._found.by_name.append(unit)

    def compared(self, held: Mapping[str, list[Polygon]]) -> BoundaryChanges:
        """What would change; `held` are the shapes of the present file by code."""
        found = self._found
        for code, parts in found.shapes.items():
            kept, unit = held.get(code), self._catalogue.units[code]
            chosen = found.added if kept is None else found.unchanged if kept == parts else found.changed
            chosen.append(unit)
            if unit.latitude is not None and not _holds(parts, unit.longitude or 0.0, unit.latitude):
                found.outside.append(unit)
        drawn = held.keys() | found.shapes.keys()
        communes = self._catalogue.units_on(self._choices.on, UnitKind.COMMUNE)
        found.missing = [unit for unit in communes if unit.code not in drawn]
        return found


def _holds(parts: Sequence[Polygon], x: float, y: float) -> bool:
    """Whether a place lies inside (even-odd rule)."""
    inside = False
    for (x1, y1), (x2, y2) in (edge for part in parts for ring in part for edge in pairwise(ring)):
        if (y1 > y) != (y2 > y):
            inside ^= x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
    return inside
