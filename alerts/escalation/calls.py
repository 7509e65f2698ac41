"""Whom a step calls, and by which ways. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ioc_core.oncall import OnCall, Override, Step, Target, on_call

_PREFIX = "person:"


@dataclass(frozen=True, slots=True)
class Call:
    """One to be told: a receiver (`person:NAME`, or one of config/routes.yaml), by these of its channels."""

    receiver: str
    channels: tuple[str, ...]

    @property
    def person(self) -> str | None:
        """The person's name; None: it is no person."""
        return self.receiver.removeprefix(_PREFIX) if self.receiver.startswith(_PREFIX) else None


def receiver_of(person: str) -> str:
    """Return the receiver that a person is in the outbox."""
    return f"{_PREFIX}{person}"


@dataclass(frozen=True, slots=True)
class Reach:
    """Who can be called: people and rotations, and of each receiver the channels that work."""

    oncall: OnCall
    working: Mapping[str, Sequence[str]]


def calls(reach: Reach, step: Step, at: datetime, overrides: Sequence[Override]) -> list[Call]:
    """Return whom `step` calls at `at`, each once; whoever has no channel that works isn't there."""
    found: dict[str, Call] = {}
    for target in step.whom:
        for receiver in _receivers(reach.oncall, target, at, overrides):
            channels = tuple(reach.working.get(receiver, ()))
            if target.kind != "receiver":
                channels = _chosen(channels, step.kinds)
            if channels:
                found.setdefault(receiver, Call(receiver, channels))
    return list(found.values())


def _receivers(oncall: OnCall, target: Target, at: datetime, overrides: Sequence[Override]) -> Iterator[str]:
    if target.kind == "receiver":
        yield target.name
        return
    person: str | None = target.name
    if target.kind == "rotation":
        rotation = oncall.rotations.get(target.name)
        person = None if rotation is None else on_call(rotation, at, overrides)
    if person is not None:
        yield receiver_of(person)


def _chosen(channels: tuple[str, ...], kinds: tuple[str, ...] | None) -> tuple[str, ...]:
    """The channels that a step asks for; a person who has none of them is called by his first one all the same."""
    if kinds is None:
        return channels
    named = tuple(channel for channel in channels if channel.partition("/")[0] in kinds)
    return named or channels[:1]
