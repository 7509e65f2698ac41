"""The shape of a rule file: what keys there are and what each may hold."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from alerts.condition import Condition, common_value, parse_condition
from alerts.rule import NoData
from ioc_core.durations import Duration
from ioc_core.live import Facts

_ALERT = re.compile(r"[A-Z][A-Za-z0-9]{0,99}\Z")
_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
RESERVED = frozenset({"value", "severity", "alertname", "labels"})
"""Names that no label and no detail can have: they mean something else in routes and templates."""


def _label_name(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError("is not a label name: lower-case letters, digits and _")
    if name in RESERVED:
        raise ValueError(f"is reserved: {', '.join(sorted(RESERVED))} can't be labels or details")
    return name


def _alert_name(name: str) -> str:
    if not _ALERT.match(name):
        raise ValueError("is not an alert name: write it like SystemDown, at most 100 letters and digits")
    return name


def _severity(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4:
        return value
    if isinstance(value, str) and _NAME.match(value) and value != "value":
        return value
    raise ValueError("must be 1, 2, 3, 4, or the name of the column that says it")


def _interval(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise ValueError("must be at least 1s")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must say something")
    return value


def _distinct(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise ValueError("names one column twice")
    return values


def _fact(value: object) -> object:
    allowed = [fact.value for fact in Facts if fact not in {Facts.ALERTS, Facts.EXTERNAL}]
    if value not in allowed:
        raise ValueError(f"is no kind of fact: there are {', '.join(allowed)}")
    return Facts(str(value))


def _condition(value: object) -> Condition:
    if not isinstance(value, str):
        raise ValueError('is not a condition: write it like "value > 90"')
    condition = parse_condition(value)
    if common_value(condition) is None:
        raise ValueError("never holds, whatever the value")
    return condition


def _no_data(value: object) -> NoData:
    try:
        return NoData(str(value))
    except ValueError:
        raise ValueError(f"is no policy: there are {', '.join(NoData)}") from None


LabelName = Annotated[str, AfterValidator(_label_name)]
Text = Annotated[str, AfterValidator(_text)]
Interval = Annotated[Duration, AfterValidator(_interval)]
Conditional = Annotated[Condition, BeforeValidator(_condition)]
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class AnnotationsModel(BaseModel):
    """Jinja templates."""

    model_config = _STRICT
    summary: Text
    headline: str = ""
    description: str = ""
    runbook_url: str = ""
    no_data: str = ""


class RuleModel(BaseModel):
    """One rule as written."""

    model_config = _STRICT
    alert: Annotated[str, AfterValidator(_alert_name)]
    expr: Text
    interval: Interval | None = None
    firing_after: Duration = Field(timedelta(), alias="for")
    keep_firing_for: Duration = timedelta()
    fire_when: Conditional | None = None
    clear_when: Conditional | None = None
    no_data: Annotated[NoData, BeforeValidator(_no_data)] | None = None
    severity: Annotated[int | str, BeforeValidator(_severity)]
    labels: dict[LabelName, Text] = {}
    details: Annotated[list[LabelName], AfterValidator(_distinct)] = []
    annotations: AnnotationsModel
    facts: list[Annotated[Facts, BeforeValidator(_fact)]] | None = None
    wake: Text | None = None


class GroupModel(BaseModel):
    """Rules that share an interval."""

    model_config = _STRICT
    name: Text
    interval: Interval = timedelta(minutes=1)
    rules: Annotated[list[RuleModel], Field(min_length=1)]


class RuleFileModel(BaseModel):
    """A whole file."""

    model_config = _STRICT
    groups: Annotated[list[GroupModel], Field(min_length=1)]
