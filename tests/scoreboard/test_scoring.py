"""Points, grades, ranks and changes from counts."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_api.scoreboard.counts import Count
from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.scoring import Line, Points, change, line, ranked, score, shown
from ioc_api.scoreboard.tree import Peers, ScoredUnit
from tests.scoreboard.conftest import SHIPPED

BEFORE_2026, SINCE_2026 = SHIPPED.versions
COMMUNE = ScoredUnit("24133", "Phường Buôn Ma Thuột", Peers.COMMUNE)


def points_of(
    id_: str, numerator: float, denominator: float, version: Version = SINCE_2026, **others: Count
) -> Points:
    """The points of one indicator of a unit; `others` are what else was counted."""
    counts = {id_: Count(numerator, denominator)} | {name.replace("_", "."): it for name, it in others.items()}
    return next(it for it in line(version, COMMUNE, counts).points if it.id == id_)


@pytest.mark.parametrize(
    ("id_", "numerator", "denominator", "points"),
    [
        pytest.param("2.1", 100, 100, 20.0, id="all in time is the maximum"),
        pytest.param("2.1", 97, 100, 19.4, id="97 % of a target of 100 % is 97 % of the maximum"),
        pytest.param("2.1", 0, 100, 0.0, id="a true nothing is 0"),
        pytest.param("4.2", 40, 100, 2.0, id="half of the target of 80 % is half of the maximum"),
        pytest.param("4.2", 80, 100, 4.0, id="the target is enough"),
        pytest.param("4.2", 81, 100, 4.0, id="more than the target wins nothing more"),
        pytest.param("3.5a", 1, 2, 1.25, id="62.5 % of the target"),
        pytest.param("5.4", 45, 100, 3.0, id="full at 90 %"),
        pytest.param("1.4", 120, 100, 6.0, id="a rate above 100 % is no more than the maximum"),
        pytest.param("2.1", 0, 0, None, id="nothing to measure is N/A"),
    ],
)
def test_points(id_: str, numerator: float, denominator: float, points: float | None) -> None:
    found = points_of(id_, numerator, denominator).points
    assert found == (None if points is None else pytest.approx(points))


@pytest.mark.parametrize(
    ("synchronised", "factor", "rate", "points"),
    [
        pytest.param(Count(80, 100), 0.8, 0.2, 1.6, id="multiplied by the share synchronised"),
        pytest.param(Count(100, 100), 1.0, 0.25, 2.0, id="everything synchronised takes nothing off"),
        pytest.param(Count(130, 100), 1.0, 0.25, 2.0, id="more than everything adds nothing"),
        pytest.param(Count(0, 100), 0.0, 0.0, 0.0, id="nothing synchronised leaves nothing"),
        pytest.param(Count(0, 0), None, 0.25, 2.0, id="not multiplied where 1.4 is N/A"),
    ],
)
def test_filed_online_is_multiplied_by_the_share_synchronised(
    synchronised: Count, factor: float | None, rate: float, points: float
) -> None:
    found = points_of("3.3", 25, 100, BEFORE_2026, **{"1_4": synchronised})
    assert found.factor == factor
    assert found.rate == pytest.approx(rate)
    assert found.points == pytest.approx(points)


def test_only_that_indicator_is_multiplied() -> None:
    found = line(BEFORE_2026, COMMUNE, {"1.4": Count(1, 2), "2.1": Count(1, 1), "3.3": Count(1, 1)})
    assert {it.id: it.points for it in found.points if it.points} == {"1.4": 3.0, "2.1": 20.0, "3.3": 4.0}
    assert [it.factor for it in found.points if it.factor is not None] == [0.5]


def test_what_is_not_measured_leaves_the_reachable_maximum() -> None:
    found = line(SINCE_2026, COMMUNE, {"2.1": Count(9, 10), "4.1": Count(1, 2), "4.3": Count(3, 0)})
    assert found.score == pytest.approx(21.0)
    assert found.reachable == 26.0
    assert found.per_100 == pytest.approx(80.769, abs=0.001)
    assert [it.id for it in found.points if it.points is not None] == ["2.1", "4.1"]
    assert all(it.numerator is None and it.rate is None for it in found.points if it.points is None)


def test_nothing_measured_is_no_score_of_0() -> None:
    found = line(SINCE_2026, COMMUNE, {})
    assert (found.score, found.reachable, found.per_100) == (0, 0, None)
    assert SINCE_2026.grade(found.per_100) is None


@given(
    numerator=st.integers(0, 10**6),
    denominator=st.integers(1, 10**6),
    maximum=st.integers(1, 2000).map(lambda hundredths: hundredths / 100),
    full_at=st.integers(1, 100),
)
def test_points_are_exact_to_the_shown_hundredth(
    numerator: int, denominator: int, maximum: float, full_at: int
) -> None:
    indicator = next(it for it in SINCE_2026.indicators if it.id == "2.1").model_copy(
        update={"maximum": maximum, "full_at": float(full_at)}
    )
    exact_maximum = Fraction(round(maximum * 100), 100)
    exact = min(exact_maximum, Fraction(numerator, denominator) * 100 / full_at * exact_maximum)
    halves_up = (exact * 100 + Fraction(1, 2)).__floor__()
    assert round(shown(score(numerator / denominator, indicator)) * 100) == halves_up


@pytest.mark.parametrize(
    ("number", "rounded"),
    [
        pytest.param(0.125, 0.13, id="a half goes up"),
        pytest.param(1.005, 1.01, id="also where a double lies just below it"),
        pytest.param(2.675, 2.68, id="and here"),
        pytest.param(0.1249, 0.12, id="less goes down"),
        pytest.param(-0.05 + 0.0, -0.05, id="a change for the worse"),
        pytest.param(100.0, 100.0, id="a whole number stays"),
    ],
)
def test_two_decimals(number: float, rounded: float) -> None:
    assert shown(number) == rounded


@pytest.mark.parametrize(
    ("per_100", "grade"),
    [
        (100.0, "excellent"),
        (90.0, "excellent"),
        (89.99, "good"),
        (80.0, "good"),
        (79.99, "fair"),
        (70.0, "fair"),
        (69.99, "average"),
        (50.0, "average"),
        (49.99, "weak"),
        (0.0, "weak"),
    ],
)
def test_grades(per_100: float, grade: str) -> None:
    found = SINCE_2026.grade(per_100)
    assert found is not None
    assert found.id == grade


def unit(code: str, peers: Peers, numerator: float, denominator: float = 100) -> Line:
    """A line that is measured by 2.1 alone."""
    return line(SINCE_2026, ScoredUnit(code, code, peers), {"2.1": Count(numerator, denominator)})


def ranks(*lines: Line) -> dict[str, tuple[int | None, int]]:
    return {code: (it.rank, it.ranked) for code, it in ranked(lines).items()}


def test_ranks_are_among_peers_and_ties_share_one() -> None:
    found = ranks(
        unit("a", Peers.COMMUNE, 90),
        unit("b", Peers.COMMUNE, 95),
        unit("c", Peers.COMMUNE, 90),
        unit("d", Peers.COMMUNE, 10),
        unit("e", Peers.COMMUNE, 0, 0),
        unit("sở", Peers.DEPARTMENT, 5),
    )
    assert found == {"a": (2, 4), "b": (1, 4), "c": (2, 4), "d": (4, 4), "e": (None, 4), "sở": (1, 1)}


def test_a_tie_is_what_looks_the_same() -> None:
    found = ranks(unit("a", Peers.COMMUNE, 90_000, 100_000), unit("b", Peers.COMMUNE, 90_001, 100_000))
    assert found == {"a": (1, 2), "b": (1, 2)}


def test_what_is_not_mapped_is_no_ones_peer() -> None:
    assert ranks(unit("unmapped", Peers.UNMAPPED, 90)) == {"unmapped": (None, 0)}


def test_who_reaches_less_is_compared_by_what_it_could_reach() -> None:
    half = line(SINCE_2026, ScoredUnit("a", "a", Peers.COMMUNE), {"2.1": Count(9, 10)})
    whole = line(SINCE_2026, ScoredUnit("b", "b", Peers.COMMUNE), {"2.1": Count(9, 10), "4.1": Count(1, 2)})
    assert half.score < whole.score
    assert ranks(half, whole) == {"a": (1, 2), "b": (2, 2)}


@pytest.mark.parametrize(
    ("then", "changed"),
    [
        pytest.param({"2.1": Count(80, 100)}, (2.0, 10.0), id="better"),
        pytest.param({"2.1": Count(95, 100)}, (-1.0, -5.0), id="worse"),
        pytest.param({"2.1": Count(0, 0)}, (None, None), id="not measured then"),
    ],
)
def test_changes(then: dict[str, Any], changed: tuple[float | None, float | None]) -> None:
    now = line(SINCE_2026, COMMUNE, {"2.1": Count(90, 100)})
    found = change(now, line(SINCE_2026, COMMUNE, then))
    assert (found.score, found.per_100) == changed


def test_a_rank_that_rises_changes_by_less_than_0() -> None:
    now = ranked([unit("a", Peers.COMMUNE, 99), unit("b", Peers.COMMUNE, 90)])
    then = ranked([unit("a", Peers.COMMUNE, 80), unit("b", Peers.COMMUNE, 90)])
    assert (change(now["a"], then["a"]).rank, change(now["b"], then["b"]).rank) == (-1, 1)
    assert change(now["a"], None).rank is None
