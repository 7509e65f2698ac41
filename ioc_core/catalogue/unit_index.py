"""Finds units: by code, identifier or name on a day, above and below one another."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache

from ioc_core.catalogue.alias_index import AliasIndex
from ioc_core.catalogue.names import AUTHORITY_PREFIXES, exact_key, folded_key
from ioc_core.catalogue.types import Alias, Unit, UnitKind

_KEPT = 1 << 14


class UnitIndex:
    """Every question is a few dictionary look-ups; all tables are made once."""

    resolve: Callable[[str, date], Unit | None]
    """See `Catalogue.resolve_unit`. Sources name the same units again and again: the last answers are kept."""

    def __init__(self, units: Mapping[str, Unit], aliases: Iterable[Alias] = ()) -> None:
        self.resolve = lru_cache(maxsize=_KEPT)(self._resolve)
        self._units = units
        self._aliases = AliasIndex(aliases)
        by_identifier: defaultdict[str, list[Unit]] = defaultdict(list)
        by_name: defaultdict[str, list[Unit]] = defaultdict(list)
        by_folded_name: defaultdict[str, list[Unit]] = defaultdict(list)
        children: defaultdict[str, list[Unit]] = defaultdict(list)
        successors: defaultdict[str, list[Unit]] = defaultdict(list)
        for unit in units.values():
            if unit.national_id is not None:
                by_identifier[unit.national_id].append(unit)
            for name in {unit.name, unit.short_name}:
                by_name[exact_key(name)].append(unit)
            for folded in _folded_names(unit):
                by_folded_name[folded].append(unit)
            if unit.parent is not None:
                children[unit.parent].append(unit)
            for predecessor in unit.predecessors:
                successors[predecessor].append(unit)
        for holders in by_identifier.values():
            holders.sort(key=lambda unit: unit.valid_from or date.min, reverse=True)
        self._by_identifier = dict(by_identifier)
        self._by_name = dict(by_name)
        self._by_folded_name = dict(by_folded_name)
        self._children = {code: tuple(below) for code, below in children.items()}
        self._successors = {code: tuple(after) for code, after in successors.items()}
        self._ancestors = {code: self._line(unit) for code, unit in units.items()}
        self._within = {
            code: frozenset((code, *(above.code for above in line))) for code, line in self._ancestors.items()
        }

    def _resolve(self, text: str, on: date) -> Unit | None:
        trimmed = text.strip()
        unit = self._units.get(trimmed)
        if unit is not None:
            return unit
        holders = self._by_identifier.get(trimmed.upper())
        if holders is not None:
            return next((unit for unit in holders if unit.valid_on(on)), holders[0])
        for codes in self._named(trimmed, on):
            if codes:
                return self._units[codes.pop()] if len(codes) == 1 else None
        return None

    def _named(self, text: str, on: date) -> Iterator[set[str]]:
        """The units that a name may mean on a day, by each way of reading it, the surest first."""

        def exists(code: str) -> bool:
            return self._units[code].valid_on(on)

        yield self._aliases.exact(text, on, exists)
        yield {unit.code for unit in self._by_name.get(exact_key(text), ()) if unit.valid_on(on)}
        yield self._aliases.folded(text, on, exists)
        yield {unit.code for unit in self._by_folded_name.get(folded_key(text), ()) if unit.valid_on(on)}

    def children(self, code: str) -> tuple[Unit, ...]:
        """The units directly below, of all times, in the file's order."""
        return self._children.get(code, ())

    def ancestors(self, code: str) -> tuple[Unit, ...]:
        """The units above, the nearest first."""
        return self._ancestors.get(code, ())

    def successors(self, code: str) -> tuple[Unit, ...]:
        """The units that took over this unit's work."""
        return self._successors.get(code, ())

    def is_within(self, code: str, scope: str) -> bool:
        """Whether the unit `code` is `scope` itself or below it."""
        return scope in self._within.get(code, ())

    def _line(self, unit: Unit) -> tuple[Unit, ...]:
        line: list[Unit] = []
        while unit.parent is not None:
            unit = self._units[unit.parent]
            line.append(unit)
        return tuple(line)


def _folded_names(unit: Unit) -> Iterable[str]:
    full = folded_key(unit.name)
    names = {full, folded_key(unit.short_name)}
    if unit.kind is not UnitKind.DEPARTMENT:
        names |= {prefix + full for prefix in AUTHORITY_PREFIXES}
    return names - {""}
