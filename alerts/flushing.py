"""Looks at groups that may be due, and writes what must be told of them into the outbox."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import asyncpg

from alerts.composing import compose, contents
from alerts.grouping import Member, Reason, Verdict, decide, next_look, told_at
from alerts.message import Message, to_plain
from alerts.routes import Waits
from ioc_core.alert_links import Signer
from ioc_core.db import Connection

GIVE_UP_AFTER = timedelta(hours=6)
"""A page that couldn't be delivered for so long would mislead more than it helps: the alert's history says so."""
MOST_GROUPS = 500
"""Groups looked at in one transaction."""

_DUE = """
SELECT key, receiver, labels, group_wait, group_interval, repeat_interval, notified_at,
       EXISTS (SELECT FROM notifications n WHERE n.group_key = g.key AND n.state = 'queued') AS unsent
FROM notification_groups g
WHERE CASE WHEN $1::text[] IS NULL THEN due_at <= $2 ELSE key = ANY($1) END
ORDER BY key LIMIT $3 FOR UPDATE OF g
"""

_MEMBERS = """
SELECT m.group_key, m.alert_id, m.news_at, m.told_severity, a.state, a.severity, a.firing_at,
       a.acknowledged_by IS NOT NULL AND coalesce(a.acknowledged_until > $2, true) AS acknowledged,
       coalesce(a.snoozed_until > $2, false) AS snoozed,
       EXISTS (SELECT FROM alert_mutes x WHERE x.alert_id = m.alert_id) AS muted
FROM notification_members m JOIN alerts a ON a.id = m.alert_id
WHERE m.group_key = ANY($1::text[])
ORDER BY a.state, a.severity, a.firing_at, a.id
"""

_OUTBOX = """
INSERT INTO notifications (idempotency_key, group_key, receiver, channel, severity, message, alert_ids, observed_at,
                           created_at, expires_at, next_attempt_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9)
"""

# Firing members: told as they are now (an acknowledged one too, it is in the message); muted ones aren't told.
_TOLD = """
UPDATE notification_members m SET news_at = NULL, told_severity = a.severity
FROM alerts a WHERE a.id = m.alert_id AND a.state = 'firing' AND m.group_key = ANY($1::text[])
  AND NOT EXISTS (SELECT FROM alert_mutes x WHERE x.alert_id = m.alert_id)
"""
# What is over is done with.
_DONE = """
DELETE FROM notification_members m USING alerts a
WHERE a.id = m.alert_id AND a.state IN ('closed', 'resolved') AND m.group_key = ANY($1::text[])
  AND (m.told_severity IS NULL OR m.group_key = ANY($2::text[]))
"""
_LOOKED = """
UPDATE notification_groups g SET due_at = n.due_at, notified_at = n.notified_at, updated_at = $1
FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) AS n (key, due_at, notified_at) WHERE g.key = n.key
"""


@dataclass(frozen=True, slots=True)
class _Looked:
    group: asyncpg.Record
    members: Sequence[Member]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Flushed:
    """`looked`: how many groups were looked at; `told`: how many rows the outbox got."""

    looked: int
    told: int


@dataclass(frozen=True, slots=True)
class Told:
    """A group of which its receiver is being told, as it is: `group` has key, receiver and labels."""

    group: Mapping[str, object]
    members: Sequence[Member]
    reason: Reason

    @property
    def key(self) -> str:
        """The group's key."""
        return str(self.group["key"])

    @property
    def receiver(self) -> str:
        """Who is told."""
        return str(self.group["receiver"])


class Escalates(Protocol):
    """Who goes on with groups that were told of, in the same transaction; returns how many messages that made."""

    async def follow(self, connection: Connection, told: Sequence[Told], now: datetime) -> int:
        """Start what begins with being told, and end what is over."""
        ...


