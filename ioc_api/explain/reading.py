"""Everything that an explanation stands on, as of one instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_core import routing
from ioc_core.db import Connection
from ioc_core.label_matchers import routing_labels
from ioc_core.routing import Routing

Row = Mapping[str, Any]
MOST = 200
"""Deliveries and lines of history, the newest."""

_ALERT = """
SELECT id, rule, origin, severity, labels, details, value, state, unit, fingerprint, pending_at, firing_at,
       absent_since, resolved_at, acknowledged_by, acknowledged_at, acknowledged_until, snoozed_by, snoozed_at,
       snoozed_until, closed_by, closed_at, coalesce(annotations ->> 'summary', rule) AS summary
FROM alerts
"""
_HISTORY = """
SELECT at, kind, actor, note, until, person FROM (
    SELECT id, at, kind, actor, note, until, person FROM alert_history WHERE alert_id = $1
    ORDER BY at DESC, id DESC LIMIT $2
) newest ORDER BY at, id
"""
_EVALUATION = """
SELECT rule_group, file, line, evaluated_at, ok_at, failing_since, error FROM rule_evaluations WHERE rule = $1
"""
_EXTERNAL = "SELECT received_at, ends_at FROM external_alerts WHERE fingerprint = $1"
_GROUPS = """
SELECT g.key, g.receiver, g.labels, g.group_wait, g.group_interval, g.repeat_interval, g.notified_at, g.due_at,
       m.news_at, m.told_severity,
       (SELECT count(*) FROM notification_members o WHERE o.group_key = g.key) AS members
FROM notification_members m JOIN notification_groups g ON g.key = m.group_key
WHERE m.alert_id = $1 ORDER BY g.receiver, g.key
"""
_MUTES = "SELECT kind, ref, reason, since, until FROM alert_mutes WHERE alert_id = $1 ORDER BY since, kind, ref"
_DELIVERIES = """
SELECT id, receiver, channel, severity, state, attempts, created_at, next_attempt_at, finished_at, error,
       message ->> 'reason' AS reason, escalation_id
FROM notifications WHERE alert_ids @> ARRAY[$1::bigint] ORDER BY id DESC LIMIT $2
"""
_ESCALATIONS = """
SELECT e.id, g.receiver, e.policy, e.round, e.step, e.due_at, e.state, e.reason, e.started_at, e.ended_at,
       (SELECT jsonb_agg(jsonb_build_object('round', s.round, 'step', s.step, 'done_at', s.done_at, 'called', s.called)
                         ORDER BY s.round, s.step)
        FROM escalation_steps s WHERE s.escalation_id = e.id) AS steps,
       (SELECT array_agg(DISTINCT p.person ORDER BY p.person) FROM person_messages p
        WHERE p.escalation_id = e.id AND p.told_at IS NULL AND p.dropped_at IS NULL) AS waiting
FROM escalations e JOIN notification_groups g ON g.key = e.group_key
WHERE e.group_key IN (SELECT group_key FROM notification_members WHERE alert_id = $1)
   OR e.id IN (SELECT escalation_id FROM notifications WHERE alert_ids @> ARRAY[$1::bigint])
ORDER BY e.id DESC LIMIT $2
"""
_LEADER = "SELECT leader, since, epoch FROM alert_leader"


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of one alert; rows as the tables have them, deliveries and escalations the oldest first."""

    alert: Row
    history: Sequence[Row]
    evaluation: Row | None
    external: Row | None
    groups: Sequence[Row]
    mutes: Sequence[Row]
    deliveries: Sequence[Row]
    escalations: Sequence[Row]
    leader: Row
    routing: Routing | None

    @property
    def labels(self) -> dict[str, str]:
        """What routes and silences see."""
        return routing_labels(self.alert["rule"], self.alert["severity"], self.alert["labels"])


async def facts(connection: Connection, alert_id: int, units: list[str] | None) -> Facts | None:
    """Return what is known; None when there is no such alert in `units` (None: all)."""
    where = Conditions()
    where.add("id = {}", alert_id)
    where.optional("unit = ANY({})", units)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        alert = await connection.fetchrow(f"{_ALERT} {where.sql}", *where.values)
        if alert is None:
            return None
        leader = await connection.fetchrow(_LEADER)
        assert leader is not None
        external = alert["origin"] == "external"
        return Facts(
            alert=dict(alert),
            history=_rows(await connection.fetch(_HISTORY, alert_id, MOST)),
            evaluation=None if external else _row(await connection.fetchrow(_EVALUATION, alert["rule"])),
            external=_row(await connection.fetchrow(_EXTERNAL, alert["fingerprint"])) if external else None,
            groups=_rows(await connection.fetch(_GROUPS, alert_id)),
            mutes=_rows(await connection.fetch(_MUTES, alert_id)),
            deliveries=_rows(await connection.fetch(_DELIVERIES, alert_id, MOST))[::-1],
            escalations=_rows(await connection.fetch(_ESCALATIONS, alert_id, MOST))[::-1],
            leader=dict(leader),
            routing=await routing.recorded(connection),
        )


def _row(record: asyncpg.Record | None) -> Row | None:
    return None if record is None else dict(record)


def _rows(records: Sequence[asyncpg.Record]) -> list[Row]:
    return [dict(record) for record in records]


def until_of(row: Row, name: str, now: datetime) -> bool:
    """Whether what `name` says of an alert (acknowledged, snoozed) holds at `now`."""
    until = row[f"{name}_until"]
    return row[f"{name}_by"] is not None and (until is None or until > now)
