"""Which resolution answers a range query, and where its steps lie."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_api.problems import Problem
from ioc_api.ranges import MAX_POINTS, grid

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = datetime(2026, 7, 1, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "step", "seconds", "resolution"),
    [
        pytest.param(1, 10, 10, "raw", id="under a minute, raw samples"),
        pytest.param(1, 60, 60, "1m", id="a minute, minutes"),
        pytest.param(24, 300, 300, "1m", id="whole minutes, minutes"),
        pytest.param(24, 5400, 5400, "1m", id="not whole hours, minutes"),
        pytest.param(240, 7200, 7200, "1h", id="whole hours, hours"),
        pytest.param(2400, 86400, 86400, "1d", id="a day, days"),
        pytest.param(2400, 90000, 90000, "1h", id="not whole days, hours"),
        pytest.param(1, None, 15, "raw", id="without a step, a round one"),
        pytest.param(24, None, 300, "1m", id="without a step, of a day"),
        pytest.param(24 * 365, None, 172800, "1d", id="without a step, of a year"),
    ],
)
def test_resolution(hours: int, step: int | None, seconds: int, resolution: str) -> None:
    made = grid(NOON - timedelta(hours=hours), NOON, step=step, zone=ZONE)
    assert (made.seconds, made.resolution) == (seconds, resolution)


def test_days_begin_at_midnight_in_the_province() -> None:
    made = grid(NOON, NOON + timedelta(days=2), step=86400, zone=ZONE)
    assert made.since == datetime(2026, 6, 30, 17, 0, tzinfo=UTC)
    assert made.until == datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
    assert made.points == 3


@pytest.mark.parametrize(
    ("days", "step", "reason"),
    [
        pytest.param(1, 90, "whole minutes", id="a minute and a half"),
        pytest.param(365, 60, f"more than {MAX_POINTS}", id="too many points"),
    ],
)
def test_refused_steps(days: int, step: int, reason: str) -> None:
    with pytest.raises(Problem) as caught:
        grid(NOON - timedelta(days=days), NOON, step=step, zone=ZONE)
    assert caught.value.status == 422
    assert caught.value.errors[0].parameter == "query.step"
    assert reason in caught.value.errors[0].reason


@given(
    st.integers(1_450_000_000, 2_000_000_000),
    st.integers(1, 10**8),
    st.sampled_from([None, 60, 3600, 7200, 86400]),
)
def test_steps_cover_what_was_asked_and_no_whole_step_more(start: int, length: int, step: int | None) -> None:
    since = datetime.fromtimestamp(start, UTC)
    until = since + timedelta(seconds=length)
    try:
        made = grid(since, until, step=step, zone=ZONE)
    except Problem:
        assert step is not None
        assert length / step > MAX_POINTS - 2
        return
    assert made.since <= since < made.since + made.step
    assert made.until - made.step < until <= made.until
    assert (made.since - made.origin) % made.step == timedelta(0)
