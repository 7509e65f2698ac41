"""Alerts that other systems send: kept as they were sent last, until the leader of the alert engine has seen to them.

Whoever receives them (the API) writes the table; the leader, which alone owns alerts, reads it. A sending that changes
nothing but the end leaves no mark; everything else marks the row, and a mark is only taken off in the transaction that
changes the alert. So whichever process dies, what was accepted is seen to.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from ioc_core.db.pool import Connection
from ioc_core.events import content_id

# An alert that was never seen firing isn't worth a row. Of two senders of one alert (replicas of one Prometheus) the
# later end holds, except when one of them says that it is over; and who sent it first stays in the details. The same
# labels after the end are a new episode.
_RECEIVE = """
INSERT INTO external_alerts AS e (fingerprint, rule, severity, labels, details, annotations, starts_at, ends_at,
                                  received_at)
SELECT n.fingerprint, n.rule, n.severity, n.labels, n.details, n.annotations, n.starts_at, n.ends_at, $1
FROM unnest($2::text[], $3::text[], $4::smallint[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::timestamptz[],
            $9::timestamptz[])
     AS n (fingerprint, rule, severity, labels, details, annotations, starts_at, ends_at)
WHERE n.ends_at > $1 OR EXISTS (SELECT FROM external_alerts known WHERE known.fingerprint = n.fingerprint)
ORDER BY n.fingerprint
ON CONFLICT (fingerprint) DO UPDATE SET
    severity = excluded.severity, annotations = excluded.annotations,
    details = CASE WHEN e.ends_at > $1 THEN e.details ELSE excluded.details END,
    starts_at = CASE WHEN e.ends_at > $1 THEN least(e.starts_at, excluded.starts_at) ELSE excluded.starts_at END,
    ends_at = CASE WHEN e.ends_at > $1 AND excluded.ends_at > $1 THEN greatest(e.ends_at, excluded.ends_at)
                   ELSE excluded.ends_at END,
    received_at = $1, sendings = e.sendings + 1,
    waiting = e.waiting OR e.ends_at <= $1 OR excluded.ends_at <= $1 OR e.severity <> excluded.severity
              OR e.annotations <> excluded.annotations
RETURNING e.waiting
"""

_TO_SEE = """
SELECT fingerprint, rule, severity, labels, details, annotations, starts_at, ends_at, received_at, sendings
FROM external_alerts WHERE waiting OR ends_at <= $1 ORDER BY received_at, fingerprint LIMIT $2
"""
_NEXT_END = "SELECT min(ends_at) FROM external_alerts"
# What was sent meanwhile stays marked.
_OVER = """
DELETE FROM external_alerts e USING unnest($1::text[], $2::bigint[]) AS n (fingerprint, sendings)
WHERE e.fingerprint = n.fingerprint AND e.sendings = n.sendings AND e.ends_at <= $3
"""
_SEEN = """
UPDATE external_alerts e SET waiting = false FROM unnest($1::text[], $2::bigint[]) AS n (fingerprint, sendings)
WHERE e.fingerprint = n.fingerprint AND e.sendings = n.sendings AND e.waiting
"""


class ExternalAlert(Struct, frozen=True, kw_only=True):
    """One alert as it was sent last. `rule` is its alertname; `labels` are the others, without severity."""

    fingerprint: str
    rule: str
    severity: int
    labels: Mapping[str, str]
    details: Mapping[str, Any]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime


class Seen(Struct, frozen=True, kw_only=True):
    """A row as the leader read it; `sendings` tells whether it was sent again since."""

    alert: ExternalAlert
    received_at: datetime
    sendings: int


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return what tells one external alert from every other alert, a rule's too: the same labels, the same alert."""
    return content_id("external", *(part for name in sorted(labels) for part in (name, labels[name])))


async def receive(connection: Connection, alerts: Sequence[ExternalAlert], now: datetime) -> bool:
    """Keep what was sent at `now`, distinct by fingerprint; return whether there is anything for the leader to see."""
    if not alerts:
        return False
    rows = await connection.fetch(
        _RECEIVE,
        now,
        [alert.fingerprint for alert in alerts],
        [alert.rule for alert in alerts],
        [alert.severity for alert in alerts],
        [alert.labels for alert in alerts],
        [alert.details for alert in alerts],
        [alert.annotations for alert in alerts],
        [alert.starts_at for alert in alerts],
        [alert.ends_at for alert in alerts],
    )
    return any(row["waiting"] for row in rows)


async def to_see(connection: Connection, now: datetime, limit: int) -> list[Seen]:
    """Return at most `limit` rows that were marked, or whose end has come, those that wait longest first."""
    return [
        Seen(
            alert=ExternalAlert(**{name: row[name] for name in ExternalAlert.__struct_fields__}),
            received_at=row["received_at"],
            sendings=row["sendings"],
        )
        for row in await connection.fetch(_TO_SEE, now, limit)
    ]


async def saw(connection: Connection, rows: Sequence[Seen], now: datetime) -> None:
    """Take the marks off these rows, and forget those that are over by `now`; not of what was sent meanwhile."""
    marks = [row.alert.fingerprint for row in rows], [row.sendings for row in rows]
    await connection.execute(_OVER, *marks, now)
    await connection.execute(_SEEN, *marks)


async def next_end(connection: Connection) -> datetime | None:
    """Return when the next of them is over unless it is sent again; None when there is none."""
    at: datetime | None = await connection.fetchval(_NEXT_END)
    return at
