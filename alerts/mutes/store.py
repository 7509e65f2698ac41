"""Mutes in the database: those that there are, and the difference to those that there should be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.mutes.mute import Kind, Mute, Mutes, Target
from alerts.store import ENGINE
from ioc_core.db import Connection
from ioc_core.label_matchers import routing_labels

WARN_BEFORE = timedelta(minutes=30)
"""So long before a silence ends while it still mutes an alert, the alert's history says so."""

LINGER = timedelta(minutes=2)
"""An alert that another explained stays muted for so long after that one ended: what comes back with it takes a moment
to be seen to be back."""
_LINGERING = frozenset({Kind.INHIBITED, Kind.DEPENDENCY, Kind.STORM})

_FIRING = """
SELECT id, rule, severity, labels, unit, coalesce(annotations ->> 'summary', rule) AS summary, fingerprint, firing_at
FROM alerts WHERE state = 'firing' AND {} ORDER BY id
"""
_CURRENT = """
SELECT alert_id, kind, ref, reason, until FROM alert_mutes WHERE $1::bigint[] IS NULL OR alert_id = ANY($1)
"""
_INSERT = """
INSERT INTO alert_mutes (alert_id, kind, ref, reason, until, since)
SELECT *, $6 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
"""
_CHANGE = """
UPDATE alert_mutes m SET reason = n.reason, until = n.until,
                         warned_at = CASE WHEN m.until IS DISTINCT FROM n.until THEN NULL ELSE m.warned_at END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
     AS n (alert_id, kind, ref, reason, until)
WHERE m.alert_id = n.alert_id AND m.kind = n.kind AND m.ref = n.ref
"""
_DELETE = """
DELETE FROM alert_mutes m USING unnest($1::bigint[], $2::text[], $3::text[]) AS n (alert_id, kind, ref)
WHERE m.alert_id = n.alert_id AND m.kind = n.kind AND m.ref = n.ref
"""
_HISTORY = """
INSERT INTO alert_history (alert_id, at, kind, actor, note, until)
SELECT n.alert_id, $1, $2, $3, n.note, n.until
FROM unnest($4::bigint[], $5::text[], $6::timestamptz[]) AS n (alert_id, note, until)
"""
# One that lasts no longer than the warning is ahead of its end needs none.
_TO_WARN = """kind IN ('silence', 'maintenance') AND warned_at IS NULL AND since < until - interval '30 minutes'"""
_WARN = f"""
UPDATE alert_mutes SET warned_at = $1
WHERE {_TO_WARN} AND until <= $1::timestamptz + interval '30 minutes' AND until > $1
RETURNING alert_id, reason, until
"""
NEXT_WARNING = f"SELECT min(until - interval '30 minutes') FROM alert_mutes WHERE {_TO_WARN}"
"""The instant at which the next silence is so near its end that it is said."""
NEXT_END = "SELECT min(until) FROM alert_mutes WHERE kind NOT IN ('silence', 'maintenance')"
"""The instant at which the next mute ends that isn't a silence's: its cause is gone, or the alert is calm."""
_BEGINNINGS = """
SELECT n.id, count(*) AS times
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::interval[]) AS n (id, fingerprint, firing_at, within)
JOIN alerts a ON a.fingerprint = n.fingerprint AND a.firing_at <= n.firing_at AND a.firing_at > n.firing_at - n.within
GROUP BY n.id
"""


