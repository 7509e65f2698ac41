"""Reads config/aliases.csv: what sources write for units and procedures, as somebody mapped it; wrong lines noted."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ioc_core.catalogue import csv_source
from ioc_core.catalogue.csv_source import Row
from ioc_core.catalogue.names import exact_key
from ioc_core.catalogue.periods import Dated, overlap
from ioc_core.catalogue.procedures_file import LOCAL_CODE
from ioc_core.catalogue.types import Alias, AliasKind, Unit
from ioc_core.errors import ConfigError

REQUIRED = ("kind", "text", "code")
OPTIONAL = ("valid_from", "valid_to", "note")
LONGEST_TEXT = 300
"""As much as an event carries of what a source wrote."""

Wrong = tuple[str, str]
"""The column that is wrong in a line, and why."""


def read(
    path: Path, errors: list[ConfigError], *, units: Mapping[str, Unit] | None, procedures: Collection[str] | None
) -> tuple[Alias, ...]:
    """The aliases in the file's order; none when there is no such file. Mistakes are added to `errors`.

    `units` and `procedures` are what codes may name; None: those can't be told, so no code is called wrong.
    """
    if not path.exists():
        return ()
    found: list[tuple[Row, Alias]] = []
    for row in csv_source.rows(path, required=REQUIRED, optional=OPTIONAL, errors=errors):
        alias = _alias(row)
        if alias is not None:
            wrong = _wrong_unit(alias, units) if alias.kind is AliasKind.UNIT else _wrong_procedure(alias, procedures)
            if wrong is None:
                found.append((row, alias))
            else:
                row.fail(*wrong)
    _note_contradictions(found, units)
    return tuple(alias for _, alias in found)


def _wrong_unit(alias: Alias, units: Mapping[str, Unit] | None) -> Wrong | None:
    if units is None:
        return None
    if alias.code not in units:
        return "code", "no unit has this code (units.csv)"
    if alias.text in units or any(alias.text.upper() == unit.national_id for unit in units.values()):
        return "text", "is itself the code or identifier of a unit"
    return None if overlap(alias, units[alias.code]) else ("code", "exists at no time at which this line holds")


def _wrong_procedure(alias: Alias, procedures: Collection[str] | None) -> Wrong | None:
    if procedures is None:
        return None
    if alias.code not in procedures:
        return "code", "no procedure has this code (procedures.csv)"
    local = LOCAL_CODE.fullmatch(alias.text)
    return ("text", "is itself the code of a procedure") if (local[1] if local else alias.text) in procedures else None


def _alias(row: Row) -> Alias | None:
    kind = row.choice("kind", AliasKind) if row.text("kind") else None
    valid_from, valid_to = row.day("valid_from"), row.day("valid_to")
    if valid_from and valid_to and valid_to < valid_from:
        row.fail("valid_to", f"is before valid_from, {valid_from}")
    text, code = row.text("text"), row.text("code")
    if len(text) > LONGEST_TEXT:
        row.fail("text", f"has {len(text)} letters, at most {LONGEST_TEXT} are compared")
    if row.wrong or kind is None:
        return None
    return Alias(kind, text, code, valid_from, valid_to, row.optional("note") or "")


def _note_contradictions(found: list[tuple[Row, Alias]], units: Mapping[str, Unit] | None) -> None:
    """One text means one thing on one day; the days of a unit's alias are those on which the unit exists too."""
    earlier: dict[tuple[AliasKind, str], list[tuple[Row, Alias]]] = {}
    for row, alias in found:
        for other_row, other in earlier.setdefault((alias.kind, exact_key(alias.text)), []):
            if overlap(*_days(alias, units), *_days(other, units)):
                said = "appears twice, first" if alias.code == other.code else f"means {other.code}"
                row.fail("text", f"{said} in line {other_row.line}, on the same days")
                break
        earlier[alias.kind, exact_key(alias.text)].append((row, alias))


def _days(alias: Alias, units: Mapping[str, Unit] | None) -> Iterator[Dated]:
    yield alias
    if alias.kind is AliasKind.UNIT and units is not None:
        yield units[alias.code]
