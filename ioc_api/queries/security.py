"""SQL of /security-events."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from ioc_api.parameters import Span
from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection

_COLUMNS = """source, event_id, observed_at, received_at, event_category, event_severity, message, event_action,
       event_outcome, host_name, source_ip, user_name, rule_name, process_name, unit, system"""


class SecurityFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks."""

    units: list[str] | None
    span: Span
    severity: int | None = None
    category: str | None = None
    action: str | None = None
    source: str | None = None
    host: str | None = None
    source_ip: str | None = None
    user: str | None = None
    system: str | None = None
    within: str | None = None
    after: tuple[datetime, str, str] | None = None
    raw: bool = False


async def page(connection: Connection, asked: SecurityFilter, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` events, the newest first."""
    where = Conditions()
    where.add("observed_at >= {} AND observed_at < {}", asked.span.since, asked.span.until)
    where.optional("unit = ANY({})", asked.units)
    where.optional("unit = ANY(units_within({}))", asked.within)
    where.optional("event_severity >= {}", asked.severity)
    where.optional("event_category = {}", asked.category)
    where.optional("event_action = {}", asked.action)
    where.optional("source = {}", asked.source)
    where.optional("host_name = {}", asked.host)
    where.optional("source_ip = {}", asked.source_ip)
    where.optional("user_name = {}", asked.user)
    where.optional("system = {}", asked.system)
    if asked.after is not None:
        where.add("(observed_at, source, event_id) < ({}, {}, {})", *asked.after)
    raw = "raw" if asked.raw else "NULL::text AS raw"
    query = (
        f"SELECT {_COLUMNS}, {raw} FROM security_events {where.sql}"
        f" ORDER BY observed_at DESC, source DESC, event_id DESC LIMIT {where.parameter(limit)}"
    )
    return [dict(row) for row in await connection.fetch(query, *where.values)]
