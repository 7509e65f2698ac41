"""Durations of configuration files."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("0s", 0), ("45s", 45), ("1h30m", 5400), ("2d", 172_800), ("1w", 604_800), ("500ms", 0.5)],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-5m", "durations are >= 0"),
        ("5", "is not a duration"),
        ("5 m", "is not a duration"),
        ("1m1h", "is not a duration"),
        ("1h1h", "is not a duration"),
        ("1.5h", "is not a duration"),
        ("", "is not a duration"),
        ("400d", "longer than 366 days"),
        ("9" * 30 + "w", "longer than 366 days"),
    ],
)
def test_anything_else_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_duration(text)


@given(st.timedeltas(timedelta(), timedelta(days=366)))
def test_what_is_written_is_read_back(duration: timedelta) -> None:
    whole = timedelta(milliseconds=round(duration / timedelta(milliseconds=1)))
    assert parse_duration(format_duration(whole)) == whole
