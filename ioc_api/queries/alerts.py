"""SQL of /alerts."""

from typing import Any

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection

_COLUMNS = """a.id, a.fingerprint, a.rule, a.severity, a.state, a.unit, coalesce(u.name, '') AS unit_name,
       coalesce(a.annotations ->> 'summary', a.rule) AS summary, a.labels, a.annotations, a.value, a.pending_at,
       a.firing_at, a.resolved_at, a.acknowledged_by, a.acknowledged_at, a.updated_at"""
_FROM = "FROM alerts a LEFT JOIN units u ON u.code = a.unit"


class AlertFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks."""

    units: list[str] | None
    states: list[str] | None = None
    severities: list[int] | None = None
    unit: str | None = None
    rule: str | None = None
    before: int | None = None  # id: the keyset


async def page(connection: Connection, asked: AlertFilter, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` alerts, the newest episode first."""
    where = Conditions()
    where.optional("a.unit = ANY({})", asked.units)
    where.optional("a.state = ANY({})", asked.states)
    where.optional("a.severity = ANY({}::smallint[])", asked.severities)
    where.optional("a.unit = {}", asked.unit)
    where.optional("a.rule = {}", asked.rule)
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
        "SELECT at, kind, actor, note FROM alert_history WHERE alert_id = $1 ORDER BY at, id LIMIT 1000", alert_id
    )
    return {**dict(row), "history": [dict(entry) for entry in history]}
