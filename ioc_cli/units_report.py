"""What `ioc units import` says: every change, field by field. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from ioc_core.catalogue import Unit
from ioc_core.units_import.alias_changes import AliasChanges
from ioc_core.units_import.boundary_changes import BoundaryChanges, Source
from ioc_core.units_import.importer import Outcome
from ioc_core.units_import.table import Table
from ioc_core.units_import.unit_changes import Change, UnitChange, UnitChanges

SHOWN = 20
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def report(outcome: Outcome, *, limit: int | None = SHOWN) -> Iterator[str]:
    """Yield the lines of the report; of each list at most `limit` (None: all)."""
    for table in outcome.tables:
        yield from _table(table)
    if outcome.units is not None:
        yield from _units(outcome.units, limit)
    if outcome.aliases is not None:
        yield from _aliases(outcome.aliases, limit)
    if outcome.boundaries is not None:
        yield from _boundaries(outcome.boundaries, limit)
    yield from _list("worth a look", outcome.notes, limit)


def _table(table: Table) -> Iterator[str]:
    separated = _SEPARATORS.get(table.separator, repr(table.separator))
    yield f"{table.file}: {len(table.lines)} rows, separated by {separated}"
    renamed = [f"{heading} → {column}" for heading, column in table.columns.items() if heading != column]
    if renamed:
        yield f"  headings: {', '.join(renamed)}"
    if table.ignored:
        yield f"  headings not understood, left out: {', '.join(table.ignored)}"


def _units(found: UnitChanges, limit: int | None) -> Iterator[str]:
    added = [change for change in found.changes if change.added]
    ended = [change for change in found.changes if change.ends]
    changed = [change for change in found.changes if not change.added and not change.ends]
    yield "units"
    yield from _list("added", map(_change, added), limit)
    yield from _list("changed", map(_change, changed), limit)
    yield from _list("ended", map(_change, ended), limit)
    yield f"  unchanged: {found.unchanged}"
    unknown = [f"{one.code} {one.name} ({one.place})" for one in found.unknown]
    yield from _list("unknown, not added", unknown, limit)
    yield from _list("missing from the files, left as they are", map(_name, _untouched(found)), limit)


def _untouched(found: UnitChanges) -> list[Unit]:
    touched = {change.code for change in found.changes}
    return [unit for unit in found.missing if unit.code not in touched]


def _change(change: UnitChange) -> str:
    what = ", ".join(f"{one.column} {one.after}" if change.added else _field(one) for one in change.changes)
    return f"{change.code} {change.cells.get('name', '')} ({change.place}): {what}"


def _field(change: Change) -> str:
    return f"{change.column} {change.before or '(empty)'} → {change.after or '(empty)'}"


def _aliases(found: AliasChanges, limit: int | None) -> Iterator[str]:
    yield "aliases"
    yield from _list("added", (f"{text} → {code}" for text, code in found.added), limit)
    yield from _list("changed", (f"{text}: {before} → {after}" for text, before, after in found.changed), limit)
    yield f"  unchanged: {found.unchanged}"
    if found.undecided:
        yield f"  rows without a code, left out: {found.undecided}"


def _boundaries(found: BoundaryChanges, limit: int | None) -> Iterator[str]:
    for source in found.sources:
        yield _source(source)
    yield "boundaries"
    yield from _list("added", map(_name, found.added), limit)
    yield from _list("changed", map(_name, found.changed), limit)
    yield f"  unchanged: {len(found.unchanged)}"
    yield from _list("found by name, no unit has their code", map(_name, found.by_name), limit)
    yield from _list("of no unit of the catalogue, left out", found.unknown, limit)
    yield from _list("communes that stay without a boundary", map(_name, found.missing), limit)
    yield from _list("place of units.csv outside the boundary", map(_name, found.outside), limit)


def _source(source: Source) -> str:
    code = f"code in property '{source.properties.code}'" if source.properties.code else "no property has the code"
    name = f"name in '{source.properties.name}'" if source.properties.name else "no property has the name"
    return f"{source.file}: {source.features} features, {code}, {name}"


def _name(unit: Unit) -> str:
    return f"{unit.code} {unit.name}"


def _list(title: str, items: Iterable[str], limit: int | None) -> Iterator[str]:
    found: Sequence[str] = list(items)
    if not found:
        return
    yield f"  {title}: {len(found)}"
    for item in found[:limit]:
        yield f"    {item}"
    if limit is not None and len(found) > limit:
        yield f"    … and {len(found) - limit} more (--all shows them)"
