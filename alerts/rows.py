"""Turns the rows of a rule into alerts: identity, severity, value, details and text. Pure."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from alerts.query import EvaluationError
from alerts.rule import Rule, fingerprint
from alerts.templates import TemplateFault, Templates
from ioc_core.events import content_id

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a rule, as an alert. `content_id` changes when anything but its identity does."""

    fingerprint: str
    severity: int
    labels: Mapping[str, str]
    details: Mapping[str, object]
    annotations: Mapping[str, str]
    value: float | None
    content_id: str
    no_data: bool = False  # it says that there is no data


@dataclass(frozen=True, slots=True)
class LastSight:
    """What is remembered of a row when it isn't there any more."""

    labels: Mapping[str, str]
    severity: int
    details: Mapping[str, object]
    seen_at: datetime


def identity(rule: Rule, row: Row) -> tuple[str, dict[str, str]]:
    """Return the fingerprint and the labels of the alert that `row` is."""
    labels = dict(rule.labels)
    for column in label_columns(rule, row.keys()):
        text = _label_text(row[column])
        if text:  # an empty label is no label
            labels[column] = text
    return fingerprint(rule.alert, labels), labels


def finding(rule: Rule, row: Row, templates: Templates) -> Finding:
    """Return the alert that `row` is.

    Raises:
        EvaluationError: it has no value column, a wrong severity, or text that can't be rendered.
    """
    mark, labels = identity(rule, row)
    severity = _severity(rule, row)
    value = value_of(row)
    names = {**rule.labels, **row, "value": value, "severity": severity, "labels": labels}
    try:
        annotations = templates.annotations(rule.annotations, names)
    except TemplateFault as error:
        raise EvaluationError(f"{error}, in the row with the labels {labels}") from error
    return _made(mark, labels, severity, _details(rule, row), annotations, value)


def last_sight(rule: Rule, row: Row, seen_at: datetime) -> LastSight:
    """Return what to remember of `row`. Raises: EvaluationError for a wrong severity."""
    _, labels = identity(rule, row)
    return LastSight(labels, _severity(rule, row), _details(rule, row), seen_at)


def no_data_finding(rule: Rule, last: LastSight, templates: Templates) -> Finding:
    """Return the alert that a row is by not being there: of its last severity, in the words of the rule's `no_data`.

    Raises:
        EvaluationError: text that can't be rendered.
    """
    names = {**last.labels, "severity": last.severity, "labels": last.labels, "since": last.seen_at}
    try:
        summary = templates.render(rule.annotations.no_data, names)
    except TemplateFault as error:
        raise EvaluationError(f"annotation no_data: {error}, of the labels {dict(last.labels)}") from error
    mark = fingerprint(rule.alert, last.labels)
    made = _made(mark, dict(last.labels), last.severity, dict(last.details), {"summary": summary}, None)
    return replace(made, no_data=True)


def _made(
    mark: str,
    labels: dict[str, str],
    severity: int,
    details: dict[str, object],
    annotations: dict[str, str],
    value: float | None,
) -> Finding:
    said = json.dumps([severity, value, details, annotations], ensure_ascii=False, sort_keys=True)
    return Finding(mark, severity, labels, details, annotations, value, content_id(said))


def _details(rule: Rule, row: Row) -> dict[str, object]:
    return {name: plain(row[name]) for name in rule.details if name in row}


def label_columns(rule: Rule, columns: Iterable[str]) -> list[str]:
    """Return which of the columns of `rule` are labels: all but the value, the severity and the details."""
    other = {"value", rule.severity, *rule.details}
    return [column for column in columns if column not in other]


def _label_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _severity(rule: Rule, row: Row) -> int:
    if isinstance(rule.severity, int):
        return rule.severity
    value = row.get(rule.severity)
    if isinstance(value, int) and 1 <= value <= 4:
        return value
    raise EvaluationError(f"column {rule.severity} must be a severity from 1 to 4, got {value!r}")


def value_of(row: Row) -> float | None:
    """Return the value of `row`. Raises: EvaluationError when it has no such column, or that is no number."""
    try:
        value = row["value"]
    except KeyError as error:
        raise EvaluationError("has no column named value") from error
    if value is None:
        return None
    if isinstance(value, (int, float, Decimal)):
        number = float(value)
        return number if math.isfinite(number) else None
    raise EvaluationError(f"column value must be a number, got {value!r}")


def plain(value: object) -> object:
    """Return `value` as JSON can hold it: instants in RFC 3339, durations in seconds."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, Decimal)):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return str(value)