class Flush:
    """Knows which channels each receiver has (those that work), where the console is, who signs links, who goes on."""

    def __init__(
        self,
        channels: Mapping[str, Sequence[str]],
        console_url: str,
        signer: Signer | None = None,
        escalates: Escalates | None = None,
    ) -> None:
        self._channels = channels
        self._escalates = escalates
        self._signer = signer
        self._console_url = console_url

    async def flush(self, connection: Connection, now: datetime, keys: Sequence[str] | None = None) -> Flushed:
        """Look at the groups of `keys`, or at some of those that are due; call inside a leader's transaction."""
        groups = await connection.fetch(_DUE, keys, now, MOST_GROUPS if keys is None else len(keys))
        members = await members_of(connection, [group["key"] for group in groups], now)
        looked = [_look(group, members.get(group["key"], ()), now) for group in groups]
        told = [item for item in looked if item.verdict.send]
        written = await self._tell(connection, told, now)
        if self._escalates is not None:
            written += await self._escalates.follow(connection, [_told(item) for item in told], now)
        await _record(connection, looked, now)
        return Flushed(len(groups), written)

    async def _tell(self, connection: Connection, told: Sequence[_Looked], now: datetime) -> int:
        content = await contents(connection, [item.members for item in told])
        rows = []
        for item in told:
            group = item.group
            for channel in self._channels.get(group["receiver"], ()):
                message = compose(
                    dict(group),
                    item.members,
                    content,
                    reason=item.verdict.reason,
                    now=now,
                    console_url=self._console_url,
                    signer=self._signer,
                )
                rows.append(_row(message, item, channel, now))
        if rows:
            await connection.executemany(_OUTBOX, rows)
        return len(rows)


def _row(message: Message, item: _Looked, channel: str, now: datetime) -> tuple[object, ...]:
    told_of = [member.alert_id for member in item.members if member.is_told_of]
    observed_at = item.verdict.at or now
    return (
        *(message.id, message.group_key, message.receiver, channel, message.severity, to_plain(message)),
        *(told_of, observed_at, now, now + GIVE_UP_AFTER),
    )


async def members_of(connection: Connection, keys: Sequence[str], now: datetime) -> dict[str, list[Member]]:
    """Return the members of these groups by key, the gravest and oldest first."""
    members: dict[str, list[Member]] = {}
    for row in await connection.fetch(_MEMBERS, keys, now):
        member = Member(
            alert_id=row["alert_id"],
            firing=row["state"] == "firing",
            severity=row["severity"],
            acknowledged=row["acknowledged"],
            snoozed=row["snoozed"],
            muted=row["muted"],
            news_at=row["news_at"],
            told_severity=row["told_severity"],
        )
        members.setdefault(row["group_key"], []).append(member)
    return members


def _look(group: asyncpg.Record, members: Sequence[Member], now: datetime) -> _Looked:
    verdict = decide(_waits(group), group["notified_at"], members, now, unsent=group["unsent"])
    return _Looked(group, members, verdict)


def _told(item: _Looked) -> Told:
    return Told(dict(item.group), item.members, item.verdict.reason)


def _waits(group: asyncpg.Record) -> Waits:
    return Waits(group["group_wait"], group["group_interval"], group["repeat_interval"])


async def _record(connection: Connection, looked: Sequence[_Looked], now: datetime) -> None:
    told = [item.group["key"] for item in looked if item.verdict.send]
    if told:
        await connection.execute(_TOLD, told)
    await connection.execute(_DONE, [item.group["key"] for item in looked], told)
    after = list(_after(looked, now))
    await connection.execute(_LOOKED, now, *([row[index] for row in after] for index in range(3)))


def _after(looked: Sequence[_Looked], now: datetime) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """(key, due_at, notified_at) of each group."""
    for item in looked:
        waits, verdict = _waits(item.group), item.verdict
        notified_at = told_at(waits, item.group["notified_at"], verdict, now)
        due_at = verdict.at
        if verdict.send:
            assert notified_at is not None
            due_at = next_look(waits, item.members, notified_at)
        yield item.group["key"], due_at, notified_at
