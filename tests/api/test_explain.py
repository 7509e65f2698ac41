"""/alerts/{id}/explain over HTTP: quick however much happened, within the scope only."""

import statistics
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ioc_api.explain.words import STEPS, Clock, length
from ioc_core.db import connect as connect_database
from tests.api.conftest import SCOPE, Centre

MESSAGE = {"reason": "repeat", "status": "firing"}


@pytest.fixture(scope="module")
async def busy(api: Centre) -> int:
    """The id of an alert with 400 deliveries and 3,000 lines of history, among 20,000 other notifications."""
    connection = await connect_database(api.dsn, application="test")
    try:
        alert_id: int = await connection.fetchval(
            "INSERT INTO alerts (fingerprint, rule, severity, labels, annotations, unit, state, pending_at, firing_at,"
            " updated_at) VALUES ('busy', 'BusyDown', 1, '{}', '{}', $1, 'firing', $2, $2, $2) RETURNING id",
            SCOPE, api.now,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO notifications (idempotency_key, group_key, receiver, channel, severity, message, alert_ids,"
            " observed_at, created_at, expires_at, next_attempt_at, state, attempts, finished_at)"
            " SELECT 'busy-' || n, 'g', 'truc-ban', 'webhook/0', 1, $3,"
            "        CASE WHEN n % 50 = 0 THEN ARRAY[$1, 7, 8] ELSE ARRAY[1000000 + n] END, $2, $2, $2, $2, 'sent', 1,"
            "        $2::timestamptz + n * interval '1 second' FROM generate_series(1, 20000) n",
            alert_id, api.now - timedelta(days=1), MESSAGE,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO alert_history (alert_id, at, kind, actor, note)"
            " SELECT $1, $2::timestamptz + n * interval '1 second', 'notified', 'engine', 'x'"
            " FROM generate_series(1, 3000) n",
            alert_id, api.now - timedelta(days=1),
        )  # fmt: skip
        await connection.execute("ANALYZE notifications, alert_history")
        return alert_id
    finally:
        await connection.close()


@pytest.mark.usefixtures("told")
async def test_a_busy_alert_is_explained_within_a_fifth_of_a_second(api: Centre, busy: int) -> None:
    async with api.client("on-call") as client:
        taken = []
        for _ in range(9):
            started = time.perf_counter()
            answer = await client.get(f"/alerts/{busy}/explain")
            taken.append(time.perf_counter() - started)
    assert answer.status_code == 200
    found = answer.json()
    assert (len(found["deliveries"]), len(found["steps"])) == (200, 200)
    assert found["deliveries"][-1]["id"] > found["deliveries"][0]["id"]
    assert found["answers"][0]["code"] == "told"
    assert found["routes"][0]["asked"] == "passed_down"
    assert statistics.median(taken) < 0.2, taken


async def test_what_is_out_of_scope_or_not_there_is_404(api: Centre, busy: int) -> None:
    async with api.client("scoped") as client:
        assert (await client.get(f"/alerts/{busy}/explain")).status_code == 200
        assert (await client.get("/alerts/999999999/explain")).status_code == 404
    connection = await connect_database(api.dsn, application="test")
    other = await connection.fetchval("SELECT max(id) FROM alerts WHERE unit NOT IN ('', $1)", SCOPE)
    await connection.close()
    async with api.client("scoped") as client:
        assert (await client.get(f"/alerts/{other}/explain")).status_code == 404


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 giây"), (0.05, "50 mili giây"), (30, "30 giây"), (90, "1 phút 30 giây"), (300, "5 phút"),
        (5400, "1 giờ 30 phút"), (90_061, "1 ngày 1 giờ"),
    ],
)  # fmt: skip
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert length(seconds) == words == length(timedelta(seconds=seconds))


def test_an_instant_of_another_day_has_its_day(api: Centre) -> None:
    clock = Clock(ZoneInfo("Asia/Ho_Chi_Minh"), api.now)
    assert " ngày " not in clock.at(api.now)
    assert " ngày " in clock.at(api.now - timedelta(days=1))


async def test_every_kind_of_history_has_a_word(api: Centre) -> None:
    connection = await connect_database(api.dsn, application="test")
    constraint = await connection.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'alert_history_kind_check'"
    )
    await connection.close()
    kinds = {part.split("'")[1] for part in constraint.split("ARRAY[")[1].split("]")[0].split(",")}
    assert len(kinds) > 10
    assert kinds <= set(STEPS)
