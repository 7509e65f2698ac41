"""Escalations in the database, as sets: what runs, what is due, which steps were done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from alerts.escalation.calls import Call
from alerts.escalation.steps import Position
from alerts.grouping import Member, Reason
from alerts.store import history
from ioc_core.db import Connection
from ioc_core.oncall import Policy

WHY = {
    "acknowledged": "đã có người nhận",
    "snoozed": "đã tạm hoãn",
    "muted": "đã tắt tạm thời",
    "over": "cảnh báo đã hết",
    "returned": "gọi lại từ đầu",
    "policy_gone": "quy trình không còn trong cấu hình",
    "finished": "đã gọi hết các bước",
}
"""Why an escalation ended, as the history says it."""

_FIELDS = "e.id, e.group_key, e.policy, e.round, e.step, e.due_at, g.receiver, g.labels"
_START = """
INSERT INTO escalations (group_key, policy, due_at, state, started_at)
SELECT key, policy, due_at, 'running', $1
FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS n (key, policy, due_at)
ORDER BY key RETURNING id, group_key
"""
_RUNNING = f"""
SELECT {_FIELDS} FROM escalations e JOIN notification_groups g ON g.key = e.group_key
WHERE e.state = 'running' AND e.group_key = ANY($1::text[]) FOR NO KEY UPDATE OF e
"""
_DUE = f"""
SELECT {_FIELDS} FROM escalations e JOIN notification_groups g ON g.key = e.group_key
WHERE e.state = 'running' AND e.due_at <= $1 ORDER BY e.due_at, e.id LIMIT $2 FOR NO KEY UPDATE OF e
"""
# Whom nobody needs to be called for any more.
_IS_QUIET = """
e.state = 'running' AND NOT EXISTS (
    SELECT FROM notification_members m JOIN alerts a ON a.id = m.alert_id
    WHERE m.group_key = e.group_key AND a.state = 'firing'
      AND (a.acknowledged_by IS NULL OR a.acknowledged_until <= $1)
      AND (a.snoozed_until IS NULL OR a.snoozed_until <= $1)
      AND NOT EXISTS (SELECT FROM alert_mutes x WHERE x.alert_id = a.id))
"""
_QUIET = f"""
SELECT {_FIELDS} FROM escalations e JOIN notification_groups g ON g.key = e.group_key
WHERE {_IS_QUIET} ORDER BY e.id LIMIT $2 FOR NO KEY UPDATE OF e
"""
ANY_QUIET = f"SELECT EXISTS (SELECT FROM escalations e WHERE {_IS_QUIET})"
"""Whether there is an escalation to stop at $1."""
_END = """
UPDATE escalations e SET state = CASE n.reason WHEN 'finished' THEN 'finished' ELSE 'stopped' END, reason = n.reason,
                         ended_at = $1
FROM unnest($2::bigint[], $3::text[]) AS n (id, reason) WHERE e.id = n.id AND e.state = 'running'
"""
_MOVE = """
UPDATE escalations e SET round = n.round, step = n.step, due_at = n.due_at
FROM unnest($1::bigint[], $2::int[], $3::int[], $4::timestamptz[]) AS n (id, round, step, due_at) WHERE e.id = n.id
"""
_DONE = """
INSERT INTO escalation_steps (escalation_id, round, step, due_at, done_at, called) VALUES ($1, $2, $3, $4, $5, $6)
"""
NEXT = "SELECT min(due_at) FROM escalations WHERE state = 'running'"
"""When the next step is due."""


@dataclass(frozen=True, slots=True)
class Escalating:
    """A group on its way through a policy; `policy` is None when the file no longer has it."""

    id: int
    group: Mapping[str, object]  # key, receiver, labels
    policy: Policy | None
    position: Position
    members: Sequence[Member] = ()
    reason: Reason = Reason.ESCALATED

    @property
    def key(self) -> str:
        """The group's key."""
        return str(self.group["key"])


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done: whom it called."""

    item: Escalating
    calls: Sequence[Call]


async def start(connection: Connection, new: Sequence[tuple[str, Policy, Position]], now: datetime) -> dict[str, int]:
    """Start escalations (group key, policy, first step); return key → id."""
    keys, names = [key for key, _, _ in new], [policy.name for _, policy, _ in new]
    rows = await connection.fetch(_START, now, keys, names, [position.due_at for _, _, position in new])
    return {row["group_key"]: row["id"] for row in rows}


async def running(
    connection: Connection, keys: Sequence[str], policies: Mapping[str, Policy]
) -> dict[str, Escalating]:
    """Return the running escalations of these groups by key, locked."""
    found = [_escalating(row, policies) for row in await connection.fetch(_RUNNING, keys)]
    return {item.key: item for item in found}


async def due(connection: Connection, now: datetime, limit: int, policies: Mapping[str, Policy]) -> list[Escalating]:
    """Return some escalations with a step due, the longest overdue first, locked."""
    return [_escalating(row, policies) for row in await connection.fetch(_DUE, now, limit)]


async def quiet(connection: Connection, now: datetime, limit: int, policies: Mapping[str, Policy]) -> list[Escalating]:
    """Return some running escalations of which somebody has every alert, or put it off, or which are over, locked."""
    return [_escalating(row, policies) for row in await connection.fetch(_QUIET, now, limit)]


async def end(connection: Connection, ended: Sequence[tuple[Escalating, str]], now: datetime) -> None:
    """End running escalations for these reasons (of `WHY`); the alerts' history says so."""
    if not ended:
        return
    await connection.execute(_END, now, [item.id for item, _ in ended], [reason for _, reason in ended])
    await history(
        connection,
        now,
        (
            (member.alert_id, "escalation_stopped", f"{_title(item)}: {WHY[reason]}")
            for item, reason in ended
            for member in item.members
        ),
    )


async def record(
    connection: Connection, done: Sequence[Done], after: Sequence[tuple[Escalating, Position]], now: datetime
) -> None:
    """Keep the steps that were done, in the alerts' history too, and where their escalations stand now."""
    if not done:
        return
    await connection.executemany(
        _DONE,
        [
            (
                *(step.item.id, step.item.position.round, step.item.position.step, step.item.position.due_at, now),
                [call.receiver for call in step.calls],
            )
            for step in done
        ],
    )
    places = [position for _, position in after]
    await connection.execute(
        _MOVE,
        [item.id for item, _ in after],
        [place.round for place in places],
        [place.step for place in places],
        [place.due_at for place in places],
    )
    await history(connection, now, _told(done))


def _told(done: Sequence[Done]) -> Iterator[tuple[int, str, str]]:
    for step in done:
        place = step.item.position
        again = f", lần {place.round + 1}" if place.round else ""
        whom = ", ".join(f"{call.receiver.removeprefix('person:')} ({' '.join(call.channels)})" for call in step.calls)
        note = f"{_title(step.item)} · bước {place.step + 1}{again}: {whom or 'không có ai để gọi'}"
        for member in step.item.members:
            if member.firing and (not member.quiet or member.is_news):
                yield member.alert_id, "escalated", note


def _title(item: Escalating) -> str:
    return item.policy.title if item.policy is not None else str(item.group["policy"])


def _escalating(row: asyncpg.Record, policies: Mapping[str, Policy]) -> Escalating:
    return Escalating(
        id=row["id"],
        group={"key": row["group_key"], "receiver": row["receiver"], "labels": row["labels"], "policy": row["policy"]},
        policy=policies.get(row["policy"]),
        position=Position(row["round"], row["step"], row["due_at"]),
    )
