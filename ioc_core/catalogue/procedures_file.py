"""Reads config/procedures.csv: the administrative procedures, wrong lines noted."""

import re
from collections.abc import Mapping
from pathlib import Path

from ioc_core.catalogue import csv_source
from ioc_core.catalogue.csv_source import Row
from ioc_core.catalogue.types import (
    Procedure,
    ProcedureLevel,
    ServiceLevel,
    ServiceMode,
    StatutoryUnit,
    Unit,
    UnitKind,
)
from ioc_core.errors import ConfigError

REQUIRED = (
    "code",
    "name",
    "field_code",
    "field_name",
    "level",
    "service_level",
    "service_mode",
    "statutory_time",
    "statutory_unit",
    "fee_vnd",
    "needs_paper_result",
)
OPTIONAL = (
    "department",
    "for_citizens",
    "online_payment",
    "complete",
    "decided_on",
    "effective_on",
    "published_on",
)
CODE = re.compile(r"\d\.\d{6}")
LOCAL_CODE = re.compile(rf"({CODE.pattern})\.\d{{3}}\.[0-9A-Z]{{2}}\.[0-9A-Z]{{2}}\.[A-Z]\d{{2}}")
"""A procedure as a province writes it: the national code, then the identifier of the authority that announced it."""


def read(path: Path, errors: list[ConfigError], *, units: Mapping[str, Unit] | None) -> dict[str, Procedure]:
    """The procedures by code, without those whose line is wrong. Mistakes are added to `errors`.

    `units` are what `department` may name; None when they couldn't be read.
    """
    procedures: dict[str, Procedure] = {}
    lines: dict[str, int] = {}
    fields: dict[str, tuple[str, int]] = {}
    for row in csv_source.rows(path, required=REQUIRED, optional=OPTIONAL, errors=errors):
        code = row.text("code")
        row.matching("code", CODE, "1.001193")
        if code in lines:
            row.fail("code", f"appears twice, first in line {lines[code]}")
        lines.setdefault(code, row.line)
        field_code, field_name = row.text("field_code"), row.text("field_name")
        name, line = fields.setdefault(field_code, (field_name, row.line))
        if name != field_name:
            row.fail("field_name", f"field '{field_code}' is called '{name}' in line {line}")
        department = row.optional("department")
        if department is not None and units is not None and not _is_department(units.get(department)):
            row.fail("department", "is no department of units.csv")
        procedure = _procedure(code, row)
        if procedure is not None:
            procedures[code] = procedure
    return procedures


def _is_department(unit: Unit | None) -> bool:
    return unit is not None and unit.kind is UnitKind.DEPARTMENT


def _procedure(code: str, row: Row) -> Procedure | None:
    level = row.choice("level", ProcedureLevel) if row.text("level") else None
    term = row.number("statutory_time", 0, 10_000) if row.text("statutory_time") else None
    unit = row.choice("statutory_unit", StatutoryUnit) if row.text("statutory_unit") else None
    fee = row.whole("fee_vnd", 10**12) if row.text("fee_vnd") else None
    service_level = row.choice("service_level", ServiceLevel)
    service_mode = row.choice("service_mode", ServiceMode)
    name, needs_paper_result = row.text("name"), row.yes_no("needs_paper_result")
    for_citizens, online_payment = row.optional_yes_no("for_citizens"), row.optional_yes_no("online_payment")
    complete = row.optional_yes_no("complete")
    decided_on, effective_on, published_on = row.day("decided_on"), row.day("effective_on"), row.day("published_on")
    if term is not None and term <= 0:
        row.fail("statutory_time", "must be more than 0")
    if row.wrong or level is None or term is None or unit is None or fee is None:
        return None
    return Procedure(
        code=code,
        name=name,
        field_code=row.text("field_code"),
        field_name=row.text("field_name"),
        level=level,
        service_level=service_level,
        service_mode=service_mode,
        statutory_time=term,
        statutory_unit=unit,
        fee_vnd=fee,
        needs_paper_result=needs_paper_result,
        department=row.optional("department"),
        for_citizens=for_citizens,
        online_payment=online_payment,
        complete=complete,
        decided_on=decided_on,
        effective_on=effective_on,
        published_on=published_on,
    )
