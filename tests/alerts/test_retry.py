"""Back-off of notifications."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.retry import RetryPolicy

NOW = datetime(2026, 11, 20, 23, tzinfo=UTC)
POLICY = RetryPolicy()
S = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("attempts", "chance", "retry_after", "pause"),
    [
        (1, 0.0, None, 0.5 * S),
        (2, 0.0, None, 1 * S),
        (4, 0.0, None, 4 * S),
        (40, 0.0, None, 150 * S),
        (1, 0.0, 30 * S, 30 * S),
        (12, 0.0, 1 * S, 150 * S),
        (1, 0.0, timedelta(days=2), timedelta(hours=1)),
    ],
    ids=[
        "soon after the first failure",
        "then twice as long",
        "and twice again",
        "but not for ever",
        "Retry-After is respected",
        "Retry-After never shortens the pause",
        "nobody can silence us for days",
    ],
)
def test_pause(attempts: int, chance: float, retry_after: timedelta | None, pause: timedelta) -> None:
    at = POLICY.next_attempt(NOW, attempts=attempts, retry_after=retry_after, chance=chance)
    assert at - NOW == pause


@given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_jitter_stays_within_the_pause(attempts: int, chance: float) -> None:
    pause = POLICY.next_attempt(NOW, attempts=attempts, retry_after=None, chance=chance) - NOW
    whole = min(POLICY.first * 2 ** min(attempts - 1, 32), POLICY.longest)
    assert whole / 2 <= pause <= whole


def test_hours_of_trying_are_a_bearable_number_of_attempts() -> None:
    now, attempts = NOW, 0
    while now < NOW + timedelta(hours=6):
        attempts += 1
        now = POLICY.next_attempt(now, attempts=attempts, retry_after=None, chance=0.5)
    assert 70 < attempts < 120
