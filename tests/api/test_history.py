"""Deltas kept for clients that come back, and merged for those that fell behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_api.feed.history import Backlog, Entry, History, merge
from ioc_api.projector.difference import apply
from ioc_core.live import Delta, Topic, encode

AT = datetime(2026, 7, 1, tzinfo=UTC)


def entry(seq: int, topic: Topic = Topic.UNITS, **items: Any) -> Entry:
    return Entry(seq, topic, items, AT)


def data(seq: int, **items: Any) -> bytes:
    return encode(Delta(Topic.UNITS, items or {"a": seq}, AT))


SIZE = len(data(1))


def test_only_what_is_newer_than_since_comes_back() -> None:
    history = History(age=timedelta(minutes=10), size=1000)
    history.restart(4)
    for seq in (5, 7, 9):
        history.add(seq, data(seq), at=AT)
    missed = history.since(7)
    assert missed is not None
    assert missed == [entry(9, a=9)]
    everything = history.since(4)
    assert everything is not None
    assert len(everything) == 3
    assert history.since(3) is None


@pytest.mark.parametrize(
    ("age", "size", "floor"),
    [
        pytest.param(timedelta(seconds=2), 10 * SIZE, 2, id="what is older than the age is dropped"),
        pytest.param(timedelta(hours=1), 2 * SIZE, 3, id="more than the most is dropped, oldest first"),
        pytest.param(timedelta(hours=1), 10 * SIZE, 0, id="what is young and little is kept"),
    ],
)
def test_the_floor_rises_with_what_is_dropped(age: timedelta, size: int, floor: int) -> None:
    history = History(age=age, size=size)
    for seq in range(1, 6):
        history.add(seq, data(seq), at=AT + timedelta(seconds=seq))
    assert history.floor == floor
    assert history.since(floor - 1) is None
    kept = history.since(floor)
    assert kept is not None
    assert [one.seq for one in kept] == list(range(floor + 1, 6))


def test_a_delta_that_is_more_than_all_room_leaves_nothing() -> None:
    history = History(age=timedelta(minutes=10), size=SIZE)
    history.add(1, data(1), at=AT)
    history.add(2, data(2, a="x" * 1000), at=AT)
    assert history.since(1) is None
    assert history.since(2) == []
    history.add(3, data(3), at=AT)
    assert history.since(2) == [entry(3, a=3)]


def test_merging_keeps_each_value_at_its_newest_place() -> None:
    merged = merge([entry(1, a=1, b=1), entry(2, Topic.ALERTS, a=2), entry(3, a=3), entry(4, c=None)])
    assert [(one.seq, one.topic, dict(one.items)) for one in merged] == [
        (1, Topic.UNITS, {"b": 1}),
        (2, Topic.ALERTS, {"a": 2}),
        (3, Topic.UNITS, {"a": 3}),
        (4, Topic.UNITS, {"c": None}),
    ]


def test_a_backlog_counts_what_it_replaced_and_forgets_what_was_taken() -> None:
    backlog = Backlog()
    assert backlog.add(entry(1, a=1, b=1)) == 0
    assert backlog.add(entry(2, a=2)) == 1
    assert len(backlog) == 2
    assert [one.seq for one in backlog.take()] == [1, 2]
    assert backlog.take() == []


deltas = st.lists(
    st.tuples(
        st.sampled_from([Topic.UNITS, Topic.ALERTS]),
        st.dictionaries(st.sampled_from("abcde"), st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=4),
    ),
    max_size=30,
)


@given(deltas, st.data())
def test_a_client_cut_anywhere_in_a_merged_sequence_resumes_to_the_same_state(
    changes: list[tuple[Topic, dict[str, Any]]], data: st.DataObject
) -> None:
    entries = [Entry(seq, topic, items, AT) for seq, (topic, items) in enumerate(changes, start=1)]
    wanted = _applied(entries)
    merged = merge(entries)
    received = merged[: data.draw(st.integers(0, len(merged)))]
    last_seq = received[-1].seq if received else 0
    resumed = merge(one for one in entries if one.seq > last_seq)
    assert _applied([*received, *resumed]) == wanted


def _applied(entries: list[Entry]) -> dict[Topic, dict[str, Any]]:
    state: dict[Topic, dict[str, Any]] = {Topic.UNITS: {}, Topic.ALERTS: {}}
    for one in entries:
        apply(state[one.topic], one.items)
    return state
