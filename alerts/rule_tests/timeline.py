"""A rule test as it is run: events and checks at instants, each with its place in the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.rule import Place
from alerts.rule_tests.model import Act, CheckModel, SourceModel
from ioc_core.events import Event

Happening = Event | SourceModel | Act


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happens at an instant."""

    at: datetime
    what: Happening
    place: Place


@dataclass(frozen=True, slots=True)
class Check:
    """What must be so at an instant, `after` so much time."""

    at: datetime
    after: timedelta
    expected: CheckModel
    place: Place


@dataclass(frozen=True, slots=True)
class Timeline:
    """One test. `told` and `checks` are in order of time; what happens at the instant of a check happens before it,
    and what was told before the start is there when it begins."""

    name: str
    rules: tuple[str, ...]
    start: datetime
    interval: timedelta | None
    told: Sequence[Told]
    checks: Sequence[Check]
    place: Place

    @property
    def expects_something(self) -> bool:
        """Whether any check expects an alert or a notification to be there."""
        return any(check.expected.alerts or check.expected.notifications for check in self.checks)
