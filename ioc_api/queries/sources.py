"""SQL of /sources and /rejected."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from ioc_api.parameters import Span
from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection

PREVIEW = 1024


class RejectedFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks: of the units of sources."""

    units: list[str] | None
    span: Span
    source: str | None = None
    port: str | None = None
    reason: str | None = None
    after: tuple[datetime, str] | None = None


async def sources(connection: Connection, units: list[str] | None) -> list[dict[str, Any]]:
    """Return the sources in scope, by title."""
    where = Conditions()
    where.optional("unit = ANY({})", units)
    query = f"""
        SELECT source, kind, title, nullif(unit, '') AS unit, nullif(system, '') AS system, expected_within_seconds,
               working_time_only, silent_seconds, last_seen_at, events_total, rejected_total
        FROM v_sources {where.sql} ORDER BY title, source
    """
    return [dict(row) for row in await connection.fetch(query, *where.values)]


async def rejected(connection: Connection, asked: RejectedFilter, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` refused inputs, the newest first."""
    where = Conditions()
    where.add("received_at >= {} AND received_at < {}", asked.span.since, asked.span.until)
    where.optional("source IN (SELECT name FROM sources WHERE unit = ANY({}))", asked.units)
    where.optional("source = {}", asked.source)
    where.optional("port = {}", asked.port)
    where.optional("reason = {}", asked.reason)
    if asked.after is not None:
        where.add("(received_at, id) < ({}, {})", *asked.after)
    query = f"""
        SELECT id, received_at, source, port, reason, detail, length(raw) AS size,
               substring(raw FROM 1 FOR {PREVIEW}) AS raw
        FROM rejected {where.sql} ORDER BY received_at DESC, id DESC LIMIT {where.parameter(limit)}
    """
    return [dict(row) for row in await connection.fetch(query, *where.values)]
