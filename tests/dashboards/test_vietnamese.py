"""Numbers, times and text as Vietnamese read them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.periods import CUSTOM, LAST_MONTH, MONTH, TODAY, WEEK, days_of
from dashboards.vietnamese import age, beginning, clock, day_and_time, number, plain_markdown, signed
from tests.dashboards.province import DAY

AT = datetime(2026, 11, 21, 0, 42, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        pytest.param(1234567, 0, "1.234.567", id="thousands by dots"),
        pytest.param(5.816, 2, "5,82", id="decimals by a comma"),
        pytest.param(999.96, 1, "1.000,0", id="rounding up makes a group"),
        pytest.param(-1234.5, 1, "−1.234,5", id="a real minus sign"),
        pytest.param(-0.04, 1, "0,0", id="no minus zero"),
        pytest.param(None, 2, "—", id="nothing measured"),
    ],
)
def test_number(value: float | None, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


@given(st.floats(-1e12, 1e12), st.integers(0, 3))
def test_a_number_can_be_read_back(value: float, decimals: int) -> None:
    back = float(number(value, decimals).replace(".", "").replace(",", ".").replace("−", "-"))
    assert back == pytest.approx(value, abs=0.51 * 10.0**-decimals)


def test_signed() -> None:
    assert [signed(2.34, 1), signed(-2.34, 1), signed(0.0, 1), signed(0.04, 1)] == ["+2,3", "−2,3", "0,0", "0,0"]


def test_times_are_the_province_s() -> None:
    assert clock(AT) == "07:42:18"
    assert day_and_time(AT) == "21/11/2026 07:42"
    assert beginning(AT, AT + timedelta(hours=1)) == "07:42"
    assert beginning(AT, AT + timedelta(hours=20)) == "21/11 07:42"
    lengths = (timedelta(seconds=48), timedelta(minutes=14), timedelta(hours=5), timedelta(days=3))
    assert [age(length) for length in lengths] == ["48 giây", "14 phút", "5 giờ", "3 ngày"]


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://evil.example/x.png)",
        "[bấm vào đây](http://evil.example)",
        "# to\n\n- lớn",
        "<b>đậm</b>",
        ":red[x]",
        "$x$",
    ],
)
def test_words_of_sources_are_no_markdown(text: str) -> None:
    plain = plain_markdown(text)
    assert "](" not in plain.replace("\\]\\(", "")
    assert "\n" not in plain
    assert plain.replace("\\", "") == " ".join(text.split())


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        pytest.param(TODAY, "2026-11-21", "2026-11-21", id="today"),
        pytest.param(WEEK, "2026-11-16", "2026-11-21", id="the week began on Monday"),
        pytest.param(MONTH, "2026-11-01", "2026-11-21", id="the month so far"),
        pytest.param(LAST_MONTH, "2026-10-01", "2026-10-31", id="the whole month before"),
        pytest.param(CUSTOM, "2026-10-23", "2026-11-21", id="thirty days to choose from"),
    ],
)
def test_periods(period: str, first: str, last: str) -> None:
    assert [day.isoformat() for day in days_of(period, DAY)] == [first, last]
