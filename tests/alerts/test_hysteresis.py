"""Conditions over a value, hysteresis and the no-data policy: tables, and what holds for any course of values."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.condition import Condition, common_value, parse_condition
from alerts.hysteresis import FORGET_AFTER, Judged, Silence, judge
from alerts.rule import Hold, NoData, When
from alerts.state import Episode, State, step

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AT_ONCE = Hold(timedelta(), timedelta())

HOLDS: list[tuple[str, float, bool]] = [
    ("value > 90", 90.5, True),
    ("value > 90", 90, False),
    ("value>=90", 90, True),
    ("value <= -1.5e2", -150, True),
    ("value == 3", 3, True),
    ("value != 3", 3, False),
    ("value < 5 or value > 95", 96, True),
    ("value < 5 or value > 95", 50, False),
    ("value > 5 and value < 9 or value == 1", 7, True),
    ("value > 5 and value < 9 or value == 1", 1, True),
    ("value > 5 and value < 9 or value == 1", 3, False),
]


@pytest.mark.parametrize(("text", "value", "expected"), HOLDS)
def test_conditions(text: str, value: float, expected: bool) -> None:
    assert parse_condition(text).holds(value) is expected


@pytest.mark.parametrize(
    "text", ["", "90", "value", "value > x", "value > 1 and", "cpu > 1", "value => 1", "1 < value"]
)
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ValueError, match="is not a condition"):
        parse_condition(text)


CONDITIONS = st.lists(
    st.lists(
        st.builds("value {} {}".format, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(-3, 3)),
        min_size=1,
        max_size=3,
    ).map(" and ".join),
    min_size=1,
    max_size=3,
).map(lambda parts: parse_condition(" or ".join(parts)))


@given(CONDITIONS, CONDITIONS)
def test_a_common_value_is_found_exactly_when_there_is_one(one: Condition, other: Condition) -> None:
    found = common_value(one, other)
    quarters = [number / 4 for number in range(-20, 21)]
    assert (found is not None) == any(one.holds(value) and other.holds(value) for value in quarters)
    assert found is None or (one.holds(found) and other.holds(found))


def when(policy: NoData, fire: str = "value > 90", clear: str | None = "value < 80") -> When:
    """A rule's conditions."""
    return When(parse_condition(fire), None if clear is None else parse_condition(clear), policy)


class Course:
    """One subject through evaluations a minute apart: what the engine remembers, and the alert's state."""

    def __init__(self, conditions: When, hold: Hold = AT_ONCE) -> None:
        self.conditions = conditions
        self.hold = hold
        self.now = START
        self.episode: Episode | None = None
        self.known: dict[str, Silence | None] = {}
        self.judged = Judged()

    def look(self, value: float | None, after: timedelta = MINUTE) -> str:
        """Evaluate: None is no row. Return `p`, `f` or `.`: pending, firing, neither."""
        self.now += after
        live = {"s": self.episode} if self.episode is not None else {}
        values: dict[str, float | None] = {} if value is None else {"s": value}
        self.judged = judge(self.conditions, values, live, self.known, self.now)
        for mark in self.judged.met:
            self.known[mark] = None
        self.known |= self.judged.silent
        for mark in self.judged.forgotten:
            self.known.pop(mark)
        for mark in self.judged.heard:
            if self.conditions.no_data is NoData.ALERT:
                self.known[mark] = None
            else:
                self.known.pop(mark)
        transition = step(self.episode, self.judged.holds.get("s", False), self.now, self.hold)
        if transition is not None:
            self.episode = None if transition.episode.state is State.RESOLVED else transition.episode
        return "." if self.episode is None else self.episode.state.value[0]


