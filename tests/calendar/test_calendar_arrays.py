"""The calendar by the array: equal to the calendar by the instant, shapes, and what is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core import calendar_file
from ioc_core.calendar_arrays import CalendarArrays, Seconds
from ioc_core.errors import InputError

CALENDAR = calendar_file.load(Path(__file__).parents[2] / "config")
ARRAYS = CalendarArrays(CALENDAR)
FIRST, LAST = CALENDAR.first_second, CALENDAR.last_second
DAY, WORKING_DAY = 86_400, 28_800
QUESTIONS = 20_000

instants = st.integers(FIRST, LAST)


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+07:00").timestamp())


def array(*values: int) -> Seconds:
    return np.array(values, dtype=np.int64)


def test_thousands_of_random_questions() -> None:
    chance = np.random.default_rng(766)
    starts = chance.integers(FIRST + 90 * DAY, LAST - 90 * DAY, QUESTIONS)
    ends = chance.integers(FIRST, LAST, QUESTIONS, endpoint=True)
    amounts = chance.integers(-40 * WORKING_DAY, 40 * WORKING_DAY, QUESTIONS)
    clock = ARRAYS.working_clock(starts).tolist()
    spans = ARRAYS.working_seconds(starts, ends).tolist()
    sums = ARRAYS.add_working(starts, amounts).tolist()
    for n, (start, end, amount) in enumerate(zip(starts.tolist(), ends.tolist(), amounts.tolist(), strict=True)):
        assert clock[n] == CALENDAR.clock(at(start))
        assert spans[n] == CALENDAR.working_seconds(at(start), at(end))
        assert at(sums[n]) == CALENDAR.add_working(at(start), amount)


@given(st.lists(instants, min_size=1), st.data())
def test_each_answer_is_of_its_own_question(starts: list[int], data: st.DataObject) -> None:
    ends = data.draw(st.lists(instants, min_size=len(starts), max_size=len(starts)))
    expected = [CALENDAR.working_seconds(at(start), at(end)) for start, end in zip(starts, ends, strict=True)]
    assert ARRAYS.working_seconds(array(*starts), array(*ends)).tolist() == expected


def test_a_span_is_a_difference_of_the_clock() -> None:
    starts, ends = array(FIRST, epoch("2026-07-06T09:00:00")), array(LAST, epoch("2026-07-06T08:00:00"))
    spans = ARRAYS.working_seconds(starts, ends)
    assert spans.tolist() == (ARRAYS.working_clock(ends) - ARRAYS.working_clock(starts)).tolist()
    assert spans.tolist() == [CALENDAR.working_days(CALENDAR.first_day, CALENDAR.last_day) * WORKING_DAY, -3600]


def test_the_clock_at_both_ends_of_the_years() -> None:
    total = CALENDAR.working_seconds(at(FIRST), at(LAST))
    assert ARRAYS.working_clock(array(FIRST, LAST)).tolist() == [0, total]
    assert (CALENDAR.clock(at(FIRST)), CALENDAR.clock(at(LAST))) == (0, total)


@pytest.mark.parametrize("second", [-(2**62), 0, FIRST - 1, LAST + 1, 2**62])
def test_no_clock_outside_of_the_years(second: int) -> None:
    with pytest.raises(InputError, match="outside the working calendar"):
        ARRAYS.working_clock(array(FIRST, second))


@pytest.mark.parametrize("second", [0, FIRST - 1, LAST + 1])
def test_no_clock_of_one_instant_outside_of_the_years(second: int) -> None:
    with pytest.raises(InputError, match="outside the working calendar"):
        CALENDAR.clock(at(second))
    with pytest.raises(ValueError, match="has no time zone"):
        CALENDAR.clock(at(FIRST).replace(tzinfo=None))


def test_arrays_are_broadcast() -> None:
    starts = array(epoch("2026-07-06T07:00:00"), epoch("2026-07-06T12:00:00")).reshape(2, 1)
    ends = array(epoch("2026-07-06T08:00:00"), epoch("2026-07-06T17:00:00"), epoch("2026-07-07T07:00:00"))
    assert ARRAYS.working_seconds(starts, ends).tolist() == [[3600, 28_800, 28_800], [-12_600, 12_600, 12_600]]
    eight_hours = np.array(28_800)
    evening, noon_after = epoch("2026-07-06T17:00:00"), epoch("2026-07-07T11:30:00")
    assert ARRAYS.add_working(starts, eight_hours).tolist() == [[evening], [noon_after]]
    assert ARRAYS.working_clock(np.array(FIRST)).shape == ()
    with pytest.raises(ValueError, match="broadcast"):
        ARRAYS.working_seconds(ends, array(FIRST, LAST))


def test_forward_back_and_nothing_in_one_array() -> None:
    noon = epoch("2026-07-07T12:00:00")
    moved = ARRAYS.add_working(array(noon, noon, noon), array(1, 0, -1))
    assert moved.tolist() == [epoch("2026-07-07T13:30:01"), noon, epoch("2026-07-07T11:29:59")]


def test_no_questions_have_no_answers() -> None:
    assert ARRAYS.working_seconds(array(), array()).tolist() == []
    assert ARRAYS.add_working(array(), array()).tolist() == []


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.int64])
def test_integers_of_any_size_that_fits(kind: type[np.integer]) -> None:
    instant = np.array([epoch("2026-07-06T08:00:00")], dtype=kind)
    answer = ARRAYS.add_working(instant, np.array([3600], dtype=kind))
    assert (answer.tolist(), answer.dtype) == ([epoch("2026-07-06T09:00:00")], np.dtype(np.int64))


@pytest.mark.parametrize("kind", [np.float64, np.uint64, np.bool_, "datetime64[s]"])
def test_anything_else_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="expected whole seconds that fit int64, got an array of"):
        ARRAYS.working_clock(np.zeros(3, dtype=kind))


@pytest.mark.parametrize(
    ("starts", "amounts", "what"),
    [
        pytest.param([FIRST, FIRST - 1], [1, 1], "2014-12-31T16:59:59+00:00", id="a start before the years"),
        pytest.param([LAST, LAST + 1], [-1, -1], "2035-12-31T17:00:01+00:00", id="a start after the years"),
        pytest.param([2**62], [0], "epoch second 4611686018427387904", id="a start that is no date"),
        pytest.param(
            [LAST - DAY, FIRST], [1, -1], "-1 working seconds from 2014-12-31T17:00:00", id="a sum before them"
        ),
        pytest.param([LAST], [1], "1 working seconds from 2035-12-31T17:00:00+00:00", id="a sum after them"),
        pytest.param([LAST], [2**63 - 1], "9223372036854775807 working seconds", id="a sum beyond int64"),
        pytest.param([FIRST], [-(2**63)], "-9223372036854775808 working seconds", id="a sum below int64"),
    ],
)
def test_out_of_the_years(starts: list[int], amounts: list[int], what: str) -> None:
    with pytest.raises(InputError, match=r"outside the working calendar \(2015 to 2035\)") as caught:
        ARRAYS.add_working(array(*starts), array(*amounts))
    assert str(caught.value).startswith(what)
    assert caught.value.reason == "calendar_range"


def test_a_span_with_an_end_out_of_the_years() -> None:
    for starts, ends in ((array(FIRST), array(LAST + 1)), (array(FIRST - 1), array(LAST))):
        with pytest.raises(InputError, match="outside the working calendar"):
            ARRAYS.working_seconds(starts, ends)


def test_the_last_second_of_the_last_period_can_be_reached() -> None:
    total = CALENDAR.clock(at(LAST))
    closing = epoch("2035-12-31T17:00:00")
    assert ARRAYS.add_working(array(FIRST), array(total)).tolist() == [closing]
    assert CALENDAR.add_working(at(FIRST), total) == at(closing)
    opening = at(epoch("2015-01-05T07:00:00"))
    assert ARRAYS.add_working(array(LAST), array(-total)).tolist() == [int(opening.timestamp())]
    assert CALENDAR.add_working(at(LAST) - timedelta(microseconds=1), -total) == opening
