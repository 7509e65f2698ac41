"""Guesses for what no catalogue knows: similar names, of units of that time only."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core import catalogue
from ioc_core.catalogue.guesses import Guesser, pairs, similarity

SHIPPED = catalogue.load(Path(__file__).parents[2] / "config")
GUESSER = Guesser(SHIPPED)
OLD, NEW = date(2025, 6, 15), date(2025, 7, 2)


@pytest.mark.parametrize(
    ("text", "on", "codes", "because"),
    [
        pytest.param("UBND xã Ea Súp.", NEW, ["24211"], "", id="an authority"),
        pytest.param("Phường Tuy Hào", NEW, ["22015"], "", id="a slip of the pen"),
        pytest.param("Trung tâm hành chính công", NEW, ["TTPVHCC"], "", id="a word left out"),
        pytest.param("Xã Ea Kao", NEW, ["24169"], "", id="a ward called a commune"),
        pytest.param("Bộ phận TN&TKQ xã Krông Nô", NEW, ["24604"], "", id="an office of it"),
        pytest.param("Bộ phận một cửa xã Ea Súp", NEW, ["24211"], "", id="and another one"),
        pytest.param("H15.11", NEW, ["SYT"], "", id="its identifier in the newer form"),
        pytest.param("H15.08.01", NEW, ["IOC"], "", id="an office's identifier in the newer form"),
        pytest.param("H. Krông Búk", OLD, ["649"], "", id="a district while there were districts"),
        pytest.param(
            "UBND huyện Krông Búk",
            NEW,
            ["24310", "24313", "24316"],
            "took over from 649 Huyện Krông Búk",
            id="a district afterwards: the communes that took over",
        ),
        pytest.param(
            "Sở Tài nguyên & Môi trường",
            NEW,
            ["SNNMT"],
            "took over from STNMT Sở Tài nguyên và Môi trường",
            id="a department that was merged",
        ),
        pytest.param(
            "Xã Krông Búk", OLD, ["649"], "came before 24310 Xã Krông Búk", id="a commune before there was one"
        ),
    ],
)
def test_units(text: str, on: date, codes: list[str], because: str) -> None:
    guesses = GUESSER.units(text, on, on)
    assert [guess.code for guess in guesses[: len(codes)]] == codes
    assert {guess.because for guess in guesses[: len(codes)]} == {because}
    assert guesses[0].score > 0.45


@pytest.mark.parametrize("text", ["", "?", "-- -", "12345"])
def test_nothing_similar_is_no_guess(text: str) -> None:
    assert GUESSER.units(text, NEW, NEW) == []
    assert GUESSER.procedures(text, "") == []


@given(st.text(max_size=40), st.dates(), st.dates())
def test_only_units_of_the_time_are_offered_the_best_first(text: str, one: date, other: date) -> None:
    first, last = sorted((one, other))
    guesses = GUESSER.units(text, first, last, limit=50)
    for guess in guesses:
        unit = SHIPPED.units[guess.code]
        assert unit.valid_from is None or unit.valid_from <= last
        assert unit.valid_to is None or unit.valid_to >= first
    scores = [guess.score for guess in guesses]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        pytest.param("KS-01", "Đăng kí khai sinh", "1.001193", id="a name with a slip"),
        pytest.param("1.001193-HT", "", "1.001193", id="the code within another"),
        pytest.param("Đăng ký kết hôn", "", "1.000894", id="a name where a code should be"),
    ],
)
def test_procedures(text: str, name: str, code: str) -> None:
    assert GUESSER.procedures(text, name)[0].code == code


@given(st.text(max_size=30), st.text(max_size=30))
def test_similarity_is_a_share_and_has_no_sides(one: str, other: str) -> None:
    score = similarity(pairs(one), pairs(other))
    assert 0 <= score <= 1
    assert score == similarity(pairs(other), pairs(one))
    assert similarity(pairs(one), pairs(one)) in {0.0, 1.0}
