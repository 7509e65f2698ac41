"""How many requests one credential may send."""

from datetime import UTC, datetime, timedelta

import pytest

from ioc_api.request_rates import BURST, RequestRates
from tests.api.conftest import Centre

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def test_a_burst_is_allowed_then_a_steady_rate() -> None:
    rates = RequestRates(burst=5, per_second=2.0)
    assert [rates.wait_seconds(b"a", NOW) for _ in range(6)] == [0.0] * 5 + [0.5]
    assert rates.wait_seconds(b"b", NOW) == 0.0, "others don't wait"
    assert rates.wait_seconds(b"a", NOW + timedelta(seconds=0.4)) == pytest.approx(0.1)
    assert rates.wait_seconds(b"a", NOW + timedelta(seconds=0.5)) == 0.0
    assert rates.wait_seconds(b"a", NOW + timedelta(seconds=0.5)) == pytest.approx(0.5)


def test_only_so_many_are_remembered() -> None:
    rates = RequestRates(burst=1, per_second=1.0)
    rates.wait_seconds(b"first", NOW)
    for number in range(10_000):
        rates.wait_seconds(str(number).encode(), NOW)
    assert rates.wait_seconds(b"first", NOW) == 0.0, "it was forgotten"
    assert rates.wait_seconds(b"9999", NOW) > 0.0


async def test_a_runaway_client_is_told_to_wait(own_api: Centre) -> None:
    async with own_api.client("viewer") as client, own_api.client("leader") as other:
        answers = [await client.get("/session") for _ in range(BURST * 3)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert {answer.status_code for answer in answers[:BURST]} == {200}
        assert refused[0].headers["retry-after"] == "1"
        assert (await other.get("/session")).status_code == 200
