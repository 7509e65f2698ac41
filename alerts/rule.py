"""What a rule is, once its file was read and found right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alerts.condition import Condition
from ioc_core.events import content_id
from ioc_core.live import Facts

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the configuration."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Hold:
    """How long the condition must last before the alert fires, and how long it fires on after that."""

    firing_after: timedelta  # `for`
    keep_firing: timedelta  # `keep_firing_for`


class NoData(StrEnum):
    """What it means that a subject of the rule has no row any more, or no value in it."""

    OK = "ok"  # all is well
    KEEP = "keep"  # as before: what fires goes on firing
    ALERT = "alert"  # that is an alert itself


@dataclass(frozen=True, slots=True)
class When:
    """When a row is an alert: from `fire` on, until `clear`. Without `clear`: while `fire` holds."""

    fire: Condition
    clear: Condition | None
    no_data: NoData


@dataclass(frozen=True, slots=True)
class Annotations:
    """Sources of the Jinja templates that say an alert to people, in Vietnamese.

    `headline` stands for all alerts of one rule and unit on the wall, where the worst of them is shown with their
    count; empty: the summary does.
    """

    summary: str
    headline: str
    description: str
    runbook_url: str
    no_data: str = ""  # instead of all others while there is no data


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule: each row of `expr` is one alert, or (with `when`) one subject that may be one.

    `severity` is 1 to 4, or the column that says it.
    """

    alert: str
    group: str
    expr: str
    interval: timedelta
    hold: Hold
    severity: int | str
    labels: Labels
    details: tuple[str, ...]
    annotations: Annotations
    facts: frozenset[Facts]
    wake: str | None
    place: Place
    expr_place: Place
    wake_place: Place | None
    when: When | None = None

    @property
    def definition(self) -> str:
        """What tells this rule's subjects from those of another one of its name: the SQL and what labels it gives."""
        labels = (part for name in sorted(self.labels) for part in (name, self.labels[name]))
        return content_id(self.alert, self.expr, str(self.severity), *self.details, "", *labels)


def fingerprint(rule: str, labels: Labels) -> str:
    """Return what tells one alert from every other: the same rule and labels have the same fingerprint."""
    return content_id(rule, *(part for name in sorted(labels) for part in (name, labels[name])))
