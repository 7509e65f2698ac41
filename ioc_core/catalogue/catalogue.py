"""The catalogues together: what exists in the province, and how to find it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from ioc_core.catalogue.alias_index import AliasIndex
from ioc_core.catalogue.procedures_file import LOCAL_CODE
from ioc_core.catalogue.types import Alias, AliasKind, Metric, Procedure, System, Unit, UnitKind
from ioc_core.catalogue.unit_index import UnitIndex


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Units, procedures, systems and metrics by code (metrics by name), in the order of their files. Immutable.

    `aliases`: what sources write for units and procedures of these codes.
    """

    units: Mapping[str, Unit]
    procedures: Mapping[str, Procedure]
    systems: Mapping[str, System]
    metrics: Mapping[str, Metric]
    aliases: tuple[Alias, ...] = ()
    _procedure_aliases: AliasIndex = field(init=False, repr=False, compare=False)
    _index: UnitIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("units", "procedures", "systems", "metrics"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        of_units = [alias for alias in self.aliases if alias.kind is AliasKind.UNIT]
        of_procedures = [alias for alias in self.aliases if alias.kind is AliasKind.PROCEDURE]
        object.__setattr__(self, "_index", UnitIndex(self.units, of_units))
        object.__setattr__(self, "_procedure_aliases", AliasIndex(of_procedures))

    def unit_by_code(self, code: str) -> Unit | None:
        """The unit of a code, whether or not it exists today."""
        return self.units.get(code)

    def resolve_unit(self, text: str, on: date) -> Unit | None:
        """The unit that a source means by `text`, or None when it is unknown or could be several.

        Tried in this order: code; national identifier (of the holder on that day, else of the latest holder); an
        alias, then a full or short name, as written; then an alias, then a name without regard to accents, case,
        spacing and punctuation, with or without "UBND" before it. A code or an identifier means its unit on any
        day; a name or an alias only one that exists on `on`, for names come back (the district and the commune of
        Krông Búk): a unit that ended is never replaced by its successors silently.
        """
        return self._index.resolve(text, on)

    def resolve_procedure(self, text: str, on: date | None = None) -> Procedure | None:
        """The procedure that a source means by `text`, or None when it is unknown or could be several.

        A national code, also when it is followed by an authority's identifier; else an alias that holds on `on`
        (None: on any day).
        """
        trimmed = text.strip()
        local = LOCAL_CODE.fullmatch(trimmed)
        texts = (trimmed, local[1]) if local else (trimmed,)
        for written in texts:
            if written in self.procedures:
                return self.procedures[written]
        for written in texts:
            for find in (self._procedure_aliases.exact, self._procedure_aliases.folded):
                codes = find(written, on, self.procedures.__contains__)
                if codes:
                    return self.procedures[codes.pop()] if len(codes) == 1 else None
        return None

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