COURSES: list[tuple[str, NoData, int, int, str, str]] = [
    # for, keep_firing_for in minutes; values (`_`: no row); states
    ("without a gap it is a threshold", NoData.OK, 0, 0, "85 91 91 79", ". f f ."),
    ("it stays until clear_when holds", NoData.OK, 0, 0, "91 85 80 79.9 85 91", "f f f . . f"),
    ("between the two nothing begins", NoData.OK, 2, 0, "91 91 85 91 91 91", "p p . p p f"),
    ("cleared is cleared while it fires on", NoData.OK, 0, 2, "91 79 85 85 85", "f f f . ."),
    ("and firing anew ends that", NoData.OK, 0, 2, "91 79 91 85 79 79 79", "f f f f f f ."),
    ("ok: no data is the end", NoData.OK, 0, 0, "91 _ _ 85", "f . . ."),
    ("keep: what fires goes on", NoData.KEEP, 0, 0, "91 _ _ 85 79", "f f f f ."),
    ("keep: what didn't begins nothing", NoData.KEEP, 0, 0, "85 _ _ 85", ". . . ."),
    ("keep: pending starts anew", NoData.KEEP, 2, 0, "91 91 _ 91 91 91", "p p . p p f"),
    ("keep: what fires on ends in time", NoData.KEEP, 0, 2, "91 79 _ _", "f f f ."),
    ("alert: silence is one", NoData.ALERT, 0, 0, "50 _ _ 50", ". f f ."),
    ("alert: after `for`", NoData.ALERT, 2, 0, "50 _ _ _ 50", ". p p f ."),
    ("alert: who was never heard isn't missed", NoData.ALERT, 0, 0, "_ _ _ 50 _", ". . . . f"),
    ("alert: between, after silence alone", NoData.ALERT, 0, 0, "50 _ 85", ". f ."),
    ("alert: between, when it fired before", NoData.ALERT, 0, 0, "91 _ 85 79", "f f f ."),
    ("alert: silent twice", NoData.ALERT, 0, 0, "91 _ 79 _ 85", "f f . f ."),
]


@pytest.mark.parametrize(
    ("policy", "hold", "keep", "values", "states"), [c[1:] for c in COURSES], ids=[c[0] for c in COURSES]
)
def test_courses(policy: NoData, hold: int, keep: int, values: str, states: str) -> None:
    course = Course(when(policy), Hold(hold * MINUTE, keep * MINUTE))
    assert [course.look(None if value == "_" else float(value)) for value in values.split()] == states.split()


def test_without_clear_when_it_clears_when_it_does_not_fire() -> None:
    course = Course(when(NoData.OK, clear=None))
    assert [course.look(value) for value in (91, 90, 91)] == ["f", ".", "f"]


def test_what_is_silent_for_a_week_is_not_missed_any_more() -> None:
    course = Course(when(NoData.ALERT))
    assert course.look(50) + course.look(None) == ".f"
    assert course.look(None, FORGET_AFTER - timedelta(seconds=1)) == "f"
    assert course.look(None, timedelta(seconds=1)) == "."
    assert course.known == {}
    assert course.look(None) == "."
    assert course.look(50) + course.look(None) == ".f"


VALUES = st.lists(st.none() | st.integers(70, 100), max_size=40)


@given(VALUES, st.sampled_from(list(NoData)))
def test_between_two_looks_only_a_value_beyond_a_threshold_or_silence_changes_the_state(
    values: list[int | None], policy: NoData
) -> None:
    course, before = Course(when(policy)), "."
    was_silent = False
    for value in values:
        state = course.look(value)
        if value is not None and value > 90:
            assert state == "f"
        elif value is not None and value < 80:
            assert state == "."
        elif value is not None and not was_silent:
            assert state == before
        elif value is None:
            assert state == {NoData.OK: ".", NoData.KEEP: before, NoData.ALERT: "f" if course.known else "."}[policy]
        before, was_silent = state, value is None


@given(VALUES)
def test_with_data_no_policy_makes_a_difference(values: list[int | None]) -> None:
    heard = [value for value in values if value is not None]
    courses = [Course(when(policy)) for policy in NoData]
    seen = [[course.look(value) for value in heard] for course in courses]
    assert seen[0] == seen[1] == seen[2]


@given(VALUES, st.sampled_from([NoData.KEEP, NoData.ALERT]))
def test_silence_is_noted_once_and_ends_once(values: list[int | None], policy: NoData) -> None:
    course, silent = Course(when(policy)), False
    for value in values:
        course.look(value)
        noted, over = bool(course.judged.silent), bool(course.judged.heard | course.judged.forgotten)
        assert not (noted and (silent or value is not None))
        assert not (over and not silent)
        silent = (silent or noted) and not over
        assert silent == any(silence is not None for silence in course.known.values())
