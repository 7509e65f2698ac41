"""The units that are scored, what counts in each, and who its peers are. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

UNMAPPED = "unmapped"
UNMAPPED_NAME = "Chưa ánh xạ"


class Peers(StrEnum):
    """Units that are ranked among one another. An office is a department's department."""

    PROVINCE = "province"
    DEPARTMENT = "department"
    OFFICE = "office"
    DISTRICT = "district"
    COMMUNE = "commune"
    UNMAPPED = "unmapped"


class ScoredUnit(Struct, frozen=True):
    """A line of the scoreboard."""

    code: str
    name: str
    peers: Peers
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def within(self, first: date, last: date) -> bool:
        """Whether it existed on a day of the period."""
        return (self.valid_from is None or self.valid_from <= last) and (
            self.valid_to is None or first <= self.valid_to
        )


class UnitRow(Struct, frozen=True):
    """A unit of the catalogue."""

    code: str
    kind: str
    name: str
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Tree:
    """Finds what counts where. The province has everything, also what isn't mapped to a unit."""

    def __init__(self, rows: Iterable[UnitRow]) -> None:
        held = {row.code: row for row in rows}
        self.units: Mapping[str, ScoredUnit] = {code: _scored(row, held) for code, row in held.items()}
        provinces = [row for row in held.values() if row.kind == "province"]
        today = [row for row in provinces if row.valid_to is None] or provinces
        self.province: str | None = today[0].code if today else None
        self._scopes = {code: self._line(held, code) for code in held}
        members: dict[str, set[str]] = {code: set() for code in held}
        for code, scopes in self._scopes.items():
            for scope in scopes:
                members[scope].add(code)
        self._members = {code: frozenset(below) for code, below in members.items()}

    def scopes(self, unit: str | None) -> tuple[str, ...]:
        """Return the lines in which a unit's dossiers count: itself, all above, the province; of None the unmapped."""
        if unit in self._scopes:
            return self._scopes[unit]
        return (UNMAPPED,) if self.province is None else (UNMAPPED, self.province)

    def members(self, code: str) -> frozenset[str]:
        """Return the unit and all below it; of an unknown code nothing."""
        return self._members.get(code, frozenset())

    def unit(self, code: str) -> ScoredUnit | None:
        """Return a line's unit, the unmapped one too; None when there is no such unit."""
        if code == UNMAPPED:
            return ScoredUnit(UNMAPPED, UNMAPPED_NAME, Peers.UNMAPPED)
        return self.units.get(code)

    def _line(self, held: Mapping[str, UnitRow], code: str) -> tuple[str, ...]:
        line = [code]
        parent = held[code].parent
        while parent is not None and parent in held and parent not in line:
            line.append(parent)
            parent = held[parent].parent
        if self.province is not None and self.province not in line:
            line.append(self.province)
        return tuple(line)


def _scored(row: UnitRow, held: Mapping[str, UnitRow]) -> ScoredUnit:
    above = held.get(row.parent or "")
    office = row.kind == "department" and above is not None and above.kind == "department"
    peers = Peers.OFFICE if office else Peers(row.kind)
    return ScoredUnit(row.code, row.name, peers, row.parent, row.valid_from, row.valid_to)
