"""Periods, what they are compared with, and when months close."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ioc_api.scoreboard.closing_day import due_at, months_due, whole_month
from ioc_api.scoreboard.definition import ClosingDay
from ioc_api.scoreboard.periods import before, period, until_yesterday
from tests.scoreboard.conftest import CALENDAR

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = datetime(2026, 6, 15, 12, tzinfo=ZONE)
RULE = ClosingDay(working_day=5, at=time(7))


@pytest.mark.parametrize(
    ("first", "last", "until", "running"),
    [
        pytest.param(date(2026, 5, 1), date(2026, 5, 31), datetime(2026, 6, 1, tzinfo=ZONE), False, id="over"),
        pytest.param(date(2026, 6, 1), date(2026, 6, 30), NOON, True, id="running: up to now"),
        pytest.param(date(2026, 6, 15), date(2026, 6, 15), NOON, True, id="today"),
        pytest.param(
            date(2026, 7, 1), date(2026, 7, 31), datetime(2026, 7, 1, tzinfo=ZONE), True, id="to come: empty"
        ),
    ],
)
def test_instants_of_days(first: date, last: date, until: datetime, running: bool) -> None:
    found = period(first, last, zone=ZONE, now=NOON.astimezone(UTC))
    assert (found.since, found.until, found.running) == (datetime.combine(first, time(), ZONE), until, running)


@pytest.mark.parametrize(
    ("first", "last", "earlier"),
    [
        pytest.param(date(2026, 6, 1), date(2026, 6, 30), (date(2026, 5, 1), date(2026, 5, 31)), id="a month"),
        pytest.param(date(2026, 6, 1), date(2026, 6, 15), (date(2026, 5, 1), date(2026, 5, 31)), id="a month so far"),
        pytest.param(date(2026, 1, 1), date(2026, 1, 31), (date(2025, 12, 1), date(2025, 12, 31)), id="over new year"),
        pytest.param(date(2026, 4, 1), date(2026, 6, 30), (date(2026, 1, 1), date(2026, 3, 31)), id="a quarter"),
        pytest.param(date(2026, 6, 8), date(2026, 6, 14), (date(2026, 6, 1), date(2026, 6, 7)), id="a week"),
    ],
)
def test_what_came_before(first: date, last: date, earlier: tuple[date, date]) -> None:
    assert before(first, last) == earlier


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        pytest.param(
            date(2026, 6, 1), date(2026, 6, 30), (date(2026, 6, 1), date(2026, 6, 14)), id="the month so far"
        ),
        pytest.param(date(2026, 6, 15), date(2026, 6, 30), None, id="what began today has no yesterday"),
        pytest.param(date(2026, 5, 1), date(2026, 5, 31), None, id="what is over has none"),
    ],
)
def test_up_to_yesterday(first: date, last: date, found: tuple[date, date] | None) -> None:
    assert until_yesterday(period(first, last, zone=ZONE, now=NOON), NOON.date()) == found


@pytest.mark.parametrize(
    ("month", "at"),
    [
        pytest.param(date(2026, 5, 1), datetime(2026, 6, 5, 7, tzinfo=ZONE), id="the fifth working day, a Friday"),
        pytest.param(date(2026, 4, 1), datetime(2026, 5, 8, 7, tzinfo=ZONE), id="after the holidays of May"),
        pytest.param(
            date(2026, 1, 1), datetime(2026, 2, 6, 7, tzinfo=ZONE), id="after a month that begins on a Sunday"
        ),
    ],
)
def test_when_a_month_closes(month: date, at: datetime) -> None:
    assert due_at(month, RULE, CALENDAR) == at


@pytest.mark.parametrize(
    ("now", "first", "closed", "due"),
    [
        pytest.param("2026-06-05T06:59:59", "2026-05", [], [], id="not a second before"),
        pytest.param("2026-06-05T07:00:00", "2026-05", [], ["2026-05"], id="at that time"),
        pytest.param("2026-06-05T07:00:00", "2026-06", [], [], id="not a month that began before the centre"),
        pytest.param("2026-06-05T07:00:00", "2026-01", ["2026-05"], [], id="never twice by itself"),
        pytest.param("2026-06-30T00:00:00", "2026-01", ["2026-03"], ["2026-04", "2026-05"], id="caught up with"),
        pytest.param("2026-06-30T00:00:00", "2026-04", [], ["2026-04", "2026-05"], id="from the first on"),
        pytest.param("2026-06-30T00:00:00", "2026-05", ["2020-01"], ["2026-05"], id="not what a person left between"),
        pytest.param("2026-06-02T00:00:00", "2026-04", ["2026-03"], ["2026-04"], id="those that are due"),
    ],
)
def test_which_months_close_now(now: str, first: str, closed: list[str], due: list[str]) -> None:
    found = months_due(
        datetime.fromisoformat(now).replace(tzinfo=ZONE),
        [date.fromisoformat(f"{month}-01") for month in closed],
        first=date.fromisoformat(f"{first}-01"),
        rule=RULE,
        calendar=CALENDAR,
    )
    assert [f"{month:%Y-%m}" for month in found] == due


@pytest.mark.parametrize(
    ("day", "month"),
    [
        pytest.param(date(2026, 5, 1), date(2026, 5, 1), id="its first day begins a month"),
        pytest.param(date(2026, 5, 2), date(2026, 6, 1), id="any other the next"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 1), id="over new year"),
    ],
)
def test_the_first_whole_month(day: date, month: date) -> None:
    assert whole_month(day) == month
