"""The catalogues together: what exists in the province, and how to find it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from ioc_core.catalogue.types import Metric, Procedure, System, Unit, UnitKind
from ioc_core.catalogue.unit_index import UnitIndex

LOCAL_PROCEDURE_CODE = re.compile(r"(\d\.\d{6})\.\d{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.[A-Z]\d{2}")
"""A procedure as a province writes it: the national code, then the identifier of the authority that announced it."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Units, procedures, systems and metrics by code (metrics by name), in the order of their files. Immutable."""

    units: Mapping[str, Unit]
    procedures: Mapping[str, Procedure]
    systems: Mapping[str, System]
    metrics: Mapping[str, Metric]
    _index: UnitIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("units", "procedures", "systems", "metrics"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "_index", UnitIndex(self.units))

    def unit_by_code(self, code: str) -> Unit | None:
        """The unit of a code, whether or not it exists today."""
        return self.units.get(code)

    def resolve_unit(self, text: str, on: date) -> Unit | None:
        """The unit that a source means by `text`, or None when it is unknown or could be several.

        Tried in this order: code; national identifier (of the holder on that day, else of the latest holder); full
        or short name as written; then the name without regard to accents, case, spacing and punctuation, with or
        without "UBND" before it. A code or an identifier means its unit on any day; a name only one that exists on
        `on`, for names come back (the district and the commune of Krông Búk).
        """
        return self._index.resolve(text, on)

    def resolve_procedure(self, code: str) -> Procedure | None:
        """The procedure of a national code, also when it is followed by an authority's identifier."""
        trimmed = code.strip()
        found = self.procedures.get(trimmed)
        if found is None and (local := LOCAL_PROCEDURE_CODE.fullmatch(trimmed)):
            found = self.procedures.get(local[1])
        return found

    def units_on(self, day: date, kind: UnitKind | None = None) -> tuple[Unit, ...]:
        """The units that exist on a day, of one kind or all, in the file's order."""
        return tuple(
            unit for unit in self.units.values() if unit.valid_on(day) and (kind is None or unit.kind is kind)
        )

    def children(self, code: str, on: date | None = None) -> tuple[Unit, ...]:
        """The units directly below a unit: on a day, or of all times."""
        below = self._index.children(code)
        return below if on is None else tuple(unit for unit in below if unit.valid_on(on))

    def ancestors(self, code: str) -> tuple[Unit, ...]:
        """The units above a unit, the nearest first; none for an unknown code."""
        return self._index.ancestors(code)

    def successors(self, code: str) -> tuple[Unit, ...]:
        """The units that took over a unit's work, wholly or in part."""
        return self._index.successors(code)

    def is_within(self, code: str, scope: str) -> bool:
        """Whether the unit `code` is the unit `scope` itself or below it; False for unknown codes."""
        return self._index.is_within(code, scope)
