"""Our firing alerts as Alertmanager shows them: status, receivers, groups. SQL at the end, the rest is pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from ioc_api.alertmanager.shapes import AlertGroup, AlertStatus, GettableAlert, Receiver
from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection
from ioc_core.label_matchers import LabelMatcher, all_match, in_order, routing_labels
from ioc_core.routing import Routing, group_labels, taken

STILL = timedelta(minutes=5)
"""`endsAt` of an alert that a rule of ours finds is so far ahead, as an alert of Prometheus' would be."""
_SILENCES = frozenset({"silence", "maintenance"})
_FIRING = """
SELECT a.fingerprint, a.rule, a.severity, a.labels, a.annotations, a.firing_at, a.updated_at,
       coalesce(a.details ->> 'generator_url', '') AS generator_url,
       CASE WHEN a.snoozed_until > {now} THEN a.snoozed_by END AS snoozed_by, e.ends_at,
       (SELECT array_agg(m.kind || ':' || m.ref ORDER BY m.kind, m.ref)
        FROM alert_mutes m WHERE m.alert_id = a.id) AS mutes
FROM alerts a LEFT JOIN external_alerts e ON a.origin = 'external' AND e.fingerprint = a.fingerprint
"""


class Wish(Struct, frozen=True, kw_only=True):
    """Which alerts are asked for."""

    filters: tuple[LabelMatcher, ...] = ()
    receiver: re.Pattern[str] | None = None
    active: bool = True
    silenced: bool = True
    inhibited: bool = True


class Shown(Struct, frozen=True, kw_only=True):
    """An alert with the groups that it belongs to: receiver and common labels, in the order of the routes."""

    alert: GettableAlert
    groups: Sequence[tuple[str, Mapping[str, str]]]


def shown(rows: Sequence[Mapping[str, Any]], routing: Routing | None, wish: Wish, now: datetime) -> Iterator[Shown]:
    """Yield the alerts that are wished for."""
    filters = in_order(wish.filters)
    for row in rows:
        labels = routing_labels(row["rule"], row["severity"], row["labels"])
        if not all_match(filters, labels):
            continue
        status = status_of(row["mutes"] or (), row["snoozed_by"])
        if not _is_wanted(status, wish):
            continue
        nodes = [] if routing is None else taken(routing.root, labels)
        groups = [(node.receiver, group_labels(node, labels)) for node in nodes]
        receivers = list(dict.fromkeys(receiver for receiver, _ in groups))
        if wish.receiver is not None and not any(map(wish.receiver.fullmatch, receivers)):
            continue
        alert = GettableAlert(
            fingerprint=row["fingerprint"],
            labels=labels,
            annotations={name: str(text) for name, text in row["annotations"].items() if text},
            receivers=[Receiver(name) for name in receivers],
            starts_at=row["firing_at"],
            updated_at=row["updated_at"],
            ends_at=row["ends_at"] or now + STILL,
            status=status,
            generator_url=row["generator_url"],
        )
        yield Shown(alert=alert, groups=groups)


def grouped(alerts: Sequence[Shown], receiver: re.Pattern[str] | None) -> list[AlertGroup]:
    """Return the groups of these alerts, by receiver and labels."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[GettableAlert]] = {}
    for item in alerts:
        for name, labels in item.groups:
            if receiver is None or receiver.fullmatch(name):
                members = found.setdefault((name, tuple(sorted(labels.items()))), [])
                if not members or members[-1] is not item.alert:  # two routes may lead to one group
                    members.append(item.alert)
    return [
        AlertGroup(labels=dict(labels), receiver=Receiver(name), alerts=members)
        for (name, labels), members in sorted(found.items(), key=lambda entry: entry[0])
    ]


def status_of(mutes: Sequence[str], snoozed_by: str | None) -> AlertStatus:
    """Return the status; `mutes` are written `kind:ref`. A snooze is shown as a silence named after whose it is."""
    silenced = [ref for kind, _, ref in (mute.partition(":") for mute in mutes) if kind in _SILENCES]
    inhibited = [mute for mute in mutes if mute.partition(":")[0] not in _SILENCES]
    if snoozed_by is not None:
        silenced.append(f"snooze:{snoozed_by}")
    state = AlertStatus(state="suppressed" if silenced or inhibited else "active", silenced_by=silenced)
    return state if not inhibited else AlertStatus(state=state.state, silenced_by=silenced, inhibited_by=inhibited)


def _is_wanted(status: AlertStatus, wish: Wish) -> bool:
    if status.state == "active":
        return wish.active
    return (wish.silenced or not status.silenced_by) and (wish.inhibited or not status.inhibited_by)


async def firing(connection: Connection, units: list[str] | None, now: datetime) -> list[Mapping[str, Any]]:
    """Return the rows of alerts that fire, the gravest and oldest first; those of `units`, None: all."""
    where = Conditions()
    where.add("a.state = 'firing'")
    where.optional("a.unit = ANY({})", units)
    query = _FIRING.replace("{now}", where.parameter(now))
    rows = await connection.fetch(f"{query} {where.sql} ORDER BY a.severity, a.firing_at, a.id", *where.values)
    return [dict(row) for row in rows]
