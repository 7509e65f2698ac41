"""Checks rules against the database: the SQL is prepared and planned, not run, as the role that evaluates it."""

from collections.abc import Sequence

import asyncpg

from alerts.query import ROLE, limited
from alerts.rows import label_columns
from alerts.rule import Place, Rule
from alerts.rule_model import RESERVED
from alerts.templates import ANNOTATION_NAMES, Templates
from ioc_core.db import Connection
from ioc_core.errors import ConfigError

_NUMBERS = frozenset({"int2", "int4", "int8", "float4", "float8", "numeric"})
_WHOLE_NUMBERS = frozenset({"int2", "int4", "int8"})
_LABEL_TYPES = frozenset({"text", "varchar", "bpchar", "name", "unknown", "bool", "uuid", "inet"}) | _WHOLE_NUMBERS
_LINES_BEFORE = 1  # `limited` puts one line before the rule's SQL


async def check_rules(connection: Connection, rules: Sequence[Rule], templates: Templates) -> list[ConfigError]:
    """Return every wrong place that only the database can know: SQL, columns and their types, privileges.

    Raises:
        asyncpg.PostgresError: the role ioc_rules can't be used, so nothing could be checked.
    """
    errors: list[ConfigError] = []
    for rule in rules:
        async with connection.transaction(readonly=True):
            await connection.execute(f"SET LOCAL ROLE {ROLE}")
            errors.extend(await _check(connection, rule, templates))
    return errors


async def _check(connection: Connection, rule: Rule, templates: Templates) -> list[ConfigError]:
    errors: list[ConfigError] = []
    columns = await _planned(connection, limited(rule.expr), rule.expr_place, "expr", _LINES_BEFORE, errors)
    if columns is not None:
        errors.extend(_error(rule.expr_place, "expr", reason) for reason in _column_faults(rule, columns))
        errors.extend(_unknown_names(rule, columns, templates))
    if rule.wake is not None and rule.wake_place is not None:
        wake = await _planned(connection, rule.wake, rule.wake_place, "wake", 0, errors)
        if wake is not None and [kind for _, kind in wake] != ["timestamptz"]:
            given = ", ".join(f"{name} ({kind})" for name, kind in wake)
            errors.append(_error(rule.wake_place, "wake", f"must give one timestamptz, gives {given}"))
    return errors


async def _planned(
    connection: Connection, sql: str, place: Place, key: str, lines_before: int, errors: list[ConfigError]
) -> list[tuple[str, str]] | None:
    """The columns (name, type) of a query that can be planned and may be run; else None, and why into `errors`."""
    try:
        async with connection.transaction():
            prepared = await connection.prepare(sql)
            await connection.execute(f"EXPLAIN {sql}")  # privileges are only looked at when a plan is started
    except asyncpg.PostgresError as error:
        line = _line(sql, error) - lines_before
        errors.append(_error(Place(place.file, place.line + max(line, 0)), key, _said(error)))
        return None
    return [(attribute.name, attribute.type.name) for attribute in prepared.get_attributes()]


def _column_faults(rule: Rule, columns: Sequence[tuple[str, str]]) -> list[str]:
    types = dict(columns)
    faults = [f"gives column {name} twice" for name in types if [column for column, _ in columns].count(name) > 1]
    if "value" not in types:
        faults.append("has no column named value")
    elif types["value"] not in _NUMBERS:
        faults.append(f"column value must be a number, is {types['value']}")
    if isinstance(rule.severity, str):
        if rule.severity not in types:
            faults.append(f"has no column {rule.severity}, which severity names")
        elif types[rule.severity] not in _WHOLE_NUMBERS:
            faults.append(f"column {rule.severity} must be a whole number, is {types[rule.severity]}")
    faults.extend(f"has no column {name}, which details names" for name in rule.details if name not in types)
    for name in label_columns(rule, types):
        if name in RESERVED:
            faults.append(f"column {name} has a reserved name")
        elif name in rule.labels:
            faults.append(f"column {name} is a static label too")
        elif types[name] not in _LABEL_TYPES:
            faults.append(f"column {name} is {types[name]}, which can't identify an alert: list it under details")
    return faults


def _unknown_names(rule: Rule, columns: Sequence[tuple[str, str]], templates: Templates) -> list[ConfigError]:
    known = {name for name, _ in columns} | set(rule.labels) | {"value", "severity", "labels"}
    errors = []
    for name in ANNOTATION_NAMES:
        for unknown in sorted(templates.check(getattr(rule.annotations, name)) - known):
            reason = f"uses {unknown!r}, which is neither a column nor a label"
            errors.append(_error(rule.place, f"{rule.alert}: annotations.{name}", reason))
    left = set(label_columns(rule, [name for name, _ in columns])) | set(rule.labels)
    for unknown in sorted(templates.check(rule.annotations.no_data) - left - {"severity", "labels", "since"}):
        reason = f"uses {unknown!r}: without data there are the labels, severity and since"
        errors.append(_error(rule.place, f"{rule.alert}: annotations.no_data", reason))
    return errors


def _error(place: Place, what: str, reason: str) -> ConfigError:
    return ConfigError(file=place.file, line=place.line, what=what, reason=reason)


def _line(sql: str, error: asyncpg.PostgresError) -> int:
    """The line (from 0) that the server points at, or the first."""
    position = getattr(error, "position", None)
    return sql.count("\n", 0, int(position) - 1) if position else 0


def _said(error: asyncpg.PostgresError) -> str:
    message = str(getattr(error, "message", None) or error)
    hint = getattr(error, "hint", None)
    return f"{message} ({hint})" if hint else message
