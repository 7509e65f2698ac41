"""Reads config/units.csv: the province, its departments, districts and communes, wrong lines noted."""

import re
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from ioc_core.catalogue import csv_source
from ioc_core.catalogue.csv_source import Row
from ioc_core.catalogue.graph import first_cycle
from ioc_core.catalogue.periods import overlap
from ioc_core.catalogue.types import Unit, UnitKind
from ioc_core.errors import ConfigError

REQUIRED = ("code", "kind", "name", "short_name", "parent", "valid_from", "valid_to", "predecessors")
OPTIONAL = ("latitude", "longitude", "national_id", "population")
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,49}")
NATIONAL_ID = re.compile(r"[0-9A-Z]{3}(\.[0-9A-Z]{2}){2}\.[A-Z]\d{2}")
PARENT_KINDS = {
    UnitKind.DEPARTMENT: (UnitKind.PROVINCE, UnitKind.DEPARTMENT),
    UnitKind.DISTRICT: (UnitKind.PROVINCE,),
    UnitKind.COMMUNE: (UnitKind.PROVINCE, UnitKind.DISTRICT),
}

Wrong = tuple[str, str, str]
"""The code of a unit, the column that is wrong in its line, and why."""


def read(path: Path, errors: list[ConfigError]) -> dict[str, Unit] | None:
    """The units by code, None when the file itself can't be used. Mistakes are added to `errors`.

    A unit with a wrong cell is still there, without that cell, so that lines which name it aren't blamed.
    """
    units: dict[str, Unit] = {}
    lines: dict[str, Row] = {}
    before = len(errors)
    for row in csv_source.rows(path, required=REQUIRED, optional=OPTIONAL, errors=errors):
        code = row.text("code")
        row.matching("code", CODE, "22015 or SYT")
        if code in units:
            row.fail("code", f"appears twice, first in line {lines[code].line}")
            continue
        units[code] = _unit(code, row)
        lines[code] = row
    if not units:
        if len(errors) == before:
            errors.append(ConfigError(file=str(path), line=None, what="file", reason="names no unit"))
        return None
    of_known_kind = {code for code, row in lines.items() if "kind" not in row.wrong}
    for code, column, reason in (
        *_wrong_parents(units, of_known_kind),
        *_wrong_predecessors(units),
        *_wrong_identifiers(units),
    ):
        lines[code].fail(column, reason)
    return units


def _unit(code: str, row: Row) -> Unit:
    kind = row.choice("kind", UnitKind) if row.text("kind") else None
    valid_from, valid_to = row.day("valid_from"), row.day("valid_to")
    if valid_from and valid_to and valid_to < valid_from:
        row.fail("valid_to", f"is before valid_from, {valid_from}")
    latitude, longitude = row.number("latitude", -90, 90), row.number("longitude", -180, 180)
    if row.optional("latitude") and not row.optional("longitude"):
        row.fail("longitude", "is missing beside latitude")
    if row.optional("longitude") and not row.optional("latitude"):
        row.fail("latitude", "is missing beside longitude")
    predecessors = row.optional("predecessors") or ""
    return Unit(
        code=code,
        kind=kind or UnitKind.DEPARTMENT,
        name=row.text("name"),
        short_name=row.text("short_name"),
        parent=row.optional("parent"),
        valid_from=valid_from,
        valid_to=valid_to,
        predecessors=tuple(part.strip() for part in predecessors.split(";") if part.strip()),
        latitude=latitude,
        longitude=longitude,
        national_id=row.matching("national_id", NATIONAL_ID, "000.00.01.H15"),
        population=row.whole("population", 100_000_000),
    )


def _wrong_parents(units: Mapping[str, Unit], of_known_kind: Set[str]) -> Iterator[Wrong]:
    for code, unit in units.items():
        parent = None if unit.parent is None else units.get(unit.parent)
        if unit.parent is not None and parent is None:
            yield code, "parent", "no unit has this code"
        if parent is not None and not overlap(unit, parent):
            yield code, "parent", "is valid at no time at which this unit is"
        if code in of_known_kind and (parent is None or parent.code in of_known_kind):
            reason = _wrong_parent_kind(unit, parent)
            if reason:
                yield code, "parent", reason
    cycle = first_cycle({code: (unit.parent,) if unit.parent else () for code, unit in units.items()})
    if cycle:
        yield cycle[0], "parent", f"makes a circle: {' → '.join(cycle)}"


def _wrong_parent_kind(unit: Unit, parent: Unit | None) -> str | None:
    if unit.kind is UnitKind.PROVINCE:
        return None if unit.parent is None else "must be empty for a province"
    if unit.parent is None:
        return f"is missing for a {unit.kind}"
    if parent is None or parent.kind in PARENT_KINDS[unit.kind]:
        return None
    allowed = " or ".join(PARENT_KINDS[unit.kind])
    return f"is a {parent.kind}; the parent of a {unit.kind} must be a {allowed}"


def _wrong_predecessors(units: Mapping[str, Unit]) -> Iterator[Wrong]:
    for code, unit in units.items():
        for predecessor in unit.predecessors:
            if predecessor not in units:
                yield code, "predecessors", f"no unit has the code '{predecessor}'"
            elif unit.predecessors.count(predecessor) > 1:
                yield code, "predecessors", f"names '{predecessor}' twice"
                break
    cycle = first_cycle({code: unit.predecessors for code, unit in units.items()})
    if cycle:
        yield cycle[0], "predecessors", f"makes a circle: {' → '.join(cycle)}"


def _wrong_identifiers(units: Mapping[str, Unit]) -> Iterator[Wrong]:
    """An identifier may pass from a unit to its successor, but never mean two units on one day."""
    holders: dict[str, list[Unit]] = {}
    for code, unit in units.items():
        if unit.national_id is None:
            continue
        for other in holders.setdefault(unit.national_id, []):
            if overlap(unit, other):
                yield code, "national_id", f"is also the identifier of '{other.code}' at the same time"
                break
        holders[unit.national_id].append(unit)
