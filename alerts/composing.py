"""Makes the message of a group from its members."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg

from alerts.grouping import Member, Reason
from alerts.message import MOST_ALERTS, Message, MessageAlert, Status, title_of
from ioc_core.alert_links import Signer
from ioc_core.db import Connection

_CONTENT = """
SELECT id, fingerprint, rule, state, severity, labels, details, annotations, value, firing_at,
       coalesce(resolved_at, closed_at) AS ended_at, acknowledged_by, closed_by, close_reason
FROM alerts WHERE id = ANY($1::bigint[])
"""


async def contents(connection: Connection, groups: Iterable[Sequence[Member]]) -> dict[int, MessageAlert]:
    """Return what messages about these groups list, by alert id."""
    return await contents_of(
        connection, [member.alert_id for members in groups for member in _listed(_told_of(members))]
    )


async def contents_of(connection: Connection, ids: Sequence[int]) -> dict[int, MessageAlert]:
    """Return these alerts as messages list them, by id."""
    rows = await connection.fetch(_CONTENT, ids) if ids else []
    return {row["id"]: _alert(row) for row in rows}


def compose(
    group: Mapping[str, object],
    members: Sequence[Member],
    content: Mapping[int, MessageAlert],
    *,
    reason: Reason,
    now: datetime,
    console_url: str,
    signer: Signer | None = None,
) -> Message:
    """Return the message about a group: what is news first, then what fires; the gravest and oldest before others."""
    told_of = _told_of(members)
    listed = tuple(content[member.alert_id] for member in _listed(told_of))
    firing = sum(member.firing for member in told_of)
    status: Status = "firing" if firing else "resolved"
    severity = min(member.severity for member in told_of if member.firing or not firing)
    others = len(told_of) - len(listed)
    labels = group["labels"]
    message_id = uuid.uuid4().hex
    return Message(
        id=message_id,
        receiver=str(group["receiver"]),
        status=status,
        reason=reason,
        severity=severity,
        title=title_of(listed, firing=firing, resolved=len(told_of) - firing, severity=severity, reason=reason),
        group_key=str(group["key"]),
        group_labels=dict(labels) if isinstance(labels, Mapping) else {},
        firing=firing,
        resolved=len(told_of) - firing,
        alerts=listed,
        truncated_alerts=others,
        created_at=now,
        console_url=console_url,
        links=signer.links(message_id, now) if signer is not None and firing else {},
    )


def _told_of(members: Sequence[Member]) -> list[Member]:
    """A message tells of every firing alert that isn't muted, and of the end of those that it told of before."""
    told_of = [member for member in members if member.is_told_of]
    return sorted(told_of, key=lambda member: (not member.is_news, not member.firing))  # keeps the order otherwise


def _listed(members: Sequence[Member]) -> Sequence[Member]:
    return members[:MOST_ALERTS]


def _alert(row: asyncpg.Record) -> MessageAlert:
    return MessageAlert(
        id=row["id"],
        fingerprint=row["fingerprint"],
        rule=row["rule"],
        status="firing" if row["state"] == "firing" else "resolved",
        severity=row["severity"],
        labels=row["labels"],
        details=row["details"],
        annotations=row["annotations"],
        value=row["value"],
        starts_at=row["firing_at"],
        ends_at=None if row["state"] == "firing" else row["ended_at"],
        acknowledged_by=row["acknowledged_by"],
        closed_by=row["closed_by"] if row["state"] == "closed" else None,
        close_reason=row["close_reason"] if row["state"] == "closed" else "",
    )
