"""Puts alerts into the groups that receivers are told of, in the transaction in which the alerts change."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.routes import Group, Route, can_flood, flood_group_for, group_for, routes_for, routing_labels
from alerts.rule import Labels
from ioc_core.db import Connection

_GROUPS = """
INSERT INTO notification_groups (key, receiver, labels, group_wait, group_interval, repeat_interval, updated_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::interval[], $5::interval[], $6::interval[],
                     $7::timestamptz[])
ON CONFLICT (key) DO UPDATE SET group_wait = excluded.group_wait, group_interval = excluded.group_interval,
    repeat_interval = excluded.repeat_interval, updated_at = excluded.updated_at
"""

# What a receiver was told of an alert is known to it whatever group the alert is in now.
_MEMBERS = """
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[]) AS w (alert_id, group_key, severity)
), told AS (
    SELECT m.alert_id, g.receiver, min(m.told_severity) AS severity, min(m.news_at) AS news_at
    FROM notification_members m JOIN notification_groups g ON g.key = m.group_key
    WHERE m.alert_id = ANY($1::bigint[]) GROUP BY m.alert_id, g.receiver
)
INSERT INTO notification_members (group_key, alert_id, told_severity, news_at)
SELECT w.group_key, w.alert_id, t.severity,
       CASE WHEN t.severity IS NULL OR t.severity > w.severity THEN coalesce(t.news_at, $4) END
FROM wanted w
JOIN notification_groups g ON g.key = w.group_key
LEFT JOIN told t ON t.alert_id = w.alert_id AND t.receiver = g.receiver
ON CONFLICT (group_key, alert_id) DO UPDATE SET news_at = excluded.news_at
"""

_BEGUN_TOGETHER = """
SELECT id, begun FROM (
    SELECT id, count(*) OVER (PARTITION BY rule ORDER BY firing_at
                              RANGE BETWEEN interval '1 minute' PRECEDING AND CURRENT ROW) AS begun
    FROM alerts WHERE rule = ANY($1::text[])
      AND firing_at >= (SELECT min(firing_at) - interval '1 minute' FROM alerts WHERE id = ANY($2::bigint[]))
) counted WHERE id = ANY($2::bigint[])
"""

_LEFT = """
DELETE FROM notification_members m
WHERE m.alert_id = ANY($1::bigint[])
  AND NOT EXISTS (SELECT FROM unnest($2::bigint[], $3::text[]) AS w (alert_id, group_key)
                  WHERE w.alert_id = m.alert_id AND w.group_key = m.group_key)
RETURNING m.group_key
"""

_RENEW = """
UPDATE notification_members SET news_at = $2 WHERE alert_id = ANY($1::bigint[]) RETURNING group_key
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A firing alert as routing sees it."""

    alert_id: int
    rule: str
    severity: int
    labels: Labels


class Placement:
    """Knows the tree, and which receivers have a channel that works: the others are never told."""

    def __init__(self, root: Route, reachable: Collection[str]) -> None:
        self._root = root
        self._reachable = frozenset(reachable)
        self._floods = can_flood(root)

    async def place(self, connection: Connection, alerts: Sequence[Placed], observed_at: datetime) -> set[str]:
        """Put firing alerts where they belong now, and take them from where they don't; return the keys touched.

        What began, or grew graver than its receiver was told, is news since `observed_at`.
        """
        groups: dict[str, Group] = {}
        wanted: list[tuple[int, str, int]] = []
        begun = await _begun_together(connection, alerts) if self._floods and alerts else {}
        for alert in alerts:
            for group in self._groups_of(alert, begun.get(alert.alert_id, 0)):
                groups[group.key] = group
                wanted.append((alert.alert_id, group.key, alert.severity))
        await _write_groups(connection, [groups[key] for key in sorted(groups)], observed_at)
        ids, keys = [item[0] for item in wanted], [item[1] for item in wanted]
        await connection.execute(_MEMBERS, ids, keys, [item[2] for item in wanted], observed_at)
        left = await connection.fetch(_LEFT, [alert.alert_id for alert in alerts], ids, keys)
        return set(groups) | {row["group_key"] for row in left}

    def _groups_of(self, alert: Placed, begun: int) -> list[Group]:
        labels = routing_labels(alert.rule, alert.severity, alert.labels)
        found = {}
        for route in routes_for(self._root, labels):
            if route.receiver in self._reachable:
                flood = route.can_flood and route.flood_over is not None and begun > route.flood_over
                group = flood_group_for(route, labels) if flood else group_for(route, labels)
                found[group.key] = group
        return list(found.values())


async def end(connection: Connection, alert_ids: Sequence[int], observed_at: datetime) -> set[str]:
    """Make the end of these alerts news for whoever was told of them; return the keys of the groups."""
    rows = await connection.fetch(_RENEW, alert_ids, observed_at)
    return {row["group_key"] for row in rows}


async def renew(connection: Connection, alert_ids: Sequence[int], observed_at: datetime) -> set[str]:
    """Make these alerts news again for whoever was told of them; return the keys of the groups."""
    return await end(connection, alert_ids, observed_at) if alert_ids else set()


async def _begun_together(connection: Connection, alerts: Sequence[Placed]) -> dict[int, int]:
    """Return of each alert how many of its rule had begun to fire within the minute that ended with its beginning.

    That never changes, so an alert stays in the group of its flood.
    """
    rules = list({alert.rule for alert in alerts})
    rows = await connection.fetch(_BEGUN_TOGETHER, rules, [alert.alert_id for alert in alerts])
    return {row["id"]: row["begun"] for row in rows}


async def _write_groups(connection: Connection, groups: Sequence[Group], now: datetime) -> None:
    if groups:
        await connection.execute(
            _GROUPS,
            [group.key for group in groups],
            [group.receiver for group in groups],
            [dict(group.labels) for group in groups],
            [group.waits.group_wait for group in groups],
            [group.waits.group_interval for group in groups],
            [group.waits.repeat_interval for group in groups],
            [now] * len(groups),
        )
