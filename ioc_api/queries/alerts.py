"""SQL of /alerts."""

from typing import Any

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection

_COLUMNS = """a.id, a.fingerprint, a.rule, a.severity, a.state, a.unit, coalesce(u.name, '') AS unit_name,
       coalesce(a.annotations ->> 'summary', a.rule) AS summary, a.labels, a.annotations, a.value, a.pending_at,
       a.firing_at, a.resolved_at, a.acknowledged_by, a.acknowledged_at, a.acknowledged_until, a.assigned_to,
       a.assigned_at, a.snoozed_by, a.snoozed_until, a.closed_by, a.closed_at, a.closed_until, a.close_reason,
       a.reopened_at, a.updated_at,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', m.kind, 'ref', m.ref, 'reason', m.reason,
                                                     'since', m.since, 'until', m.until)
                                  ORDER BY m.since, m.kind, m.ref), '[]')
        FROM alert_mutes m WHERE m.alert_id = a.id) AS mutes"""
_FROM = "FROM alerts a LEFT JOIN units u ON u.code = a.unit"


class AlertFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks."""

    units: list[str] | None
    states: list[str] | None = None
    severities: list[int] | None = None
    unit: str | None = None
    rule: str | None = None
    acknowledged: bool | None = None
    snoozed: bool | None = None
    muted: bool | None = None
    assigned_to: str | None = None  # '': nobody
    words: str | None = None  # in the summary or the labels
    before: int | None = None  # id: the keyset


async def page(connection: Connection, asked: AlertFilter, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` alerts, the newest episode first."""
    where = Conditions()
    where.optional("a.unit = ANY({})", asked.units)
    where.optional("a.state = ANY({})", asked.states)
    where.optional("a.severity = ANY({}::smallint[])", asked.severities)
    where.optional("a.unit = {}", asked.unit)
    where.optional("a.rule = {}", asked.rule)
    where.optional("(a.acknowledged_by IS NOT NULL) = {}", asked.acknowledged)
    where.optional("(a.snoozed_until IS NOT NULL) = {}", asked.snoozed)
    where.optional("EXISTS (SELECT FROM alert_mutes m WHERE m.alert_id = a.id) = {}", asked.muted)
    if asked.assigned_to == "":
        where.add("a.assigned_to IS NULL")
    else:
        where.optional("a.assigned_to = {}", asked.assigned_to)
    if asked.words is not None:
        text = "coalesce(a.annotations ->> 'summary', '') || ' ' || a.rule || ' ' || a.labels::text"
        where.add(f"({text}) ILIKE {{}}", _within(asked.words))
    where.optional("a.id < {}", asked.before)
    query = f"SELECT {_COLUMNS} {_FROM} {where.sql} ORDER BY a.id DESC LIMIT {where.parameter(limit)}"
    return [dict(row) for row in await connection.fetch(query, *where.values)]


async def one(connection: Connection, alert_id: int, units: list[str] | None) -> dict[str, Any] | None:
    """Return an alert with its history, None when there is none or it is out of scope."""
    where = Conditions()
    where.optional("a.id = {}", alert_id)
    where.optional("a.unit = ANY({})", units)
    row = await connection.fetchrow(f"SELECT {_COLUMNS}, a.details {_FROM} {where.sql}", *where.values)
    if row is None:
        return None
    history = await connection.fetch(
        "SELECT at, kind, actor, note, until, person FROM alert_history WHERE alert_id = $1"
        " ORDER BY at, id LIMIT 1000",
        alert_id,
    )
    return {**dict(row), "history": [dict(entry) for entry in history]}


async def in_scope(connection: Connection, alert_ids: list[int], units: list[str] | None) -> list[int]:
    """Return those of these alerts that there are, in scope."""
    where = Conditions()
    where.add("id = ANY({}::bigint[])", alert_ids)
    where.optional("unit = ANY({})", units)
    return [row["id"] for row in await connection.fetch(f"SELECT id FROM alerts {where.sql}", *where.values)]


async def people(connection: Connection, roles: list[str]) -> list[dict[str, Any]]:
    """Return the people of these roles who can sign in, by name."""
    rows = await connection.fetch(
        "SELECT name, full_name FROM users WHERE role = ANY($1) AND disabled_at IS NULL ORDER BY full_name, name",
        roles,
    )
    return [dict(row) for row in rows]


def _within(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