_ByKey = Mapping[int, Mapping[tuple[Kind, str], Mute]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a round changed: alerts that weren't muted and are, and those that were and aren't any more."""

    muted: frozenset[int]
    unmuted: frozenset[int]


async def targets(
    connection: Connection, alert_ids: Sequence[int] | None = None, *, rules: Collection[str] | None = None
) -> list[Target]:
    """Return the firing alerts, all, or those of these ids, or of these rules."""
    if alert_ids is not None:
        rows = await connection.fetch(_FIRING.format("id = ANY($1::bigint[])"), alert_ids)
    elif rules is not None:
        rows = await connection.fetch(_FIRING.format("rule = ANY($1::text[])"), list(rules))
    else:
        rows = await connection.fetch(_FIRING.format("true"))
    return [
        Target(
            row["id"],
            routing_labels(row["rule"], row["severity"], row["labels"]),
            row["unit"],
            summary=row["summary"],
            fingerprint=row["fingerprint"],
            firing_at=row["firing_at"],
        )
        for row in rows
    ]


async def beginnings(connection: Connection, suspects: Sequence[tuple[Target, timedelta]]) -> dict[int, int]:
    """Return how often each of these alerts began in the while before its last beginning, that one among them."""
    if not suspects:
        return {}
    columns = (
        [target.alert_id for target, _ in suspects],
        [target.fingerprint for target, _ in suspects],
        [target.firing_at for target, _ in suspects],
        [within for _, within in suspects],
    )
    return {row["id"]: row["times"] for row in await connection.fetch(_BEGINNINGS, *columns)}


async def keep(connection: Connection, wanted: Mutes, alert_ids: Sequence[int] | None, now: datetime) -> Kept:
    """Make `wanted` the mutes of these alerts (None: of all), with their history; say what changed."""
    before: dict[int, dict[tuple[Kind, str], Mute]] = {}
    for row in await connection.fetch(_CURRENT, alert_ids):
        mute = Mute(Kind(row["kind"]), row["ref"], row["reason"], row["until"])
        before.setdefault(row["alert_id"], {})[mute.kind, mute.ref] = mute
    after = {alert_id: {(mute.kind, mute.ref): mute for mute in mutes} for alert_id, mutes in wanted.items() if mutes}
    for alert_id, known in before.items():
        for key, mute in known.items():
            lingering = _lingers(mute, now)
            if lingering is not None and key not in after.get(alert_id, {}):
                after.setdefault(alert_id, {})[key] = lingering
    begun = _missing(after, before)
    ended = _missing(before, after)
    changed = [
        (alert_id, mute)
        for alert_id, mutes in after.items()
        for key, mute in mutes.items()
        if before.get(alert_id, {}).get(key, mute) != mute
    ]
    if begun:
        await connection.execute(_INSERT, *_columns(begun, 5), now)
        entries = [(alert_id, mute.reason, mute.until) for alert_id, mute in begun]
        await _write_history(connection, "muted", entries, now)
    if changed:
        await connection.execute(_CHANGE, *_columns(changed, 5))
    if ended:
        await connection.execute(_DELETE, *_columns(ended, 3))
        await _write_history(connection, "unmuted", [(alert_id, mute.reason, None) for alert_id, mute in ended], now)
    return Kept(frozenset(after.keys() - before.keys()), frozenset(before.keys() - after.keys()))


async def forget(connection: Connection, alert_ids: Sequence[int]) -> None:
    """Drop the mutes of alerts that fire no more."""
    if alert_ids:
        await connection.execute("DELETE FROM alert_mutes WHERE alert_id = ANY($1::bigint[])", alert_ids)


async def warn(connection: Connection, now: datetime) -> int:
    """Say in the history of alerts whose silence ends soon that it does; return how many there are."""
    rows = await connection.fetch(_WARN, now)
    entries = [(row["alert_id"], f"Sắp hết: {row['reason']}", row["until"]) for row in rows]
    await _write_history(connection, "muted", entries, now)
    return len(rows)


def _lingers(mute: Mute, now: datetime) -> Mute | None:
    """Return what a mute whose cause is gone is still; None: it is over."""
    if mute.kind not in _LINGERING:
        return None
    until = now + LINGER if mute.until is None else mute.until
    return replace(mute, until=until) if until > now else None


def _missing(these: _ByKey, there: _ByKey) -> list[tuple[int, Mute]]:
    return [
        (alert_id, mute)
        for alert_id, mutes in sorted(these.items())
        for key, mute in mutes.items()
        if key not in there.get(alert_id, {})
    ]


def _columns(mutes: Sequence[tuple[int, Mute]], number: int) -> list[list[object]]:
    rows = [(alert_id, mute.kind, mute.ref, mute.reason, mute.until) for alert_id, mute in mutes]
    return [[row[index] for row in rows] for index in range(number)]


async def _write_history(
    connection: Connection, kind: str, entries: Sequence[tuple[int, str, datetime | None]], now: datetime
) -> None:
    if entries:
        columns = ([entry[index] for entry in entries] for index in range(3))
        await connection.execute(_HISTORY, now, kind, ENGINE, *columns)
