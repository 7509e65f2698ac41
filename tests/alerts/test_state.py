"""State of one alert: timelines in shorthand, a naive oracle, and Prometheus itself."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rule import Hold
from alerts.state import Episode, State, Step, deadline, step
from bench.promtool import Timeline, differences, timelines

START = datetime(2026, 11, 20, 22, tzinfo=UTC)
TICK = timedelta(minutes=1)


def states(hold: Hold, presence: list[bool]) -> str:
    """What each evaluation, a minute apart, ends in: p, f or . (nothing)."""
    episode: Episode | None = None
    said = []
    for index, present in enumerate(presence):
        transition = step(episode, present, START + index * TICK, hold)
        if transition is not None:
            episode = transition.episode
        over = episode is None or episode.state is State.RESOLVED
        said.append("." if over or episode is None else episode.state[0])
    return " ".join(said)


TIMELINES = [
    ("without `for` it fires at once", 0, 0, "1 1 _ 1", "f f . f"),
    ("it fires when `for` has passed", 2, 0, "1 1 1 1", "p p f f"),
    ("a gap resets hold", 2, 0, "1 1 _ 1 1 1", "p p . p p f"),
    ("it ends with its condition", 1, 0, "1 1 _ _", "p f . ."),
    ("it fires on for keep_firing_for", 0, 2, "1 _ _ _ _", "f f f . ."),
    ("a return restarts keep_firing_for", 0, 2, "1 _ _ 1 _ _ _", "f f f f f f ."),
    ("keep_firing_for does not keep a pending alert", 2, 5, "1 _ _ 1", "p . . p"),
    ("after it ended, `for` counts anew", 2, 1, "1 1 1 _ _ 1 1 1", "p p f f . p p f"),
    ("keep_firing_for of one tick keeps one evaluation", 0, 1, "1 _ _", "f f ."),
    ("what never was stays nothing", 1, 1, "_ _ _", ". . ."),
]


@pytest.mark.parametrize(
    ("hold", "keep", "presence", "expected"), [row[1:] for row in TIMELINES], ids=[row[0] for row in TIMELINES]
)
def test_timeline(hold: int, keep: int, presence: str, expected: str) -> None:
    assert states(Hold(hold * TICK, keep * TICK), [mark == "1" for mark in presence.split()]) == expected


def naive(hold: int, keep: int, presence: list[bool]) -> str:
    """The same from the definition, looking back over the whole history each time; everything in ticks."""
    said: list[str] = []
    for now in range(len(presence)):
        begun: int | None = None  # of the episode that is alive at `now`
        fired: int | None = None
        gone: int | None = None
        for tick in range(now + 1):
            if presence[tick]:
                gone = None
                begun = tick if begun is None else begun
                if fired is None and tick - begun >= hold:
                    fired = tick
            elif begun is not None:
                gone = tick if gone is None else gone
                if fired is None or tick - gone >= keep:
                    begun = fired = gone = None
        said.append("." if begun is None else "p" if fired is None else "f")
    return " ".join(said)


@given(hold=st.integers(0, 5), keep=st.integers(0, 5), presence=st.lists(st.booleans(), max_size=40))
def test_it_agrees_with_the_definition(hold: int, keep: int, presence: list[bool]) -> None:
    assert states(Hold(hold * TICK, keep * TICK), presence) == naive(hold, keep, presence)


@given(
    hold=st.integers(0, 200),
    keep=st.integers(0, 200),
    looks=st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=60),
)
def test_steps_are_in_order_at_any_distance_of_evaluations(
    hold: int, keep: int, looks: list[tuple[int, bool]]
) -> None:
    times = Hold(timedelta(seconds=hold), timedelta(seconds=keep))
    now, episode, steps = START, None, []
    for seconds, present in looks:
        now += timedelta(seconds=seconds)
        transition = step(episode, present, now, times)
        if transition is None:
            continue
        episode = transition.episode
        steps.append(transition.step)
        if transition.step is Step.FIRING:
            assert episode.firing_at is not None
            assert episode.firing_at - episode.pending_at >= times.firing_after
        if transition.step is Step.RESOLVED:
            assert episode.absent_since is not None
            assert now - episode.absent_since >= times.keep_firing
    fired = [found for found in steps if found in {Step.FIRING, Step.RESOLVED}]
    assert all(one is not other for one, other in pairwise(fired)), "each episode fires once"


@given(hold=st.integers(0, 60), keep=st.integers(1, 60), present_for=st.integers(0, 90))
def test_the_deadline_is_the_instant_at_which_time_alone_changes_the_state(
    hold: int, keep: int, present_for: int
) -> None:
    times = Hold(timedelta(seconds=hold), timedelta(seconds=keep))
    begun = step(None, True, START, times)
    assert begun is not None
    due = deadline(begun.episode, times)
    if hold:
        assert due is not None
        assert step(begun.episode, True, due - timedelta(microseconds=1), times) is None
        fired = step(begun.episode, True, due, times)
        assert fired is not None
        assert fired.step is Step.FIRING
    else:
        assert due is None
        absent = step(begun.episode, False, START + timedelta(seconds=present_for), times)
        assert absent is not None
        due = deadline(absent.episode, times)
        assert due is not None
        assert step(absent.episode, False, due - timedelta(microseconds=1), times) is None
        over = step(absent.episode, False, due, times)
        assert over is not None
        assert over.step is Step.RESOLVED


def test_it_agrees_with_prometheus(tmp_path: Path) -> None:
    """`promtool test rules` evaluates the same presence; a series that is 0 has no alert."""
    assert differences(timelines(150, 40, random.Random(20261120)), tmp_path) == []


def test_a_difference_from_prometheus_would_be_seen(tmp_path: Path) -> None:
    """The same, told that our `for` is one evaluation longer than the rule's."""
    (case,) = timelines(1, 40, random.Random(1))
    late = Late(case.hold, case.keep, case.presence)
    assert late.firing() != case.firing()
    assert differences([late], tmp_path)


class Late(Timeline):
    """A timeline that we got wrong."""

    def firing(self) -> list[bool]:
        """Fires an evaluation later."""
        return [False, *super().firing()[:-1]]
