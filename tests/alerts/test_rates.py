"""How often a channel may send."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rates import Rate

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
S = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "rate"), [("20/1m", Rate(20, 60 * S)), ("1/s", Rate(1, S)), ("3/1h30m", Rate(3, 5400 * S))]
)
def test_parse(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "20", "0/1m", "20/0s", "-1/1m", "20/1y", "a/1m", "20/"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError):
        Rate.parse(text)


@pytest.mark.parametrize(
    ("full_in", "free"),
    [(None, 3), (-5, 3), (0, 3), (1, 2), (10, 2), (11, 1), (20, 1), (21, 0), (30, 0), (99, 0)],
)
def test_three_in_thirty_seconds(full_in: int | None, free: int) -> None:
    full_at = None if full_in is None else NOW + full_in * S
    assert Rate(3, 30 * S).free(full_at, NOW) == free


@given(st.integers(1, 30), st.integers(1, 120), st.lists(st.tuples(st.floats(0, 30), st.integers(0, 40)), max_size=40))
def test_never_more_than_the_burst_and_the_rate_and_never_stuck(
    messages: int, seconds: int, asks: list[tuple[float, int]]
) -> None:
    rate, now, full_at, sent = Rate(messages, seconds * S), NOW, None, 0
    for pause, wanted in asks:
        now += timedelta(seconds=pause)
        going = min(wanted, rate.free(full_at, now))
        if not going and wanted:
            assert rate.free(full_at, rate.free_at(full_at, now) + timedelta(milliseconds=1)) >= 1
        full_at = rate.after(full_at, now, going) if going else full_at
        sent += going
        assert sent <= messages + (now - NOW) / rate.pause + 1e-3
