"""Differences of states: what they hold, and that applying them gives the new state."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ioc_api.projector.difference import apply, difference, differences
from ioc_core.live import Topic

values = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 5))


@settings(max_examples=500)
@given(values, values)
def test_old_state_and_difference_make_the_new_state(old: dict[str, Any], new: dict[str, Any]) -> None:
    changed = difference(old, new)
    once = dict(old)
    apply(once, changed)
    assert once == new
    apply(once, changed)
    assert once == new, "applying it again changes nothing"
    assert all(key not in new or old.get(key) != new[key] for key in changed), "nothing that stayed is told"


def test_topics_without_a_change_are_left_out() -> None:
    old: dict[Topic, dict[str, Any]] = {Topic.UNITS: {"a": 1}, Topic.ALERTS: {"x": 1}}
    new: dict[Topic, dict[str, Any]] = {Topic.UNITS: {"a": 1}, Topic.ALERTS: {}}
    assert differences(old, new) == {Topic.ALERTS: {"x": None}}
