"""Conditions on labels: what they match, and which are refused."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core.errors import InputError
from ioc_core.label_matchers import LabelMatcher, all_match, check, in_order, parse, routing_labels

HOST = LabelMatcher("host", "igate")


@pytest.mark.parametrize(
    ("matcher", "labels", "expected"),
    [
        (HOST, {"host": "igate"}, True),
        (HOST, {"host": "igate2"}, False),
        (LabelMatcher("host", "igate", is_equal=False), {"host": "idesk"}, True),
        (LabelMatcher("host", "igate", is_equal=False), {}, True),
        (LabelMatcher("host", ""), {}, True),
        (LabelMatcher("host", "ig.*", is_regex=True), {"host": "igate"}, True),
        (LabelMatcher("host", "gate", is_regex=True), {"host": "igate"}, False),
        (LabelMatcher("host", "a|igate", is_regex=True), {"host": "igate"}, True),
        (LabelMatcher("host", "ig.*", is_regex=True, is_equal=False), {"host": "igate"}, False),
        (LabelMatcher("host", "ig.*", is_regex=True, is_equal=False), {"host": "idesk"}, True),
    ],
)
def test_a_matcher_matches(matcher: LabelMatcher, labels: dict[str, str], expected: bool) -> None:
    assert matcher.matches(labels) is expected


def test_rule_and_severity_are_labels_too() -> None:
    labels = routing_labels("SystemDown", 1, {"system": "igate", "severity": "x"})
    assert labels == {"system": "igate", "alertname": "SystemDown", "severity": "1"}


@pytest.mark.parametrize(
    ("matchers", "reason"),
    [
        ([], "there must be 1 to 20"),
        ([HOST] * 21, "there must be 1 to 20"),
        ([LabelMatcher("máy", "a")], "is not the name of a label"),
        ([LabelMatcher("host", "x" * 501)], "longer than 500"),
        ([LabelMatcher("host", "a\x00")], "NUL"),
        ([LabelMatcher("host", "")], "match everything"),
        ([LabelMatcher("host", ".*", is_regex=True)], "match everything"),
        ([LabelMatcher("host", "a", is_equal=False)], "match everything"),
        ([LabelMatcher("host", "(", is_regex=True)], "is not a regular expression"),
        ([LabelMatcher("host", "a[[b]", is_regex=True)], "is not a regular expression"),
        ([LabelMatcher("host", "(a+)+b", is_regex=True)], "simplify"),
        ([LabelMatcher("host", "(a|a)*b", is_regex=True)], "simplify"),
        ([LabelMatcher("host", "((a|b)c)*", is_regex=True)], "simplify"),
        ([LabelMatcher("host", "(?:a{2,}){3}", is_regex=True)], "simplify"),
        ([LabelMatcher("host", ".*.*.*.*x", is_regex=True)], "simplify"),
        ([LabelMatcher("host", "(a)\\1", is_regex=True)], "looks ahead, behind or back"),
        ([LabelMatcher("host", "(?=a)a", is_regex=True)], "looks ahead, behind or back"),
        ([LabelMatcher("host", "(?P<x>a)(?P=x)", is_regex=True)], "looks ahead, behind or back"),
    ],
)
def test_what_cannot_be_meant_is_refused(matchers: list[LabelMatcher], reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refused:
        check(matchers)
    assert refused.value.reason == "matchers"


@pytest.mark.parametrize(
    "pattern", ["a|b|c", "ig.*", ".*gate.*", "(igate|idesk).*", "[(*+]+x", r"\(a+\)", "a{3}", "(?i)igate", "h\\d+"]
)
def test_patterns_that_people_write_are_taken(pattern: str) -> None:
    check([HOST, LabelMatcher("host", pattern, is_regex=True)])


@given(
    pattern=st.text("ab().*+|?{2,}[]\\1", max_size=14),
    label=st.sampled_from(["a" * 300, "ab" * 150, "a" * 299 + "b", "(" * 300]),
)
def test_no_pattern_that_is_taken_takes_long(pattern: str, label: str) -> None:
    matcher = LabelMatcher("host", pattern, is_regex=True)
    try:
        check([HOST, matcher])
    except InputError:
        return
    re.compile(pattern)
    started = time.perf_counter()
    matcher.matches({"host": label})
    assert time.perf_counter() - started < 2


@given(
    st.lists(
        st.builds(LabelMatcher, st.sampled_from("ab"), st.sampled_from(["x", "y", ""]), st.booleans(), st.booleans()),
        max_size=5,
    ),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y"])),
)
def test_the_order_of_conditions_changes_nothing(matchers: list[LabelMatcher], labels: dict[str, str]) -> None:
    assert all_match(in_order(matchers), labels) is all_match(matchers, labels)


@given(st.builds(LabelMatcher, st.just("host"), st.text(max_size=8), st.booleans(), st.booleans()))
def test_a_matcher_is_read_as_it_is_written(matcher: LabelMatcher) -> None:
    assert parse(str(matcher)) == matcher


@pytest.mark.parametrize("text", ["host", 'host="', "host=a b", '1="a"', 'host=="a"', ""])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a matcher"):
        parse(text)


def test_a_matcher_reads_as_in_alertmanager() -> None:
    assert parse(" unit != 66 ") == LabelMatcher("unit", "66", is_equal=False)
    assert str(LabelMatcher("a", 'x"y')) == 'a="x\\"y"'
    assert str(LabelMatcher("a", "x.*", is_regex=True, is_equal=False)) == 'a!~"x.*"'
