"""When a rule runs next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.schedule import (
    CALM_DEBOUNCE,
    CALM_SPACING,
    DEBOUNCE,
    LATE_WAKE,
    LEAST_REST,
    LONGEST_REST,
    SPACING,
    Timing,
    began,
    changed,
    ended,
    next_run,
)

NOW = datetime(2026, 11, 20, 23, tzinfo=UTC)
MS = timedelta(milliseconds=1)
S = timedelta(seconds=1)
RAN = Timing(interval=60 * S, started_at=NOW, ended_at=NOW + 10 * MS)

CASES = [
    ("its interval counts from the start of the last run", RAN, NOW + 60 * S),
    ("changed facts bring it forward, debounced", replace(RAN, changed_at=NOW + 2 * S), NOW + 2 * S + DEBOUNCE),
    ("a calm rule lets the others go first", replace(RAN, debounce=CALM_DEBOUNCE, changed_at=NOW + 2 * S),
     NOW + 2 * S + CALM_DEBOUNCE),
    ("a change during the run waits for its rest", replace(RAN, changed_at=NOW + 5 * MS), NOW + 110 * MS),
    ("an alert's `for` brings it forward", replace(RAN, deadline=NOW + 7 * S), NOW + 7 * S),
    ("`wake` brings it forward", replace(RAN, wake=NOW + 8 * S), NOW + 8 * S),
    ("the earliest wins", replace(RAN, wake=NOW + 8 * S, deadline=NOW + 7 * S), NOW + 7 * S),
    ("an expensive run rests twice as long as it took",
     replace(RAN, ended_at=NOW + 800 * MS, changed_at=NOW + 1 * S), NOW + 2400 * MS),
    ("of a calm rule five times as long",
     replace(RAN, spacing=CALM_SPACING, ended_at=NOW + 800 * MS, changed_at=NOW + 1 * S), NOW + 4800 * MS),
    ("a run that hung with the database doesn't keep the next one waiting",
     replace(RAN, ended_at=NOW + 45 * S, changed_at=NOW + 46 * S), NOW + 45 * S + LONGEST_REST),
]  # fmt: skip


@pytest.mark.parametrize(("timing", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_next_run(timing: Timing, expected: datetime) -> None:
    assert next_run(timing) == expected


def test_a_rule_that_never_ran_runs_at_once() -> None:
    assert next_run(Timing(interval=60 * S)) is None


def test_a_burst_of_notices_is_one_run_after_the_first() -> None:
    timing = RAN
    for index in range(100):
        timing = changed(timing, NOW + S + index * MS)
    assert next_run(timing) == NOW + S + DEBOUNCE


def test_what_is_noticed_during_a_run_needs_another() -> None:
    running = began(changed(RAN, NOW + S), NOW + 2 * S)
    assert running.changed_at is None
    again = ended(changed(running, NOW + 2 * S + MS), NOW + 2 * S + 2 * MS, deadline=None, wake=None)
    assert next_run(again) == NOW + 2 * S + 2 * MS + LEAST_REST


def test_a_wake_that_is_past_already_is_tried_later_and_later() -> None:
    """Our clock is ahead of the database's, or the rule's `wake` forgot to ask for the future."""
    timing, pauses = RAN, []
    now = NOW + S
    for _ in range(12):
        timing = ended(began(timing, now), now + MS, deadline=None, wake=NOW)
        due = next_run(timing)
        assert due is not None
        pauses.append(due - (now + MS))
        now = due
    assert pauses[:3] == [LATE_WAKE, 2 * LATE_WAKE, 4 * LATE_WAKE]
    assert pauses[-1] <= timing.interval
    future = ended(began(timing, now), now + MS, deadline=None, wake=now + 5 * S)
    assert next_run(future) == now + 5 * S


@given(took=st.integers(0, 5000), noticed=st.integers(0, 5000), deadline=st.none() | st.integers(-1000, 100_000))
def test_a_rule_never_takes_more_than_its_share(took: int, noticed: int, deadline: int | None) -> None:
    timing = began(Timing(interval=60 * S), NOW)
    timing = changed(timing, NOW + noticed * MS)
    end = NOW + took * MS
    timing = ended(timing, end, deadline=None if deadline is None else NOW + deadline * MS, wake=None)
    due = next_run(timing)
    assert due is not None
    assert due - end >= min(took * MS * SPACING, LONGEST_REST)
