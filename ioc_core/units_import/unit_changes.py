"""What rows of an office would change in units.csv, unit by unit and field by field. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ioc_core.catalogue.types import Unit
from ioc_core.errors import ConfigError
from ioc_core.units_import.cells import COLUMNS, read_cell, same, short_name
from ioc_core.units_import.new_text import NewText, Place, Slot, assembled
from ioc_core.units_import.register import Register
from ioc_core.units_import.table import Table
from ioc_core.yaml_source import shown

END = "--end-missing"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person who imports has chosen.

    `defaults`: cells of units that are added, where their row says nothing. `add`: whether there may be new units.
    `clear_empty`: an empty cell takes the value away, instead of saying nothing. `end_missing`: the last day of units
    that exist on `on`, are of a kind that the rows are of, and are in none of them.
    """

    on: date
    defaults: Mapping[str, str] = field(default_factory=dict)
    add: bool = True
    clear_empty: bool = False
    end_missing: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One cell: column, and what it says before and after ("": nothing)."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit that is added, or whose cells change; `cells` are all that it has afterwards.

    `place`: where it is first spoken of; `places`: where each column was told.
    """

    code: str
    place: Place
    cells: Mapping[str, str]
    changes: Sequence[Change]
    places: Mapping[str, Place]
    added: bool = False

    @property
    def ends(self) -> bool:
        """Whether it gets its last day."""
        return not self.added and any(one.column == "valid_to" and not one.before for one in self.changes)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A row of a unit that the catalogue doesn't have, and that may not be added."""

    code: str
    name: str
    place: Place


@dataclass(slots=True)
class UnitChanges:
    """What would happen to units.csv. `missing`: current units of the rows' kinds that no row names."""

    changes: list[UnitChange] = field(default_factory=list)
    unchanged: int = 0
    unknown: list[Unknown] = field(default_factory=list)
    missing: list[Unit] = field(default_factory=list)


def compare(
    held: Mapping[str, Mapping[str, str]],
    tables: Iterable[Table],
    units: Mapping[str, Unit],
    choices: Choices,
    errors: list[ConfigError],
) -> UnitChanges:
    """What the rows would change. `held`: the cells of units.csv by code; contradictions are added to `errors`."""
    rows = _Rows(choices, errors)
    for table in tables:
        rows.take(table)
    found = UnitChanges()
    for code, told in rows.by_code.items():
        before = held.get(code)
        if before is None and not choices.add:
            found.unknown.append(Unknown(code, told.cells.get("name", ""), told.place))
            continue
        change = told.added(code, choices) if before is None else told.changed(code, before)
        if change is None:
            found.unchanged += 1
        else:
            found.changes.append(change)
    kinds = {told.cells.get("kind") or held.get(code, {}).get("kind") for code, told in rows.by_code.items()}
    for unit in units.values():
        if unit.kind.value in kinds and unit.valid_on(choices.on) and unit.code not in rows.by_code:
            found.missing.append(unit)
            if choices.end_missing is not None and unit.valid_to is None:
                found.changes.append(_end(unit.code, held[unit.code], choices.end_missing))
    return found


def _end(code: str, before: Mapping[str, str], day: date) -> UnitChange:
    change = Change("valid_to", "", day.isoformat())
    place = Place(END, None)
    return UnitChange(code, place, {**before, "valid_to": change.after}, [change], {"valid_to": place})


@dataclass(slots=True)
class _Told:
    """Everything that rows say of one unit; `places` by column."""

    place: Place
    cells: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def changed(self, code: str, before: Mapping[str, str]) -> UnitChange | None:
        changes = [
            Change(column, before.get(column, ""), after)
            for column, after in self.cells.items()
            if not same(column, before.get(column, ""), after)
        ]
        after = {**before, **{change.column: change.after for change in changes}}
        return UnitChange(code, self.place, after, changes, self.places) if changes else None

    def added(self, code: str, choices: Choices) -> UnitChange:
        cells = {**choices.defaults, **{column: cell for column, cell in self.cells.items() if cell}, "code": code}
        if "name" in cells:
            cells.setdefault("short_name", short_name(cells["name"]))
        ordered = {column: cells[column] for column in COLUMNS if cells.get(column)}
        changes = [Change(column, "", cell) for column, cell in ordered.items() if column not in {"code", "name"}]
        return UnitChange(code, self.place, ordered, changes, self.places, added=True)


class _Rows:
    """The rows of all files by code, each checked against what was said before."""

    def __init__(self, choices: Choices, errors: list[ConfigError]) -> None:
        self.by_code: dict[str, _Told] = {}
        self._choices = choices
        self._errors = errors

    def take(self, table: Table) -> None:
        """Read the rows of one file."""
        if "code" not in table.columns.values():
            reason = "no heading stands for the code of a unit; say which one: --map code=HEADING"
            self._errors.append(ConfigError(file=table.file, line=None, what="headings", reason=reason))
            return
        for line in table.lines:
            place = Place(table.file, line.number)
            code = line.cells.get("code", "")
            if not code:
                self._errors.append(ConfigError(file=place.file, line=place.line, what="code", reason="is missing"))
                continue
            told = self.by_code.setdefault(code, _Told(place))
            for column, cell in self._cells(table, line.cells):
                self._tell(told, column, cell, place)

    def _cells(self, table: Table, cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for column in table.columns.values():
            if column in cells or self._choices.clear_empty:
                yield column, read_cell(column, cells.get(column, ""))

    def _tell(self, told: _Told, column: str, cell: str, place: Place) -> None:
        earlier = told.cells.setdefault(column, cell)
        if same(column, earlier, cell):
            told.places.setdefault(column, place)
            return
        reason = f"contradicts {told.places[column]}, which says {shown(earlier)}"
        what = f"{column} {shown(cell)}"
        self._errors.append(ConfigError(file=place.file, line=place.line, what=what, reason=reason))


def units_text(register: Register, changes: Sequence[UnitChange]) -> NewText:
    """The register with the changes: changed units at their place, new ones after the last of their kind."""
    changed = {change.code: change for change in changes if not change.added}
    after: defaultdict[int, list[Slot]] = defaultdict(list)
    last = {kept.cells["kind"]: index for index, kept in enumerate(register.kept) if kept.cells}
    for change in changes:
        if change.added:
            index = last.get(change.cells.get("kind", ""), len(register.kept) - 1)
            after[index].append(Slot(None, change.cells, change.place, change.places))
    slots: list[Slot] = []
    for index, kept in enumerate(register.kept):
        edit = changed.get(kept.cells.get("code", ""))
        slots.append(Slot(kept) if edit is None else Slot(kept, edit.cells, edit.place, edit.places))
        slots += after.get(index, ())
    return assembled(register, slots)
