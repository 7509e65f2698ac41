"""The state of one alert and its next step: pending, firing, resolved, as Prometheus has them. Pure.

This is the rule's side. That people closed an alert by hand (`closed` in the database) is no step of its rule: here
the alert fires on, and what people make of it is in ioc_core/alert_lifecycle.py.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alerts.rule import Hold


class State(StrEnum):
    """Where an episode is. A pending one that ends without having fired is forgotten."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Step(StrEnum):
    """What happened to an alert in one evaluation."""

    PENDING = "pending"  # new, waits for `for`
    FIRING = "firing"  # new or pending, now fires
    FORGOTTEN = "forgotten"  # was pending, the condition ended
    ABSENT = "absent"  # the condition ended, fires on by `keep_firing_for`
    RETURNED = "returned"  # the condition is back while it fired on
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert from the first sight of its condition to its end."""

    state: State
    pending_at: datetime
    firing_at: datetime | None = None
    absent_since: datetime | None = None  # the condition ended then; None while it holds
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A step and the episode after it."""

    step: Step
    episode: Episode


def step(existing: Episode | None, present: bool, now: datetime, hold: Hold) -> Transition | None:
    """Return what an evaluation at `now` changes: `present` says whether the rule returned the alert's row.

    None: nothing changes. An episode that is over counts as none: the next one starts anew. The rules are those of
    Prometheus (rules/alerting.go): `for` counts from the first evaluation that saw the condition, and a pending
    alert that misses one starts again; `keep_firing_for` counts from the first evaluation that missed it.
    """
    if existing is None or existing.state is State.RESOLVED:
        return _begun(now, hold) if present else None
    if present:
        return _held(existing, now, hold)
    if existing.state is State.PENDING:
        return Transition(Step.FORGOTTEN, replace(existing, state=State.RESOLVED, resolved_at=now))
    since = existing.absent_since or now
    if now - since >= hold.keep_firing:
        over = replace(existing, state=State.RESOLVED, absent_since=since, resolved_at=now)
        return Transition(Step.RESOLVED, over)
    if existing.absent_since is None:
        return Transition(Step.ABSENT, replace(existing, absent_since=now))
    return None


def deadline(episode: Episode, hold: Hold) -> datetime | None:
    """Return when the passing of time alone changes `episode`; None when only its condition does."""
    if episode.state is State.PENDING:
        return episode.pending_at + hold.firing_after
    if episode.state is State.FIRING and episode.absent_since is not None:
        return episode.absent_since + hold.keep_firing
    return None


def _begun(now: datetime, hold: Hold) -> Transition:
    pending = Episode(State.PENDING, pending_at=now)
    if hold.firing_after:
        return Transition(Step.PENDING, pending)
    return Transition(Step.FIRING, replace(pending, state=State.FIRING, firing_at=now))


def _held(existing: Episode, now: datetime, hold: Hold) -> Transition | None:
    if existing.state is State.PENDING:
        if now - existing.pending_at >= hold.firing_after:
            return Transition(Step.FIRING, replace(existing, state=State.FIRING, firing_at=now))
        return None
    if existing.absent_since is not None:
        return Transition(Step.RETURNED, replace(existing, absent_since=None))
    return None
