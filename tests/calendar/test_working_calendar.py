"""The working calendar against the examples of the definition and a naive oracle."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ioc_core import calendar_file
from ioc_core.calendar import CalendarRules, WorkingCalendar
from ioc_core.errors import InputError

CONFIG = Path(__file__).parents[2] / "config"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = calendar_file.load(CONFIG)
HOUR = 3600
WEEK = {0, 1, 2, 3, 4}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        pytest.param("2026-07-06T07:00", "2026-07-06T17:00", 8, id="a Monday is eight hours"),
        pytest.param("2026-07-06T11:30", "2026-07-06T13:30", 0, id="lunch doesn't count"),
        pytest.param("2026-07-06T16:00", "2026-07-07T08:00", 2, id="the night doesn't count"),
        pytest.param("2026-07-10T17:00", "2026-07-13T07:00", 0, id="the weekend doesn't count"),
        pytest.param("2026-07-06T00:00", "2026-07-13T00:00", 40, id="a week is forty hours"),
        pytest.param("2026-07-06T17:00", "2026-07-06T07:00", -8, id="backwards is negative"),
        pytest.param("2026-02-13T17:00", "2026-02-23T07:00", 0, id="Tet of 2026 doesn't count"),
        pytest.param("2026-04-26T00:00", "2026-04-28T00:00", 0, id="Hung Kings on a Sunday gives the Monday off"),
        pytest.param("2026-08-31T00:00", "2026-09-03T00:00", 0, id="a swapped Monday and National Day"),
        pytest.param("2026-08-22T00:00", "2026-08-23T00:00", 8, id="the Saturday worked for it is a full day"),
        pytest.param("2026-01-02T00:00", "2026-01-05T00:00", 0, id="a swap that only the file knows, off"),
        pytest.param("2026-01-10T00:00", "2026-01-11T00:00", 8, id="a swap that only the file knows, worked"),
        pytest.param("2025-04-26T00:00", "2025-04-27T00:00", 8, id="a worked Saturday of the package"),
        pytest.param("2026-11-24T00:00", "2026-11-25T00:00", 0, id="24 November is off from 2026"),
        pytest.param("2025-11-24T00:00", "2025-11-25T00:00", 8, id="24 November was worked in 2025"),
    ],
)
def test_working_seconds(start: str, end: str, hours: float) -> None:
    assert CALENDAR.working_seconds(at(start), at(end)) == hours * HOUR


def test_working_seconds_are_exact_to_the_second() -> None:
    assert CALENDAR.working_seconds(at("2026-07-06T11:29:59"), at("2026-07-06T13:30:01")) == 2
    assert CALENDAR.working_seconds(at("2026-07-06T08:00:00.999999"), at("2026-07-06T08:00:01")) == 1


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        pytest.param("2026-07-06T07:00", 8, "2026-07-06T17:00", id="a full day ends the same evening"),
        pytest.param("2026-07-06T09:00", 8, "2026-07-07T09:00", id="eight hours are a day later"),
        pytest.param("2026-07-06T17:30", 8, "2026-07-07T17:00", id="filed after closing counts from the morning"),
        pytest.param("2026-07-11T09:00", 8, "2026-07-13T17:00", id="filed on a Saturday counts from Monday"),
        pytest.param("2026-02-17T09:00", 1, "2026-02-23T08:00", id="filed at Tet counts from the day after"),
        pytest.param("2026-08-21T16:00", 2, "2026-08-22T08:00", id="into a worked Saturday"),
        pytest.param("2026-07-06T12:00", 0, "2026-07-06T12:00", id="nothing added moves nothing"),
        pytest.param("2026-07-07T09:00", -2, "2026-07-07T07:00", id="back to the opening, not to last evening"),
        pytest.param("2026-07-07T09:00", -3, "2026-07-06T16:00", id="back over the night"),
        pytest.param("2026-07-06T08:00:00.5", 1, "2026-07-06T09:00", id="fractions of a second are cut"),
    ],
)
def test_add_working(start: str, hours: int, end: str) -> None:
    assert CALENDAR.add_working(at(start), hours * HOUR) == at(end)


def test_a_working_day_of_a_term_is_eight_hours() -> None:
    assert CALENDAR.day_seconds == 8 * HOUR
    assert CALENDAR.add_working_days(at("2026-07-06T09:15"), 5) == at("2026-07-13T09:15")
    assert CALENDAR.add_working_days(at("2026-07-13T09:15"), -5) == at("2026-07-06T09:15")


@pytest.mark.parametrize(
    ("moment", "counted"),
    [
        pytest.param("2026-07-06T16:59:59", "2026-07-06T16:59:59", id="one second before closing"),
        pytest.param("2026-07-06T17:00:00", "2026-07-07T07:00:00", id="at closing"),
        pytest.param("2026-07-06T05:00:00", "2026-07-06T07:00:00", id="before opening"),
        pytest.param("2026-07-06T12:00:00", "2026-07-06T13:30:00", id="in the lunch break"),
        pytest.param("2026-07-10T18:00:00", "2026-07-13T07:00:00", id="Friday evening"),
        pytest.param("2026-09-01T10:00:00", "2026-09-03T07:00:00", id="a public holiday"),
    ],
)
def test_counts_from(moment: str, counted: str) -> None:
    assert CALENDAR.counts_from(at(moment)) == at(counted)
    assert CALENDAR.is_working_time(at(moment)) is (moment == counted)


@pytest.mark.parametrize(
    ("day", "working", "reason"),
    [
        (date(2026, 7, 6), True, None),
        (date(2026, 7, 11), False, None),
        (date(2026, 2, 17), False, "Tết Nguyên Đán"),
        (date(2026, 8, 22), True, "Hoán đổi dịp Quốc khánh 2026"),
        (date(2026, 8, 31), False, "Hoán đổi dịp Quốc khánh 2026"),
        (date(2025, 4, 26), True, "Ngày làm bù"),
    ],
    ids=str,
)
def test_days(day: date, working: bool, reason: str | None) -> None:
    assert CALENDAR.is_working_day(day) is working
    assert CALENDAR.reason(day) == reason


def test_counting_days() -> None:
    monday, saturday = date(2026, 7, 6), date(2026, 7, 11)
    assert CALENDAR.working_days(monday, date(2026, 7, 12)) == 5
    assert CALENDAR.working_days(saturday, saturday) == 0
    assert CALENDAR.working_days(saturday, monday) == 0
    assert CALENDAR.working_day_after(monday, 5) == date(2026, 7, 13)
    assert CALENDAR.working_day_after(saturday, 1) == date(2026, 7, 13)
    assert CALENDAR.working_day_after(saturday, 0) == date(2026, 7, 13)
    assert CALENDAR.working_day_after(monday, 0) == monday
    assert CALENDAR.working_day_after(saturday, -1) == date(2026, 7, 10)
    assert CALENDAR.working_day_after(monday, -1) == date(2026, 7, 3)


def test_local_day_is_the_province_s() -> None:
    assert CALENDAR.local_day(datetime(2026, 7, 5, 18, tzinfo=UTC)) == date(2026, 7, 6)


def test_periods_are_utc_and_cumulative() -> None:
    periods = CALENDAR.periods(date(2026, 7, 10), date(2026, 7, 13))
    assert [(period.start_at, period.end_at) for period in periods] == [
        (datetime(2026, 7, 10, 0, tzinfo=UTC), datetime(2026, 7, 10, 4, 30, tzinfo=UTC)),
        (datetime(2026, 7, 10, 6, 30, tzinfo=UTC), datetime(2026, 7, 10, 10, tzinfo=UTC)),
        (datetime(2026, 7, 13, 0, tzinfo=UTC), datetime(2026, 7, 13, 4, 30, tzinfo=UTC)),
        (datetime(2026, 7, 13, 6, 30, tzinfo=UTC), datetime(2026, 7, 13, 10, tzinfo=UTC)),
    ]
    first = periods[0].cumulative_seconds
    assert [period.cumulative_seconds - first for period in periods] == [0, 16200, 28800, 45000]


def test_all_periods_add_up() -> None:
    periods = CALENDAR.periods(CALENDAR.first_day, CALENDAR.last_day)
    total = 0
    for before, after in pairwise(periods):
        assert before.end_at <= after.start_at
    for period in periods:
        assert period.cumulative_seconds == total
        total += int((period.end_at - period.start_at).total_seconds())
    assert total == CALENDAR.working_days(CALENDAR.first_day, CALENDAR.last_day) * 8 * HOUR


@pytest.mark.parametrize("moment", ["2014-12-31T23:59:59", "2036-01-01T00:00:01", "0001-01-02T00:00"])
def test_outside_the_years(moment: str) -> None:
    with pytest.raises(InputError, match="outside the working calendar") as caught:
        CALENDAR.working_seconds(at(moment), at("2026-07-06T00:00"))
    assert caught.value.reason == "calendar_range"


def test_answers_outside_the_years() -> None:
    with pytest.raises(InputError, match="36000000 working seconds from"):
        CALENDAR.add_working(at("2035-07-06T00:00"), 36_000_000)
    with pytest.raises(InputError, match="-1 working seconds from"):
        CALENDAR.add_working(at("2015-01-01T00:00"), -1)
    with pytest.raises(InputError, match="the opening after"):
        CALENDAR.counts_from(at("2035-12-31T17:00"))
    with pytest.raises(InputError, match="1 working days from 2035-12-31"):
        CALENDAR.working_day_after(date(2035, 12, 31), 1)
    with pytest.raises(InputError, match="2036-01-01 is outside"):
        CALENDAR.is_working_day(date(2036, 1, 1))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        CALENDAR.working_seconds(datetime(2026, 7, 6), at("2026-07-06T00:00"))  # noqa: DTZ001


def test_a_zone_that_changes_its_clocks() -> None:
    """Hours are local on both sides of the change, and their length is the real one."""
    zone = ZoneInfo("Europe/Berlin")
    hours = ((time(1), time(4)),)
    rules = CalendarRules(zone, 2026, 2026, hours, frozenset({6}), off={}, worked={})
    calendar = WorkingCalendar(rules)
    before, during = date(2026, 3, 22), date(2026, 3, 29)
    lengths = [(period.end_at - period.start_at) / timedelta(hours=1) for period in calendar.periods(before, during)]
    assert lengths == [3, 2]


# The oracle reads the rules the slow way: it looks at every second, or every minute, by itself.


def works(moment: datetime) -> bool:
    local = moment.astimezone(ZONE)
    rules = CALENDAR.rules
    day = local.date()
    open_day = day in rules.worked or (day.weekday() in WEEK and day not in rules.off)
    clock = local.time()
    return open_day and (time(7) <= clock < time(11, 30) or time(13, 30) <= clock < time(17))


def naive_working(start: datetime, end: datetime, step: timedelta) -> int:
    count = 0
    while start < end:
        count += works(start)
        start += step
    return count * int(step.total_seconds())


def spread(low: int, high: int) -> st.SearchStrategy[int]:
    """Whole numbers of [low, high] without the liking for small ones: a long span is as likely as a short one."""
    return st.integers(0, 2**32 - 1).map(lambda n: low + (n * 2654435761 % 2**32 * (high - low + 1) >> 32))


FIRST = at("2015-01-01T00:00")
ALL_SECONDS = int((at("2036-01-01T00:00") - FIRST).total_seconds())
anywhen = spread(0, ALL_SECONDS).map(lambda count: FIRST + timedelta(seconds=count))
# Around the days that differ from their weekday, where a mistake would hide.
ODD_DAYS = sorted(CALENDAR.rules.off.keys() | CALENDAR.rules.worked.keys())
edges = st.builds(
    lambda day, clock, offset: datetime.combine(day, clock, ZONE) + timedelta(seconds=offset),
    st.sampled_from([day for day in ODD_DAYS if 2015 < day.year < 2035]),
    st.sampled_from([time(0), time(7), time(11, 30), time(13, 30), time(17)]),
    st.integers(-5, 5),
)


@given(spread(0, ALL_SECONDS // 60 - 43_200), spread(0, 43_200))
def test_equals_the_oracle_by_minutes(first: int, length: int) -> None:
    start = FIRST + timedelta(minutes=first)
    end = start + timedelta(minutes=length)
    expected = naive_working(start, end, timedelta(minutes=1))
    assert CALENDAR.working_seconds(start, end) == expected
    assert CALENDAR.working_seconds(end, start) == -expected


@given(edges, spread(0, 10 * HOUR))
def test_equals_the_oracle_by_seconds(start: datetime, length: int) -> None:
    end = start + timedelta(seconds=length)
    assert CALENDAR.working_seconds(start, end) == naive_working(start, end, timedelta(seconds=1))


@given(edges | anywhen, spread(1, 30 * HOUR))
def test_adding_gives_the_earliest_instant(start: datetime, amount: int) -> None:
    assume(start.year < 2035)
    end = CALENDAR.add_working(start, amount)
    assert CALENDAR.working_seconds(start, end) == amount
    assert CALENDAR.working_seconds(start, end - timedelta(seconds=1)) == amount - 1
    assert works(end - timedelta(seconds=1))


@given(edges | anywhen, spread(1, 30 * HOUR))
def test_subtracting_gives_the_latest_instant(end: datetime, amount: int) -> None:
    assume(end.year > 2015)
    start = CALENDAR.add_working(end, -amount)
    assert CALENDAR.working_seconds(start, end) == amount
    assert CALENDAR.working_seconds(start + timedelta(seconds=1), end) == amount - 1
    assert works(start)


@given(anywhen, anywhen, anywhen)
def test_working_time_adds_up(first: datetime, second: datetime, third: datetime) -> None:
    parts = CALENDAR.working_seconds(first, second) + CALENDAR.working_seconds(second, third)
    assert parts == CALENDAR.working_seconds(first, third)


def seconds_before(moment: datetime) -> int:
    """W(t) as SQL computes it from the table that `periods` fills."""
    started = [row for row in ALL_PERIODS if row.start_at <= moment]
    if not started:
        return 0
    last = started[-1]
    return last.cumulative_seconds + int((min(moment, last.end_at) - last.start_at).total_seconds())


ALL_PERIODS = CALENDAR.periods(CALENDAR.first_day, CALENDAR.last_day)


@given(anywhen, anywhen)
def test_the_formula_over_periods_gives_the_same(first: datetime, second: datetime) -> None:
    assert seconds_before(second) - seconds_before(first) == CALENDAR.working_seconds(first, second)


@given(edges)
def test_counting_starts_at_the_first_working_second(moment: datetime) -> None:
    opening = CALENDAR.counts_from(moment)
    assert works(opening)
    assert CALENDAR.working_seconds(moment, opening) == 0
    assert CALENDAR.is_working_time(moment) is works(moment)
