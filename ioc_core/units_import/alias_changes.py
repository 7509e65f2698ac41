"""What rows that somebody mapped would change in aliases.csv. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ioc_core.catalogue.aliases_file import OPTIONAL, REQUIRED
from ioc_core.catalogue.names import exact_key, folded_key
from ioc_core.units_import.cells import read_cell
from ioc_core.units_import.new_text import NewText, Place, Slot, assembled
from ioc_core.units_import.register import Register
from ioc_core.units_import.table import Table

COLUMNS = (*REQUIRED, *OPTIONAL)
HEADER = ",".join(COLUMNS) + "\n"

_FORMULA = ("=", "+", "-", "@")
_AS_TEXT = "'"

_Key = tuple[str, ...]


@dataclass(slots=True)
class AliasChanges:
    """What would happen to aliases.csv; texts in the order of the rows. `undecided`: rows without a code."""

    added: list[tuple[str, str]] = field(default_factory=list)  # text, code
    changed: list[tuple[str, str, str]] = field(default_factory=list)  # text, code before, code after
    unchanged: int = 0
    undecided: int = 0


def column_of(heading: str) -> str | None:
    """The column of aliases.csv that a heading stands for."""
    folded = folded_key(heading)
    return next((column for column in COLUMNS if folded_key(column) == folded), None)


def is_of_aliases(table: Table) -> bool:
    """Whether a file that was read with `column_of` has what aliases.csv needs."""
    return set(REQUIRED) <= set(table.columns.values())


def cell_of(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula."""
    return _AS_TEXT + text if text.startswith(_FORMULA) else text


def compare(register: Register, tables: Iterable[Table]) -> tuple[AliasChanges, NewText]:
    """What the rows would change, and the new text: a line of the same text and days gets the new code in place."""
    changes = AliasChanges()
    slots = [Slot(kept) for kept in register.kept]
    at = {
        _key(slot.kept.cells): index for index, slot in enumerate(slots) if slot.kept is not None and slot.kept.cells
    }
    for table in tables:
        for line in table.lines:
            cells = {column: _read(column, cell) for column, cell in line.cells.items()}
            if "code" not in cells:
                changes.undecided += 1
                continue
            place = Place(table.file, line.number)
            text, code = cells.get("text", ""), cells["code"]
            index = at.setdefault(_key(cells), len(slots))
            if index == len(slots):
                slots.append(Slot(None, cells, place))
                changes.added.append((text, code))
                continue
            held = slots[index]
            before = held.told or (held.kept.cells if held.kept else {})
            if before["code"] == code:
                changes.unchanged += 1
                continue
            slots[index] = Slot(held.kept, {**before, **cells}, held.place, dict.fromkeys(cells, place))
            changes.changed.append((text, before["code"], code))
    return changes, assembled(register, slots)


def _read(column: str, cell: str) -> str:
    if column == "text" and cell.startswith(tuple(_AS_TEXT + sign for sign in _FORMULA)):
        return cell.removeprefix(_AS_TEXT)
    return cell if column == "kind" else read_cell(column, cell)


def _key(cells: Mapping[str, str]) -> _Key:
    return (
        cells.get("kind", ""),
        exact_key(cells.get("text", "")),
        cells.get("valid_from", ""),
        cells.get("valid_to", ""),
    )
