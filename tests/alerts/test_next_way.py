"""A way of a person that fails for good is followed by the next one, at once."""

from alerts.channels.outcome import Permanent, Temporary
from alerts.next_way import following_way
from alerts.outbox import LEASE, Outbox
from ioc_core.db import Pool
from tests.alerts.night import RULES, Night
from tests.alerts.test_escalation_night import ONCALL, ROUTES
from tests.alerts.test_outbox import NOW, S, keys, lease, put

WAYS = {"person:an": ["phone/0", "sms/2", "mail/3"], "duty": ["webhook/0", "smtp/1"]}
AN = Outbox("an", ways=WAYS)


async def fail(pool: Pool, outbox: Outbox = AN, *, after: float = 0) -> list[str]:
    """Everything that is due fails for good; return its channels."""
    now = NOW + after * S
    async with pool.acquire() as connection:
        items = await outbox.lease(connection, now, 10)
        for item in items:
            assert await outbox.failed(connection, item, now, "HTTP 403: blocked")
    return sorted(item.channel for item in items)


async def test_each_way_is_tried_in_its_turn_and_the_last_failure_is_the_end(alert_pool: Pool) -> None:
    await put(alert_pool, "ab" * 16, receiver="person:an", channel="phone/0", group_key="g")
    assert await fail(alert_pool) == ["phone/0"]
    assert await fail(alert_pool) == ["sms/2"], "at once, and over the one that doesn't work"
    assert await fail(alert_pool) == ["mail/3"]
    assert await fail(alert_pool) == []
    rows = await alert_pool.fetch("SELECT idempotency_key, state, expires_at - created_at AS lasts FROM notifications")
    assert len({row["idempotency_key"] for row in rows}) == 3
    assert {len(row["idempotency_key"]) for row in rows} == {32}
    assert {row["state"] for row in rows} == {"failed"}
    assert len({row["lasts"] for row in rows}) == 1, "each may be tried for as long"


async def test_a_way_by_which_the_same_is_told_anyhow_is_not_used_twice(alert_pool: Pool) -> None:
    for channel in ("phone/0", "mail/3"):
        await put(alert_pool, channel, receiver="person:an", channel=channel, group_key="g")
    assert await fail(alert_pool) == ["mail/3", "phone/0"]
    assert await fail(alert_pool) == ["sms/2"]
    assert await fail(alert_pool) == []
    assert await alert_pool.fetchval("SELECT count(*) FROM notifications") == 3


async def test_a_receivers_channels_go_each_by_itself(alert_pool: Pool) -> None:
    await put(alert_pool, "n", receiver="duty")
    assert await fail(alert_pool) == ["webhook/0"]
    assert await fail(alert_pool) == []


async def test_whoever_lost_the_lease_begins_no_way(alert_pool: Pool) -> None:
    await put(alert_pool, "n", receiver="person:an", channel="phone/0")
    (stale,) = await lease(alert_pool, AN)
    assert keys(await lease(alert_pool, Outbox("other", ways=WAYS), NOW + LEASE)) == ["n"]
    async with alert_pool.acquire() as connection:
        assert not await AN.failed(connection, stale, NOW + LEASE, "late")
    assert await alert_pool.fetchval("SELECT count(*) FROM notifications") == 1


async def test_what_was_tried_for_hours_goes_no_further(alert_pool: Pool) -> None:
    await put(alert_pool, "n", receiver="person:an", channel="phone/0")
    (item,) = await lease(alert_pool, AN)
    async with alert_pool.acquire() as connection:
        assert await AN.expired(connection, item, NOW, "gave up")
    assert following_way(item.receiver, item.channel, WAYS) == "sms/2"
    assert await alert_pool.fetchval("SELECT count(*) FROM notifications") == 1


async def test_a_night_with_a_phone_that_is_off(night: Night) -> None:
    await night.heat("a", 11)
    await night.lead(RULES, ROUTES, ONCALL)
    await night.at("0:00")
    night.pager.plan.extend([Permanent("HTTP 410: no such phone")])
    assert await night.at("0:02") == ["[P1] a nóng"], "by mail, in the same second"
    assert [page.receiver for page in night.pager.tried] == ["person:an", "person:an"]
    assert await night.history("way_failed", "notified", "notification_failed") == ["a way_failed", "a notified"]
    note = await night.pool.fetchval("SELECT note FROM alert_history WHERE kind = 'way_failed'")
    assert note == "person:an · phone/0 · first: HTTP 410: no such phone → mail/1"
    night.pager.plan.extend([Permanent("no"), Temporary("busy")])
    assert await night.at("0:07") == [], "one by one, the other is tried again"
    row = await night.pool.fetchrow("SELECT count(*) AS n, count(DISTINCT escalation_id) AS e FROM notifications")
    assert row is not None
    assert tuple(row) == (4, 1), "both ways of both steps; none is doubled"
