"""The outbox: notifications are leased, tried, and end as sent or failed, with the alerts' history saying so."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from alerts.message import Message, from_plain
from alerts.next_way import begin_way, following_way
from alerts.rates import Rate
from alerts.store import history
from ioc_core.db import Connection

LEASE = timedelta(seconds=30)
"""Longer than any channel's deadline: whoever holds a lease past it has died."""
KEEP = timedelta(days=30)
KEEP_ALERTS = timedelta(days=730)
_PURGED_AT_ONCE = 5000

# Of one group and channel only the oldest is tried: "resolved" never overtakes "firing".
_FIRST_OF_ITS_ORDER = """
NOT EXISTS (SELECT FROM notifications older
            WHERE older.state = 'queued' AND older.group_key = n.group_key AND older.channel = n.channel
              AND older.receiver = n.receiver AND older.id < n.id)
"""
_DUE = f"""
state = 'queued' AND next_attempt_at <= $2 AND (leased_until IS NULL OR leased_until <= $2) AND {_FIRST_OF_ITS_ORDER}
ORDER BY severity, next_attempt_at LIMIT
"""
# $5: buckets that have a limit; $6: how many of each may go now.
_LEASE = f"""
UPDATE notifications SET leased_by = $1, leased_until = $2::timestamptz + $3::interval, attempts = attempts + 1
WHERE id IN (
    SELECT n.id FROM notifications n JOIN (
        (SELECT n.id FROM notifications n WHERE NOT (n.bucket = ANY($5::text[])) AND {_DUE} $4)
        UNION ALL
        (SELECT due.id FROM unnest($5::text[], $6::int[]) AS b (bucket, free)
         CROSS JOIN LATERAL (SELECT n.id FROM notifications n WHERE n.bucket = b.bucket AND {_DUE} b.free) due)
    ) candidates ON candidates.id = n.id
    WHERE n.state = 'queued' AND (n.leased_until IS NULL OR n.leased_until <= $2)
    ORDER BY n.severity, n.next_attempt_at LIMIT $4 FOR UPDATE OF n SKIP LOCKED)
RETURNING id, receiver, channel, message, idempotency_key, alert_ids, observed_at, expires_at, attempts, bucket
"""
_BUCKETS = "INSERT INTO channel_rates (bucket, full_at) SELECT unnest($1::text[]), $2 ON CONFLICT (bucket) DO NOTHING"
_LOOK = "SELECT bucket, full_at FROM channel_rates WHERE bucket = ANY($1::text[])"
_USE = """
UPDATE channel_rates r SET full_at = n.full_at FROM unnest($1::text[], $2::timestamptz[]) AS n (bucket, full_at)
WHERE r.bucket = n.bucket
"""

_FINISH = """
UPDATE notifications SET state = $3, error = $4, finished_at = $5, leased_by = NULL, leased_until = NULL
WHERE id = $1 AND leased_by = $2 AND state = 'queued'
"""

_RETRY = """
UPDATE notifications SET next_attempt_at = $3, error = $4, leased_by = NULL, leased_until = NULL
WHERE id = $1 AND leased_by = $2 AND state = 'queued'
"""

_NEXT = f"""
SELECT min(greatest(n.next_attempt_at, n.leased_until, b.free_at)) FROM notifications n
LEFT JOIN unnest($1::text[], $2::timestamptz[]) AS b (bucket, free_at) ON b.bucket = n.bucket
WHERE n.state = 'queued' AND {_FIRST_OF_ITS_ORDER}
"""


@dataclass(frozen=True, slots=True)
class Leased:
    """A notification that this process alone may try until the lease ends."""

    id: int
    receiver: str
    channel: str
    message: Message
    alert_ids: Sequence[int]
    observed_at: datetime
    expires_at: datetime
    attempts: int  # this one included


