"""Messages of escalations on their way into the outbox: what each receiver and person is told, and by which ways."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from alerts.composing import compose, contents
from alerts.escalation.calls import Call
from alerts.grouping import Member, Reason
from alerts.message import Message, to_plain
from ioc_core.alert_links import Signer
from ioc_core.db import Connection

GIVE_UP_AFTER = timedelta(hours=6)
"""As for any other notification."""

_OUTBOX = """
INSERT INTO notifications (idempotency_key, group_key, receiver, channel, severity, message, alert_ids, observed_at,
                           created_at, expires_at, next_attempt_at, escalation_id, step)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $11, $12) ON CONFLICT (idempotency_key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message about `members` to one receiver. `mark` says what it is: the same mark is the same message, and with
    the channel it is the idempotency key. `due_at`: when it should have gone out."""

    call: Call
    mark: str
    group: Mapping[str, object]  # key, receiver, labels
    members: Sequence[Member]
    reason: Reason
    due_at: datetime
    escalation: int | None = None
    step: int | None = None


class Outbound:
    """Writes messages; knows where the console is, and who signs links."""

    def __init__(self, console_url: str, signer: Signer | None) -> None:
        self._console_url = console_url
        self._signer = signer

    async def write(self, connection: Connection, going: Sequence[Outgoing], now: datetime) -> int:
        """Put these messages into the outbox; return how many rows it got."""
        if not going:
            return 0
        content = await contents(connection, [item.members for item in going])
        rows: list[tuple[object, ...]] = []
        for item in going:
            message = compose(
                item.group, item.members, content, reason=item.reason, now=now, console_url=self._console_url
            )
            rows.extend(self._row(item, message, channel, now) for channel in item.call.channels)
        await connection.executemany(_OUTBOX, rows)
        return len(rows)

    def _row(self, item: Outgoing, message: Message, channel: str, now: datetime) -> tuple[object, ...]:
        key = idempotency_key(item.mark, item.call.receiver, channel)
        links = self._signer.links(key, now) if self._signer is not None and message.firing else {}
        own = replace(message, id=key, receiver=item.call.receiver, links=links)
        told_of = [member.alert_id for member in item.members if member.is_told_of]
        return (
            *(key, own.group_key, own.receiver, channel, own.severity, to_plain(own), told_of, item.due_at, now),
            *(now + GIVE_UP_AFTER, item.escalation, item.step),
        )


def idempotency_key(*parts: str) -> str:
    """Return 32 hexadecimal digits, the same for the same parts: links in messages need just that many."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
