"""Which step of a policy is due when, and why an escalation stops. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.grouping import Member
from ioc_core.oncall import Policy


@dataclass(frozen=True, slots=True)
class Position:
    """A step of a round, both from 0, and the instant at which it is due."""

    round: int
    step: int
    due_at: datetime


def first(policy: Policy, at: datetime) -> Position:
    """Return the first step of an escalation that starts at `at`."""
    return Position(0, 0, at + policy.steps[0].wait)


def following(policy: Policy, done: Position, *, reached: bool) -> Position | None:
    """Return the step after `done`; None: it was the last one.

    Waits count from the instant at which the step before was due, however late it was done. A step that reached
    nobody doesn't wait for an answer: the next one of its round is due at once.
    """
    step = done.step + 1
    if step < len(policy.steps):
        return Position(done.round, step, done.due_at + (policy.steps[step].wait if reached else timedelta()))
    if done.round < policy.repeat:
        return Position(done.round + 1, 0, done.due_at + policy.repeat_after)
    return None


def why_stop(members: Sequence[Member]) -> str | None:
    """Return why nobody of the group needs to be called for any more; None: somebody does."""
    firing = [member for member in members if member.firing]
    if not firing:
        return "over"
    if any(not member.quiet for member in firing):
        return None
    if all(member.acknowledged for member in firing):
        return "acknowledged"
    if all(member.acknowledged or member.snoozed for member in firing):
        return "snoozed"
    return "muted"


def is_under_way(members: Sequence[Member]) -> bool:
    """Whether an alert that was told of before has been waiting for somebody since, so that its escalation goes on."""
    waiting = (member for member in members if member.firing and not member.quiet)
    return any(member.told_severity is not None and not member.has_returned for member in waiting)


def before(policy: Policy, position: Position) -> int | None:
    """Return the step that was done last before `position`; None: none was."""
    if position.step > 0:
        return position.step - 1
    return len(policy.steps) - 1 if position.round else None


def needs_calling(members: Sequence[Member]) -> bool:
    """Whether somebody should be called: an alert fires that nobody has, or is worse than what its holder knows."""
    return any(member.firing and (not member.quiet or member.is_news) for member in members)
