"""How large letters must be."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.legibility import (
    CAPITAL_ARCMIN,
    CAPITAL_SHARE,
    DEFAULT_DISTANCE_METRES,
    DEFAULT_PANEL_INCHES,
    LETTERS_AT_LEAST,
    LETTERS_AT_MOST,
    METRES_PER_INCH,
    smallest_letters,
)
from dashboards.screens.wall import asked_letters, screen_name


@pytest.mark.parametrize(
    ("panel", "distance", "smallest", "enough"),
    [
        pytest.param(55, 5, 5.15, True, id="55 inches at 5 m need 5.15 % of the height"),
        pytest.param(110, 5, 2.58, True, id="twice the panel, half the size"),
        pytest.param(110, 10, 5.15, True, id="twice as far, twice the size"),
        pytest.param(110, 2, LETTERS_AT_LEAST, True, id="near: the smallest of the design"),
        pytest.param(43, 6, LETTERS_AT_MOST, False, id="too far: the largest, and not enough"),
    ],
)
def test_letters_for_a_panel(panel: float, distance: float, smallest: float, enough: bool) -> None:
    letters = smallest_letters(panel, distance)
    assert (letters.smallest, letters.enough) == (smallest, enough)


@given(st.floats(20, 400), st.floats(0.5, 30))
def test_enough_means_sixteen_minutes_of_arc(panel: float, distance: float) -> None:
    letters = smallest_letters(panel, distance)
    height = panel * METRES_PER_INCH * 9 / math.hypot(16, 9)
    capital = letters.smallest / 100 * CAPITAL_SHARE * height
    seen = math.degrees(2 * math.atan(capital / 2 / distance)) * 60
    assert letters.enough == (seen >= CAPITAL_ARCMIN - 1e-6)


@pytest.mark.parametrize(
    ("panel", "distance", "expected"),
    [
        pytest.param(None, None, (DEFAULT_PANEL_INCHES, DEFAULT_DISTANCE_METRES), id="nothing said: the default"),
        pytest.param("55", "4,5", (55.0, 4.5), id="a decimal comma"),
        pytest.param("55", "4.5", (55.0, 4.5), id="a decimal point"),
        pytest.param("x", "nan", (DEFAULT_PANEL_INCHES, DEFAULT_DISTANCE_METRES), id="no numbers: the default"),
        pytest.param("0", "-3", (DEFAULT_PANEL_INCHES, DEFAULT_DISTANCE_METRES), id="absurd numbers: the default"),
        pytest.param("inf", "1e9", (DEFAULT_PANEL_INCHES, DEFAULT_DISTANCE_METRES), id="endless: the default"),
    ],
)
def test_what_the_address_asks_for(panel: str | None, distance: str | None, expected: tuple[float, float]) -> None:
    letters = asked_letters(panel, distance)
    assert (letters.panel_inches, letters.distance_metres) == expected


@pytest.mark.parametrize(
    ("asked", "panel", "distance", "shown"),
    [
        pytest.param("Phòng  trực ", 110, 5, "Phòng trực", id="a name"),
        pytest.param("", 110, 5, "", id="no name"),
        pytest.param(
            "Sảnh", 43, 6, "Sảnh · chữ nhỏ hơn chuẩn 16′ cho 43″ ở 6,0 m", id="letters can't be large enough"
        ),
        pytest.param("x" * 500, 110, 5, "x" * 40, id="a long name is cut"),
    ],
)
def test_the_name_of_a_screen(asked: str, panel: float, distance: float, shown: str) -> None:
    assert screen_name(asked, smallest_letters(panel, distance)) == shown
