"""What follows when a way to a person fails for good: the next one, at once, under a key of its own."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from ioc_core.db import Connection

PERSON = "person:"

# Not when the same message (by the same step) is on its way to the person by that way, or was.
_NEXT_WAY = """
INSERT INTO notifications (idempotency_key, group_key, receiver, channel, severity, message, alert_ids, observed_at,
                           created_at, expires_at, next_attempt_at, escalation_id, step)
SELECT $2, n.group_key, n.receiver, $3::text, n.severity, n.message, n.alert_ids, n.observed_at, $4::timestamptz,
       $4::timestamptz + (n.expires_at - n.created_at), $4::timestamptz, n.escalation_id, n.step
FROM notifications n
WHERE n.id = $1 AND NOT EXISTS (
    SELECT FROM notifications same
    WHERE same.group_key = n.group_key AND same.receiver = n.receiver AND same.channel = $3::text
      AND same.message ->> 'reason' = n.message ->> 'reason' AND same.observed_at = n.observed_at)
ON CONFLICT (idempotency_key) DO NOTHING
"""


def following_way(receiver: str, channel: str, ways: Mapping[str, Sequence[str]]) -> str | None:
    """Return the way of a person that comes after `channel`; None: it was the last, or `receiver` is no person."""
    if not receiver.startswith(PERSON):
        return None
    place = _place(channel)
    return next((way for way in ways.get(receiver, ()) if _place(way) > place), None)


async def begin_way(connection: Connection, failed: int, message_id: str, way: str, now: datetime) -> None:
    """Queue what the notification `failed` tells, by another way; in the transaction that records the failure."""
    await connection.execute(_NEXT_WAY, failed, way_key(message_id, way), way, now)


def way_key(message_id: str, way: str) -> str:
    """Return the idempotency key of a message that goes on by `way`: 32 hexadecimal digits, as links need them."""
    return hashlib.blake2b(f"{message_id}\x1f{way}".encode(), digest_size=16).hexdigest()


def _place(channel: str) -> int:
    return int(channel.partition("/")[2])
