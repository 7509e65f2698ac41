"""The outbox: leases, order, and what a lost lease may not do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.message import to_plain
from alerts.outbox import KEEP, LEASE, Leased, Outbox, free_leases, purge
from alerts.rates import Rate
from ioc_core.db import Pool
from tests.alerts.messages import message

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
S = timedelta(seconds=1)
ONE, OTHER = Outbox("one"), Outbox("other")


async def put(pool: Pool, key: str, **columns: Any) -> None:
    """Write a notification; `columns` replace the usual values."""
    row = {
        "idempotency_key": key, "group_key": key, "receiver": "duty", "channel": "webhook/0", "severity": 1,
        "message": to_plain(message()), "alert_ids": [], "observed_at": NOW, "created_at": NOW,
        "expires_at": NOW + timedelta(hours=6), "next_attempt_at": NOW, **columns,
    }  # fmt: skip
    places = ", ".join(f"${index}" for index in range(1, len(row) + 1))
    await pool.execute(f"INSERT INTO notifications ({', '.join(row)}) VALUES ({places})", *row.values())


async def lease(pool: Pool, outbox: Outbox, now: datetime = NOW, limit: int = 10) -> list[Leased]:
    """What the holder gets."""
    async with pool.acquire() as connection:
        return await outbox.lease(connection, now, limit)


def keys(items: list[Leased]) -> list[str]:
    """The idempotency keys."""
    return [item.message.id for item in items]


async def test_two_holders_never_get_the_same(alert_pool: Pool) -> None:
    for number in range(20):
        await put(alert_pool, f"n{number:02}")
    first = await lease(alert_pool, ONE, limit=8)
    second = await lease(alert_pool, OTHER, limit=50)
    assert len(first) == 8
    assert sorted(keys(first) + keys(second)) == [f"n{number:02}" for number in range(20)]
    assert await lease(alert_pool, ONE) == []


async def test_the_gravest_goes_first(alert_pool: Pool) -> None:
    for severity in (3, 1, 2):
        await put(alert_pool, f"p{severity}", severity=severity, message=to_plain(message(severity=severity)))
    assert keys(await lease(alert_pool, ONE, limit=2)) == ["p1", "p2"]


async def test_within_a_group_and_channel_the_order_is_kept(alert_pool: Pool) -> None:
    await put(alert_pool, "firing", group_key="g", next_attempt_at=NOW + 60 * S)
    await put(alert_pool, "resolved", group_key="g")
    await put(alert_pool, "mail", group_key="g", channel="smtp/1")
    (mail,) = await lease(alert_pool, ONE)
    assert mail.message.id == "mail"
    async with alert_pool.acquire() as connection:
        assert await ONE.sent(connection, mail, NOW)
    later = NOW + 61 * S
    (firing,) = await lease(alert_pool, ONE, later)
    assert firing.message.id == "firing"
    async with alert_pool.acquire() as connection:
        assert await ONE.sent(connection, firing, later)
    assert keys(await lease(alert_pool, ONE, later)) == ["resolved"]


async def test_a_lease_runs_out_and_its_old_holder_can_record_nothing(alert_pool: Pool) -> None:
    await put(alert_pool, "n")
    (stale,) = await lease(alert_pool, ONE)
    assert await lease(alert_pool, OTHER, NOW + LEASE - S) == []
    (taken,) = await lease(alert_pool, OTHER, NOW + LEASE)
    assert taken.message.id == stale.message.id
    assert taken.attempts == 2
    async with alert_pool.acquire() as connection:
        assert not await ONE.failed(connection, stale, NOW + LEASE, "late")
        await ONE.again(connection, stale, NOW + timedelta(hours=1), "late")
        assert await OTHER.sent(connection, taken, NOW + LEASE)
    row = await alert_pool.fetchrow("SELECT state, error, leased_by FROM notifications")
    assert row is not None
    assert tuple(row) == ("sent", "", None)


async def test_a_new_leader_takes_every_lease_back(alert_pool: Pool) -> None:
    await put(alert_pool, "n")
    await lease(alert_pool, ONE)
    async with alert_pool.acquire() as connection:
        await free_leases(connection)
    assert keys(await lease(alert_pool, OTHER)) == ["n"]


async def test_when_to_look_again(alert_pool: Pool) -> None:
    async with alert_pool.acquire() as connection:
        assert await ONE.next_due(connection, NOW) is None
        await put(alert_pool, "n", next_attempt_at=NOW + 30 * S)
        assert await ONE.next_due(connection, NOW) == NOW + 30 * S
        (item,) = await lease(alert_pool, ONE, NOW + 30 * S)
        assert await ONE.next_due(connection, NOW) == NOW + 30 * S + LEASE
        await ONE.again(connection, item, NOW + 99 * S, "HTTP 500")
        assert await ONE.next_due(connection, NOW) == NOW + 99 * S


async def test_what_is_told_is_kept_for_a_month(alert_pool: Pool) -> None:
    for number in range(3):
        await put(alert_pool, f"n{number}")
    await alert_pool.execute("UPDATE notifications SET state = 'sent', finished_at = $1 WHERE id % 2 = 1", NOW)
    told = await alert_pool.fetchval("SELECT count(*) FROM notifications WHERE state = 'sent'")
    async with alert_pool.acquire() as connection:
        assert await purge(connection, NOW + KEEP) == 0
        assert await purge(connection, NOW + KEEP + S) == told
    assert await alert_pool.fetchval("SELECT count(*) FROM notifications") == 3 - told


@pytest.mark.parametrize("state", ["firing", "resolved"])
async def test_alerts_are_kept_for_two_years_after_their_end(alert_pool: Pool, state: str) -> None:
    await alert_pool.execute(
        "INSERT INTO alerts (fingerprint, rule, severity, labels, state, pending_at, resolved_at, updated_at)"
        " VALUES ('f', 'R', 1, '{}', $1, $2, $3, $2)",
        state,
        NOW,
        NOW if state == "resolved" else None,
    )
    async with alert_pool.acquire() as connection:
        await purge(connection, NOW + timedelta(days=729))
        assert await alert_pool.fetchval("SELECT count(*) FROM alerts") == 1
        await purge(connection, NOW + timedelta(days=731))
    assert await alert_pool.fetchval("SELECT count(*) FROM alerts") == (1 if state == "firing" else 0)


LIMITED = Outbox("limited", {"duty sms/0": Rate(2, 10 * S)})


async def test_a_limited_channel_sends_the_gravest_first_and_the_others_in_time(
    alert_pool: Pool,
) -> None:
    await alert_pool.execute("DELETE FROM channel_rates")
    for number, severity in enumerate((3, 2, 1, 3)):
        put_message = to_plain(message(severity=severity))
        await put(alert_pool, f"sms{number}", channel="sms/0", severity=severity, message=put_message)
    await put(alert_pool, "hook")
    assert sorted(keys(await lease(alert_pool, LIMITED))) == ["hook", "sms1", "sms2"]
    assert await lease(alert_pool, LIMITED, NOW + 4 * S) == []
    async with alert_pool.acquire() as connection:
        await connection.execute("UPDATE notifications SET state = 'sent' WHERE leased_by IS NOT NULL")
        assert await LIMITED.next_due(connection, NOW + 4 * S) == NOW + 5 * S
    assert keys(await lease(alert_pool, LIMITED, NOW + 5 * S)) == ["sms0"]
    assert await lease(alert_pool, Outbox("next leader", {"duty sms/0": Rate(2, 10 * S)}), NOW + 6 * S) == []
    assert keys(await lease(alert_pool, LIMITED, NOW + 10 * S)) == ["sms3"]


async def test_persons_share_the_limit_of_a_kind(alert_pool: Pool) -> None:
    await alert_pool.execute("DELETE FROM channel_rates")
    shared = Outbox("shared", {"person: sms": Rate(1, 10 * S)})
    for person in ("truc-1", "truc-2"):
        await put(alert_pool, person, receiver=f"person:{person}", channel="sms/1")
    first = keys(await lease(alert_pool, shared))
    assert len(first) == 1
    assert keys(await lease(alert_pool, shared, NOW + 10 * S)) != first


async def test_what_waits_for_its_turn_wakes_nobody(alert_pool: Pool) -> None:
    await put(alert_pool, "firing", group_key="g", next_attempt_at=NOW + 60 * S)
    await put(alert_pool, "resolved", group_key="g")
    async with alert_pool.acquire() as connection:
        assert await ONE.next_due(connection, NOW) == NOW + 60 * S
