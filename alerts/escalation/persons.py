"""What each person was told and when: pages that go by themselves, and those that wait for a digest."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.escalation import digest
from alerts.escalation.calls import receiver_of
from alerts.escalation.digest import Waiting
from alerts.escalation.outgoing import Outgoing
from ioc_core.db import Connection

_TOLD = (
    "SELECT person, told_at FROM person_messages WHERE person = ANY($1::text[]) AND told_at > $2 AND digest IS NULL"
)
_KEEP = """
INSERT INTO person_messages (person, kind, escalation_id, round, step, channels, severity, alert_ids, called_at,
                             told_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_WAITING = """
SELECT w.person, min(w.called_at) AS oldest, min(w.severity)::int AS gravest,
       (SELECT max(d.told_at) FROM person_messages d WHERE d.person = w.person AND d.kind = 'digest') AS digest_at
FROM person_messages w WHERE w.told_at IS NULL AND w.dropped_at IS NULL GROUP BY w.person
"""
_TAKE = """
SELECT id, channels, alert_ids, called_at FROM person_messages
WHERE person = $1 AND told_at IS NULL AND dropped_at IS NULL ORDER BY id FOR UPDATE
"""
_DIGEST = """
INSERT INTO person_messages (person, kind, channels, severity, alert_ids, called_at, told_at)
VALUES ($1, 'digest', $2, $3, $4, $5, $5) RETURNING id
"""
_IN_DIGEST = "UPDATE person_messages SET told_at = $2, digest = $3 WHERE id = ANY($1::bigint[])"
_DROP = "UPDATE person_messages SET dropped_at = $2 WHERE id = ANY($1::bigint[])"
# Who was told of these groups by a page and has not been told since that it is over.
_PAGED = """
SELECT e.group_key, m.person, max(e.id) AS escalation_id, array_agg(DISTINCT c.name ORDER BY c.name) AS channels
FROM escalations e
JOIN person_messages m ON m.escalation_id = e.id AND m.kind IN ('page', 'news') AND m.told_at IS NOT NULL
CROSS JOIN LATERAL unnest(m.channels) AS c (name)
WHERE e.group_key = ANY($1::text[])
  AND NOT EXISTS (SELECT FROM person_messages x JOIN escalations y ON y.id = x.escalation_id
                  WHERE y.group_key = e.group_key AND x.person = m.person AND x.kind = 'end' AND x.id > m.id)
GROUP BY e.group_key, m.person ORDER BY 1, 2
"""


async def admit(
    connection: Connection, going: Sequence[tuple[Outgoing, int]], kind: str, now: datetime
) -> list[Outgoing]:
    """Return those of `going` (message, round) that go out by themselves.

    `kind`: `page` of a step, `news` of a group that is on its way, `end`. What is too much waits for a digest; that
    something is over isn't told then.
    """
    told = await _told(connection, [str(item.call.person) for item, _ in going], now)
    admitted, rows = [], []
    for item, around in going:
        person = str(item.call.person)
        alone = digest.goes_by_itself(told.setdefault(person, []), now)
        if alone:
            told[person].append(now)
            admitted.append(item)
        elif kind == "end":
            continue
        firing = [member for member in item.members if member.firing or kind == "end"]
        severity = min(member.severity for member in firing)
        ids = [member.alert_id for member in firing]
        place = (around, item.step) if kind == "page" else (None, None)
        called = (list(item.call.channels), severity, ids, now, now if alone else None)
        rows.append((person, kind, item.escalation, *place, *called))
    if rows:
        await connection.executemany(_KEEP, rows)
    return admitted


async def waiting(connection: Connection) -> dict[str, Waiting]:
    """Return for each person what waits for a digest."""
    rows = await connection.fetch(_WAITING)
    return {row["person"]: Waiting(row["oldest"], row["gravest"], row["digest_at"]) for row in rows}


async def take(connection: Connection, person: str) -> tuple[list[int], list[str], list[int]]:
    """Return what waits for the person's digest: messages, channels and alerts, each once; the rows are locked."""
    rows = await connection.fetch(_TAKE, person)
    channels = dict.fromkeys(channel for row in rows for channel in row["channels"])
    alerts = dict.fromkeys(alert_id for row in rows for alert_id in row["alert_ids"])
    return [row["id"] for row in rows], list(channels), list(alerts)


async def keep_digest(
    connection: Connection, person: str, messages: Sequence[int], content: Mapping[str, object], now: datetime
) -> int | None:
    """Mark messages as told in a digest of `content` (channels, severity, alert_ids), and return its id.

    With no alerts in it there is no digest: nothing of what waited needs anybody any more.
    """
    ids = content["alert_ids"]
    if not ids:
        await connection.execute(_DROP, messages, now)
        return None
    number: int = await connection.fetchval(_DIGEST, person, content["channels"], content["severity"], ids, now)
    await connection.execute(_IN_DIGEST, messages, now, number)
    return number


async def paged(connection: Connection, keys: Sequence[str]) -> list[tuple[str, str, int, tuple[str, ...]]]:
    """Return (group key, receiver, escalation, channels) of everybody who was paged of these groups."""
    rows = await connection.fetch(_PAGED, keys)
    return [
        (row["group_key"], receiver_of(row["person"]), row["escalation_id"], tuple(row["channels"])) for row in rows
    ]


async def _told(connection: Connection, people: Sequence[str], now: datetime) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for row in await connection.fetch(_TOLD, sorted(set(people)), now - digest.WITHIN):
        found.setdefault(row["person"], []).append(row["told_at"])
    return found
