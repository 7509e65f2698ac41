"""The forecast: what it draws from, how it says what it doesn't know, and how often it is right."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ioc_api.scoreboard import pace
from ioc_api.scoreboard.counts import Count, SourceCounts
from ioc_api.scoreboard.forecast import Ahead, Day, Forecast, forecast
from ioc_api.scoreboard.scoring import line
from ioc_api.scoreboard.tree import Peers, ScoredUnit
from tests.scoreboard.conftest import CALENDAR, SHIPPED

VERSION, RULES = SHIPPED.versions[1], SHIPPED.forecast
UNIT = ScoredUnit("A", "Xã A", Peers.COMMUNE)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def made(counts: dict[str, Count], past: list[Day], ahead: list[Ahead]) -> Forecast | None:
    points = line(VERSION, UNIT, counts).points
    return forecast(VERSION, counts, points, past=past, ahead=ahead, rules=RULES)


def steady(numerator: float, denominator: float, days: int = 20) -> list[Day]:
    return [Day(True, {"2.1": Count(numerator, denominator)}) for _ in range(days)]


def test_with_nothing_ahead_it_is_the_score() -> None:
    found = made({"2.1": Count(90, 100)}, steady(1, 10), [])
    assert found is not None
    assert (found.score.low, found.score.expected, found.score.high) == pytest.approx((18.0, 18.0, 18.0))


def test_a_steady_pace_leads_where_it_leads() -> None:
    found = made({"2.1": Count(90, 100)}, steady(5, 10), [Ahead(True)] * 10)
    assert found is not None
    assert found.score.expected == pytest.approx(20 * 140 / 200)
    assert found.score.high - found.score.low == pytest.approx(0)


def test_half_a_day_adds_half() -> None:
    found = made({"2.1": Count(90, 100)}, steady(0, 10), [Ahead(True, 0.5)])
    assert found is not None
    assert found.score.expected == pytest.approx(20 * 90 / 105)


def test_days_off_draw_from_days_off() -> None:
    past = [*steady(10, 10), *[Day(False, {"2.1": Count(0, 1)})] * 8]
    found = made({"2.1": Count(90, 100)}, past, [Ahead(False)] * 4)
    assert found is not None
    assert found.score.expected == pytest.approx(20 * 90 / 104)


def test_what_dossiers_do_not_feed_stays_as_it_is() -> None:
    found = made({"2.1": Count(90, 100), "1.3": Count(1, 2)}, steady(9, 10), [Ahead(True)] * 5)
    assert found is not None
    assert set(found.points) == {"1.3", "2.1"}
    assert (found.points["1.3"].low, found.points["1.3"].high) == (1.0, 1.0)
    assert found.score.expected == pytest.approx(19.0)
    assert found.per_100.expected == pytest.approx(100 * 19 / 22)


@pytest.mark.parametrize(
    ("counts", "past"),
    [
        pytest.param({"2.1": Count(9, 10)}, steady(1, 1, days=4), id="four worked days are too few"),
        pytest.param({"2.1": Count(9, 10)}, [Day(False, {})] * 28, id="days off don't tell"),
        pytest.param({}, steady(1, 1), id="nothing is measured"),
    ],
)
def test_too_little_is_no_forecast(counts: dict[str, Count], past: list[Day]) -> None:
    assert made(counts, past, [Ahead(True)] * 5) is None


def random_day(chance: np.random.Generator, worked: bool, rate: float) -> Day:
    """A day whose intake and share differ from the month's, as days do."""
    received = int(chance.poisson(chance.gamma(8, 2.5) if worked else 1.0))
    share = float(chance.beta(40 * rate, 40 * (1 - rate)))
    papers = int(chance.binomial(received, share))
    late = int(chance.binomial(received, 0.05))
    return Day(worked, {"2.1": Count(received - late, received), "4.2": Count(papers, received)})


def end_of(counts: dict[str, Count], days: list[Day]) -> float:
    sums = dict(counts)
    for day in days:
        for id_, count in day.added.items():
            sums[id_] = sums[id_] + count
    return line(VERSION, UNIT, sums).score


@pytest.mark.parametrize("behind", [7, 28], ids=lambda days: f"after {days} days")
def test_the_interval_holds_as_often_as_it_says(behind: int) -> None:
    """Of 200 months, of an interval of 80 % between 71 % and 89 % of the ends lie within."""
    within = 0
    for month in range(200):
        chance = np.random.default_rng(month)
        rate = float(chance.uniform(0.3, 0.7))
        days = [random_day(chance, number % 7 < 5, rate) for number in range(behind + 16)]
        past, ahead = days[:behind], days[behind:]
        counts = {id_: sum((day.added[id_] for day in past[-14:]), Count(5, 5)) for id_ in ("2.1", "4.2")}
        found = made(counts, past, [Ahead(day.worked) for day in ahead])
        assert found is not None
        within += found.score.low <= end_of(counts, ahead) <= found.score.high
    assert 142 <= within <= 178


def test_the_same_data_give_the_same_forecast() -> None:
    chance = np.random.default_rng(1)
    past = [random_day(chance, True, 0.5) for _ in range(20)]
    counts = {"2.1": Count(90, 100), "4.2": Count(50, 100)}
    assert made(counts, past, [Ahead(True)] * 9) == made(counts, past, [Ahead(True)] * 9)


def test_fewer_days_make_a_wider_interval() -> None:
    chance = np.random.default_rng(2)
    days = [random_day(chance, True, 0.5) for _ in range(5)]
    counts = {"2.1": Count(900, 1000), "4.2": Count(500, 1000)}
    few, many = (made(counts, days * times, [Ahead(True)] * 20) for times in (1, 4))
    assert few is not None
    assert many is not None
    assert few.score.high - few.score.low > many.score.high - many.score.low


def test_each_day_adds_what_was_received_and_loses_what_became_late() -> None:
    monday, sunday = date(2026, 6, 8), date(2026, 6, 7)
    said = frozenset({"papers_reused"})
    daily = {
        monday: [
            SourceCounts(None, "igate", {"4.3": Count(3, 7), "1.4": Count(7, 7)}, {}, said),
            SourceCounts(None, "other", {"4.3": Count(0, 2), "1.4": Count(2, 2)}, {}, frozenset()),
        ]
    }
    found = pace.past(
        VERSION,
        daily,
        {sunday: Count(-1, 0), monday: Count(-4, 0)},
        said={"igate": said, "other": frozenset()},
        days=(sunday, monday),
        calendar=CALENDAR,
    )
    assert found == [
        Day(False, {"2.1": Count(-1, 0)}),
        Day(True, {"4.3": Count(3, 7), "2.1": Count(5, 9)}),
    ]


@pytest.mark.parametrize(
    ("now", "rest"),
    [
        pytest.param("2026-06-26T06:00", Ahead(True, 1.0), id="before the working day"),
        pytest.param("2026-06-26T12:00", Ahead(True, 1 - 4.5 / 8), id="at noon"),
        pytest.param("2026-06-26T20:00", Ahead(True, 0.0), id="in the evening"),
        pytest.param("2026-06-27T06:00", Ahead(False, 0.75), id="on a Saturday"),
    ],
)
def test_what_is_left_of_today_and_the_days_after(now: str, rest: Ahead) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    found = pace.ahead(at.astimezone(UTC), date(2026, 6, 30), CALENDAR)
    after = [at.date() + timedelta(days=number) for number in range(1, 31 - at.day)]
    assert found == [rest, *(Ahead(CALENDAR.is_working_day(day)) for day in after)]
