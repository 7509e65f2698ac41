"""The calendar, by the instant and by the array, against a clock that looks at every second."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ioc_core import calendar_file, yaml_source
from ioc_core.calendar_arrays import CalendarArrays, Seconds
from tests.calendar.oracle import (
    CLOSURE,
    DAY,
    HOUR,
    UTC_OFFSET,
    WINDOWS,
    WORKING_DAY,
    Window,
    counted_from,
    edges,
    moved,
    seconds,
    worked_between,
)

SHIPPED = (Path(__file__).parents[2] / "config" / "calendar.yaml").read_text(encoding="utf-8")
CALENDAR = calendar_file.read(yaml_source.parse(SHIPPED.replace("closures: []\n", CLOSURE), "calendar.yaml"))
ARRAYS = CalendarArrays(CALENDAR)
Instant = tuple[Window, int]


def instants_of(window: Window) -> st.SearchStrategy[int]:
    """Whole seconds: a few around every edge, and any."""
    near = st.builds(int.__add__, st.sampled_from(edges(window)), st.integers(-2, 2))
    inside = near.filter(lambda at: window.begins <= at <= window.ends)
    return inside | st.integers(window.begins, window.ends)


windows = st.sampled_from(WINDOWS)
pairs = windows.flatmap(lambda window: st.tuples(st.just(window), instants_of(window), instants_of(window)))
places: st.SearchStrategy[Instant] = windows.flatmap(lambda one: st.tuples(st.just(one), instants_of(one)))
fractions = st.sampled_from([0, 1, 499_999, 500_000, 999_999])
amounts = st.one_of(
    st.integers(-9 * WORKING_DAY, 9 * WORKING_DAY),
    st.integers(-30, 30).map(lambda hours: hours * HOUR),
    st.sampled_from([-16_200, -12_600, -1, 0, 1, 12_600, 16_200]),
)


def utc(second: int, microsecond: int = 0) -> datetime:
    return datetime.fromtimestamp(second, UTC).replace(microsecond=microsecond)


def array(*values: int) -> Seconds:
    return np.array(values, dtype=np.int64)


@pytest.fixture(scope="module", autouse=True)
def every_second_looked_at() -> None:
    """Look before hypothesis begins to watch the time."""
    for window in WINDOWS:
        edges(window)


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window.name)
def test_every_second_of_the_window(window: Window) -> None:
    """The clock moves on by one in each second that is worked, and in no other."""
    assert 0 < seconds(window).count(1) < len(seconds(window))
    clock = ARRAYS.working_clock(np.arange(window.begins, window.ends + 1))
    assert bytes(np.diff(clock).astype(np.uint8)) == seconds(window)


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window.name)
def test_every_edge_of_the_window(window: Window) -> None:
    for edge in edges(window):
        for at in range(max(edge - 2, window.begins), min(edge + 2, window.ends) + 1):
            expected = worked_between(window, window.begins, at)
            assert CALENDAR.clock(utc(at)) - CALENDAR.clock(utc(window.begins)) == expected
            if at < window.ends:
                assert CALENDAR.is_working_time(utc(at)) is bool(seconds(window)[at - window.begins])


@given(pairs, fractions, fractions)
def test_between_two_instants(pair: tuple[Window, int, int], early: int, late: int) -> None:
    window, start, end = pair
    expected = worked_between(window, start, end)
    assert CALENDAR.working_seconds(utc(start), utc(end)) == expected
    assert ARRAYS.working_seconds(array(start), array(end)).tolist() == [expected]
    assume(max(start, end) < CALENDAR.last_second)
    assert CALENDAR.working_seconds(utc(start, early), utc(end, late)) == expected


@given(places, amounts, fractions)
def test_so_much_working_time_later(place: Instant, amount: int, fraction: int) -> None:
    window, start = place
    expected = moved(window, start, amount)
    assume(expected is not None)
    assert expected is not None
    assert CALENDAR.add_working(utc(start), amount) == utc(expected)
    assert ARRAYS.add_working(array(start), array(amount)).tolist() == [expected]
    assume(start < CALENDAR.last_second)
    assert CALENDAR.add_working(utc(start, fraction), amount) == utc(expected)


@given(places, st.integers(-8, 8))
def test_working_days_later(place: Instant, days: int) -> None:
    window, start = place
    expected = moved(window, start, days * WORKING_DAY)
    assume(expected is not None)
    assert expected is not None
    assert CALENDAR.add_working_days(utc(start), days) == utc(expected)


@given(places)
def test_the_start_of_counting(place: Instant) -> None:
    window, at = place
    expected = counted_from(window, at)
    assume(expected is not None)
    assert expected is not None
    assert CALENDAR.counts_from(utc(at)) == utc(expected)


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window.name)
def test_after_closing_counts_from_the_next_working_morning(window: Window) -> None:
    """Filed in any second from 17:00 on, a term runs as if filed at the next opening, which is at 07:00."""
    for closing in range(window.begins + 17 * HOUR, window.ends, DAY):
        morning = counted_from(window, closing)
        end = None if morning is None else moved(window, morning, WORKING_DAY)
        if morning is None or end is None:
            continue
        assert (morning + UTC_OFFSET) % DAY == 7 * HOUR
        for filed in (closing, closing + 1, closing + 6 * HOUR):
            assert CALENDAR.counts_from(utc(filed)) == utc(morning)
            assert CALENDAR.add_working(utc(filed), WORKING_DAY) == utc(end)
            assert CALENDAR.working_seconds(utc(filed), utc(morning + HOUR)) == HOUR
