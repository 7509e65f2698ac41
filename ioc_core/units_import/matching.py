"""Which unit each feature of a GeoJSON file is the boundary of: by code, else by name on a day. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ioc_core.catalogue.catalogue import Catalogue
from ioc_core.catalogue.types import Unit, UnitKind
from ioc_core.units_import.shapes import Feature


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties that hold a unit's code and its name; None: no property does."""

    code: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """What a feature was found to be. No `unit`: nothing of the catalogue; `contradiction`: two different units."""

    feature: Feature
    unit: Unit | None
    by_name: bool = False
    contradiction: str = ""

    @property
    def code(self) -> str | None:
        """The code of its unit."""
        return None if self.unit is None else self.unit.code


def find_properties(features: Sequence[Feature], catalogue: Catalogue, on: date, told: Properties) -> Properties:
    """The properties as told; those that aren't told are guessed, when that is obvious.

    It is obvious when most of the features, or most of the communes of the day, are found by it.
    """
    enough = min(len(features), len(catalogue.units_on(on, UnitKind.COMMUNE)) or len(features)) / 2

    def by_code(value: Any) -> bool:
        unit = catalogue.unit_by_code(text_of(value))
        return unit is not None and unit.valid_on(on)

    def by_name(value: Any) -> bool:
        return isinstance(value, str) and catalogue.resolve_unit(value, on) is not None and not by_code(value)

    return Properties(
        code=told.code or _most_telling(features, by_code, enough),
        name=told.name or _most_telling(features, by_name, enough),
    )


def _most_telling(features: Iterable[Feature], tells: Callable[[Any], bool], enough: float) -> str | None:
    counts: dict[str, int] = {}
    for feature in features:
        for name, value in feature.properties.items():
            counts[name] = counts.get(name, 0) + tells(value)
    best = max(counts, key=lambda name: counts[name], default=None)
    return best if best is not None and counts[best] > 0 and counts[best] >= enough else None


def match(feature: Feature, catalogue: Catalogue, on: date, properties: Properties) -> Match:
    """The unit whose code the feature has; when no unit has that code, the one whose name it has on that day."""
    code = _value(feature, properties.code)
    name = _value(feature, properties.name)
    coded = catalogue.unit_by_code(code)
    named = catalogue.resolve_unit(name, on) if name else None
    if coded is None:
        return Match(feature, named, by_name=True)
    if named is not None and named.code != coded.code and coded.valid_on(on):
        reason = f"code {code} is {coded.name}, but the name '{name}' is that of {named.code} {named.name}"
        return Match(feature, None, contradiction=reason)
    return Match(feature, coded)


def title_of(feature: Feature, properties: Properties) -> str:
    """What to call a feature in a message: its code and name, as far as it has them."""
    parts = (_value(feature, properties.code), _value(feature, properties.name))
    return " ".join(part for part in parts if part) or "without code and name"


def text_of(value: Any) -> str:
    """A property as text: 24133 and 24133.0 are the code 24133."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _value(feature: Feature, name: str | None) -> str:
    return "" if name is None else text_of(feature.properties.get(name))