class Outbox:
    """The outbox as one holder of leases, named `holder`, sees it; `limits`: bucket → how often it may send.

    `ways`: receiver → its channels in order; of a person's, one that fails for good is followed by the next.
    """

    def __init__(
        self,
        holder: str,
        limits: Mapping[str, Rate] | None = None,
        ways: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._holder = holder
        self._limits = limits or {}
        self._ways = ways or {}

    async def lease(self, connection: Connection, now: datetime, limit: int) -> list[Leased]:
        """Return at most `limit` notifications to try now, the gravest first, and of each channel what it may.

        An attempt takes its place in the limit in the transaction that leases it, so no death gives one back.
        """
        async with connection.transaction():
            full_at = await self._buckets(connection, now, lock=True)
            free = [self._limits[bucket].free(full_at[bucket], now) for bucket in full_at]
            rows = await connection.fetch(_LEASE, self._holder, now, LEASE, limit, list(full_at), free)
            taken = Counter(row["bucket"] for row in rows if row["bucket"] in full_at)
            if taken:
                after = [self._limits[name].after(full_at[name], now, sent) for name, sent in taken.items()]
                await connection.execute(_USE, list(taken), after)
        return sorted((_leased(row) for row in rows), key=lambda item: (item.message.severity, item.id))

    async def next_due(self, connection: Connection, now: datetime) -> datetime | None:
        """Return when the next attempt is due that order and limits allow; None when nothing is queued."""
        full_at = await self._buckets(connection, now, lock=False)
        free_at = [self._limits[bucket].free_at(full_at[bucket], now) for bucket in full_at]
        due: datetime | None = await connection.fetchval(_NEXT, list(full_at), free_at)
        return due

    async def _buckets(self, connection: Connection, now: datetime, *, lock: bool) -> dict[str, datetime]:
        """Limited bucket → when it is full again."""
        if not self._limits:
            return {}
        names = sorted(self._limits)
        rows = await connection.fetch(f"{_LOOK} ORDER BY bucket{' FOR UPDATE' if lock else ''}", names)
        if lock and len(rows) < len(names):
            await connection.execute(_BUCKETS, names, now)
            rows = await connection.fetch(f"{_LOOK} ORDER BY bucket FOR UPDATE", names)
        return {row["bucket"]: row["full_at"] for row in rows}

    async def sent(self, connection: Connection, item: Leased, now: datetime) -> bool:
        """Record that the other side accepted it; False: the lease was lost meanwhile."""
        return await self._finish(connection, item, now, state="sent", error="")

    async def failed(self, connection: Connection, item: Leased, now: datetime, reason: str) -> bool:
        """Record that it will never be delivered; False: the lease was lost meanwhile.

        A person's next way is tried at once: its notification is written in the same transaction, under a key of its
        own that is always the same, unless the person is told of the same by that way anyhow.
        """
        return await self._finish(connection, item, now, state="failed", error=reason)

    async def expired(self, connection: Connection, item: Leased, now: datetime, reason: str) -> bool:
        """Record that it was tried for as long as it made sense; False: the lease was lost meanwhile."""
        return await self._finish(connection, item, now, state="failed", error=reason, next_way=False)

    async def again(self, connection: Connection, item: Leased, at: datetime, reason: str) -> None:
        """Give the lease back; the next attempt is due `at`."""
        await connection.execute(_RETRY, item.id, self._holder, at, reason)

    async def _finish(
        self, connection: Connection, item: Leased, now: datetime, *, state: str, error: str, next_way: bool = True
    ) -> bool:
        async with connection.transaction():
            status = await connection.execute(_FINISH, item.id, self._holder, state, error, now)
            if status != "UPDATE 1":
                return False
            kind = "notified" if state == "sent" else "notification_failed"
            note = f"{item.receiver} · {item.channel} · {item.message.reason}" + (f": {error}" if error else "")
            following = (
                following_way(item.receiver, item.channel, self._ways) if state == "failed" and next_way else None
            )
            if following is not None:
                kind = "way_failed"
                note += f" → {following}"
                await begin_way(connection, item.id, item.message.id, following, now)
            present = await connection.fetch(
                "SELECT id FROM alerts WHERE id = ANY($1::bigint[]) ORDER BY id FOR KEY SHARE", item.alert_ids
            )
            await history(connection, now, ((row["id"], kind, note) for row in present))
        return True


async def free_leases(connection: Connection) -> None:
    """Take every lease back: a new leader knows that their holders are gone or fenced."""
    await connection.execute(
        "UPDATE notifications SET leased_by = NULL, leased_until = NULL"
        " WHERE state = 'queued' AND leased_by IS NOT NULL"
    )


async def purge(connection: Connection, now: datetime) -> int:
    """Delete some of what is past its time: told notifications, idle groups, old alerts; return how many rows."""
    statements = (
        ("DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE state <> 'queued'"
         " AND finished_at < $1 LIMIT $2)", now - KEEP),
        ("DELETE FROM notification_groups WHERE key IN (SELECT key FROM notification_groups g WHERE updated_at < $1"
         " AND due_at IS NULL AND NOT EXISTS (SELECT FROM notification_members m WHERE m.group_key = g.key)"
         " LIMIT $2)", now - KEEP),
        ("DELETE FROM person_messages WHERE id IN (SELECT id FROM person_messages WHERE kind = 'digest'"
         " AND told_at < $1 LIMIT $2)", now - KEEP),
        ("DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE state = 'resolved' AND resolved_at < $1"
         " LIMIT $2)", now - KEEP_ALERTS),
    )  # fmt: skip
    deleted = 0
    for statement, before in statements:
        status = await connection.execute(statement, before, _PURGED_AT_ONCE)
        deleted += int(status.split()[1])
    return deleted


def _leased(row: asyncpg.Record) -> Leased:
    message = from_plain({**row["message"], "id": row["idempotency_key"]})
    return Leased(
        id=row["id"],
        receiver=row["receiver"],
        channel=row["channel"],
        message=message,
        alert_ids=row["alert_ids"],
        observed_at=row["observed_at"],
        expires_at=row["expires_at"],
        attempts=row["attempts"],
    )
