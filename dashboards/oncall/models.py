"""What the API answers of the rota, as far as the console reads it."""

from datetime import datetime

from msgspec import Struct


class Shift(Struct, frozen=True):
    """A stretch in which one person, or nobody, is on call."""

    starts_at: datetime
    ends_at: datetime
    person: str | None
    title: str
    override: int | None = None


class Gap(Struct, frozen=True):
    """A stretch in which nobody is on call."""

    title: str
    starts_at: datetime
    ends_at: datetime


class Rotation(Struct, frozen=True):
    """One rotation with its shifts."""

    name: str
    title: str
    now: Shift | None
    next: Shift | None
    shifts: tuple[Shift, ...]
    calendar_url: str


class Person(Struct, frozen=True):
    """Somebody who can be on call; `user` is the name with which he signs in."""

    name: str
    title: str
    user: str
    ways: tuple[str, ...]


class Target(Struct, frozen=True):
    """Whom a step calls."""

    kind: str
    name: str


class Step(Struct, frozen=True):
    """One step of a policy."""

    wait_seconds: float
    whom: tuple[Target, ...]
    how: str | tuple[str, ...]


class Policy(Struct, frozen=True):
    """Whom an alert goes to, one after another."""

    name: str
    title: str
    steps: tuple[Step, ...]
    repeat: int
    repeat_after_seconds: float


class Override(Struct, frozen=True):
    """That somebody else, or nobody, is on call for a while."""

    id: int
    rotation: str
    person: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str


class Rota(Struct, frozen=True):
    """Who is on call, and when."""

    rotations: tuple[Rotation, ...]
    people: tuple[Person, ...]
    policies: tuple[Policy, ...]
    overrides: tuple[Override, ...]
    warnings: tuple[Gap, ...]
