"""What config/oncall.yaml says: people with their contact ways, rotations, escalation policies. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from ioc_core.calendar import WorkingCalendar

TargetKind = Literal["person", "rotation", "receiver"]
Kind = Literal["daily", "weekly", "shifts"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach a person. `kind` is a key of `ways` in the file; `address` is '' when `variable` (of the
    environment) says it."""

    kind: str
    address: str
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be called. `user`: the name with which he signs in; `ways`: the one tried first is first."""

    name: str
    title: str
    user: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Rotation:
    """Members who are on call in turn, from the first hand-over of `start` to that of the day after `last`.

    `hand_overs` are wall-clock times in `timezone`, sorted: one, or several with kind `shifts`. `days_off` is on call
    instead on days that `calendar` doesn't work, `holidays` on those whose weekday is a working one.
    """

    name: str
    title: str
    kind: Kind
    members: tuple[str, ...]
    start: date
    last: date | None
    hand_overs: tuple[time, ...]
    timezone: ZoneInfo
    days_off: "Rotation | None" = None
    holidays: "Rotation | None" = None
    calendar: WorkingCalendar | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """From `starts_at` until `ends_at` `person` is on call in `rotation`, or nobody (None), whatever the turn says.

    Of several at one instant the one with the highest id holds.
    """

    id: int
    rotation: str
    person: str | None
    starts_at: datetime
    ends_at: datetime

    def holds(self, rotation: str, at: datetime) -> bool:
        """Whether it says who is on call in `rotation` at `at`."""
        return self.rotation == rotation and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step calls: a person, whoever is on call in a rotation, or a receiver of config/routes.yaml."""

    kind: TargetKind
    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """Call `whom` `wait` after the step before. `kinds`: by which ways of a person; None: all; (): his first one."""

    wait: timedelta
    whom: tuple[Target, ...]
    kinds: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Steps in order; all of them are done again `repeat` times, each time `repeat_after` after the last step."""

    name: str
    title: str
    steps: tuple[Step, ...]
    repeat: int
    repeat_after: timedelta


@dataclass(frozen=True, slots=True)
class OnCall:
    """The whole file. `ways`: kind → the channel it is sent by, as written, without an address."""

    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    rotations: Mapping[str, Rotation] = field(default_factory=lambda: MappingProxyType({}))
    policies: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))
    ways: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: MappingProxyType({}))


def ways_of(oncall: OnCall, person: str) -> tuple[Way, ...]:
    """Return the person's contact ways in the order in which they are tried; () for somebody unknown."""
    known = oncall.people.get(person)
    return known.ways if known is not None else ()
