"""When a rule is evaluated next. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

DEBOUNCE = timedelta(milliseconds=50)
"""Facts come in bursts: a rule waits this long after the first notice, so that one evaluation serves many."""
CALM_DEBOUNCE = timedelta(milliseconds=250)
"""The same for rules that never wake anybody at once (P3, P4): the others have the machine to themselves first."""
SPACING = 2
"""A rule rests this many times as long as its last evaluation took: at most a third of one connection is its."""
CALM_SPACING = 5
"""The same for P3 and P4: at most a sixth."""
LEAST_REST = timedelta(milliseconds=100)
"""However quick, a rule whose facts never stop changing is evaluated at most about seven times a second."""
LONGEST_REST = timedelta(seconds=5)
"""An evaluation that hung with the database says nothing about the next one: what fires now mustn't wait for it."""
LATE_WAKE = timedelta(milliseconds=100)
"""An instant of `wake` that has passed already (our clock is ahead of the database's) is tried again after this,
then twice this, four times this …"""


@dataclass(frozen=True, slots=True)
class Timing:
    """What the next evaluation of a rule depends on. `None` where there is no such instant."""

    interval: timedelta
    debounce: timedelta = DEBOUNCE
    spacing: int = SPACING
    started_at: datetime | None = None  # the last evaluation
    ended_at: datetime | None = None
    changed_at: datetime | None = None  # first notice of changed facts since the last evaluation began
    deadline: datetime | None = None  # `for` or `keep_firing_for` of one of its alerts runs out
    wake: datetime | None = None
    late_wakes: int = 0  # how many times in a row `wake` was no later than its evaluation


def next_run(timing: Timing) -> datetime | None:
    """Return when to evaluate next; None: at once, because it never was."""
    if timing.started_at is None or timing.ended_at is None:
        return None
    due = timing.started_at + timing.interval
    if timing.changed_at is not None:
        due = min(due, timing.changed_at + timing.debounce)
    for instant in (timing.deadline, timing.wake):
        if instant is not None:
            due = min(due, instant)
    rest = min(max((timing.ended_at - timing.started_at) * timing.spacing, LEAST_REST), LONGEST_REST)
    return max(due, timing.ended_at + rest)


def changed(timing: Timing, now: datetime) -> Timing:
    """Return `timing` after a notice of changed facts at `now`."""
    return timing if timing.changed_at is not None else replace(timing, changed_at=now)


def began(timing: Timing, now: datetime) -> Timing:
    """Return `timing` as an evaluation begins: what is noticed from here on needs another one."""
    return replace(timing, started_at=now, ended_at=None, changed_at=None)


def ended(timing: Timing, now: datetime, *, deadline: datetime | None, wake: datetime | None) -> Timing:
    """Return `timing` after an evaluation that ended at `now`."""
    late = 0
    if wake is not None and timing.started_at is not None and wake <= timing.started_at:
        late = timing.late_wakes + 1
        wake = now + min(LATE_WAKE * 2 ** min(late - 1, 16), timing.interval)
    return replace(timing, ended_at=now, deadline=deadline, wake=wake, late_wakes=late)
