"""What files of an office would make of config/: read, compared, and checked as a whole. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ioc_core import catalogue
from ioc_core.catalogue import Catalogue
from ioc_core.errors import ConfigError
from ioc_core.units_import import alias_changes, cells, unit_changes
from ioc_core.units_import.alias_changes import AliasChanges
from ioc_core.units_import.boundaries_text import boundaries_text, shapes_of
from ioc_core.units_import.boundary_changes import Boundaries, BoundaryChanges, ShapeChoices
from ioc_core.units_import.new_text import NewText
from ioc_core.units_import.register import Register
from ioc_core.units_import.shapes import Feature, read_features
from ioc_core.units_import.staging import ALIASES, BOUNDARIES, UNITS, Staged, stage
from ioc_core.units_import.table import Headings, Table, read_table
from ioc_core.units_import.unit_changes import Choices, UnitChange, UnitChanges


@dataclass(frozen=True, slots=True)
class Request:
    """Files by name, with their bytes, and how to read them; `columns`: column of units.csv → its heading there."""

    files: Mapping[str, bytes]
    columns: Mapping[str, str]
    units: Choices
    shapes: ShapeChoices


@dataclass(slots=True)
class Outcome:
    """What would happen. `texts`: the new files of config/ by name, none when there is nothing to change.

    With `errors` nothing may be written. `notes` are worth a look, and no errors.
    """

    tables: list[Table] = field(default_factory=list)
    units: UnitChanges | None = None
    aliases: AliasChanges | None = None
    boundaries: BoundaryChanges | None = None
    texts: dict[str, str] = field(default_factory=dict)
    errors: list[ConfigError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan(config_dir: Path, request: Request) -> Outcome:
    """Read the files against the catalogue of `config_dir`.

    Raises:
        ConfigErrors: what is there already is wrong. OSError: it can't be read.
    """
    return _Import(config_dir, request).run()


class _Import:
    def __init__(self, config_dir: Path, request: Request) -> None:
        self._config_dir = config_dir
        self._request = request
        self._present = catalogue.load(config_dir)
        self._new: dict[str, NewText] = {}
        self._outcome = Outcome()

    def run(self) -> Outcome:
        outcome = self._outcome
        drawn = {file: raw for file, raw in self._request.files.items() if _is_json(raw)}
        self._read_tables({file: raw for file, raw in self._request.files.items() if file not in drawn})
        staged = self._staged()
        if drawn:
            self._draw(drawn, staged.catalogue or self._present)
            staged = self._staged() if BOUNDARIES in outcome.texts else staged
        outcome.errors = sorted((*outcome.errors, *staged.errors), key=lambda error: (error.file, error.line or 0))
        if staged.catalogue is not None and outcome.units is not None:
            outcome.notes += _name_notes(staged.catalogue, outcome.units.changes, self._request.units)
        return outcome

    def _staged(self) -> Staged:
        staged = stage(self._config_dir, self._outcome.texts)
        errors = [self._located(error) for error in staged.errors]
        return Staged(staged.catalogue, errors)

    def _located(self, error: ConfigError) -> ConfigError:
        new = self._new.get(Path(error.file).name)
        return error if new is None else new.located(error)

    def _read_tables(self, files: Mapping[str, bytes]) -> None:
        units: list[Table] = []
        aliases: list[Table] = []
        for file, raw in files.items():
            table = read_table(file, raw, Headings(alias_changes.column_of, {}), [])
            if table is not None and alias_changes.is_of_aliases(table):
                aliases.append(table)
                continue
            found = read_table(file, raw, Headings(cells.column_of, self._request.columns), self._outcome.errors)
            units += [found] if found is not None else []
        self._outcome.tables += units + aliases
        if units:
            self._compare_units(units)
        if aliases:
            self._compare_aliases(aliases)

    def _compare_units(self, tables: Sequence[Table]) -> None:
        outcome = self._outcome
        register = Register(_text(self._config_dir / UNITS))
        held = {kept.cells["code"]: kept.cells for kept in register.kept if kept.cells}
        outcome.units = unit_changes.compare(held, tables, self._present.units, self._request.units, outcome.errors)
        if outcome.units.changes:
            self._take(UNITS, unit_changes.units_text(register, outcome.units.changes))

    def _compare_aliases(self, tables: Sequence[Table]) -> None:
        path = self._config_dir / ALIASES
        register = Register(_text(path) if path.exists() else alias_changes.HEADER)
        self._outcome.aliases, new = alias_changes.compare(register, tables)
        if self._outcome.aliases.added or self._outcome.aliases.changed:
            self._take(ALIASES, new)

    def _take(self, name: str, new: NewText) -> None:
        self._new[name] = new
        self._outcome.texts[name] = new.text

    def _draw(self, files: Mapping[str, bytes], known: Catalogue) -> None:
        outcome = self._outcome
        boundaries = Boundaries(known, self._request.shapes, outcome.errors)
        for file, raw in files.items():
            features = read_features(file, raw, outcome.errors)
            if features:
                boundaries.take(file, features)
        present = self._present_features()
        changes = outcome.boundaries = boundaries.compared(shapes_of(present, self._request.shapes.decimals))
        if changes.added or changes.changed:
            outcome.texts[BOUNDARIES] = boundaries_text(present, changes, known.units)

    def _present_features(self) -> list[Feature]:
        path = self._config_dir / BOUNDARIES
        return read_features(str(path), path.read_bytes(), self._outcome.errors) if path.exists() else []


def _name_notes(known: Catalogue, changes: Sequence[UnitChange], choices: Choices) -> list[str]:
    """Units that are new, or called or dated anew, whose name isn't theirs alone."""
    notes = []
    for change in changes:
        unit = known.units[change.code]
        day = max(choices.on, unit.valid_from or choices.on)
        if unit.valid_on(day) and known.resolve_unit(unit.name, day) is not unit:
            notes.append(f"{unit.code} {unit.name}: another unit is called so too, what is filed there stays unmapped")
    return notes


def _text(path: Path) -> str:
    return path.read_bytes().decode()


def _is_json(raw: bytes) -> bool:
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}
