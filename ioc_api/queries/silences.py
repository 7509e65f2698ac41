"""SQL of /silences."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection
from ioc_core.label_matchers import LabelMatcher, all_match, in_order, routing_labels

RECENT = timedelta(days=7)
MOST_SHOWN = 100
MOST_LOOKED_AT = 20_000
"""Alerts of the last days that a preview looks at, those that plain conditions leave."""

_COLUMNS = """s.id, s.kind, s.matchers, s.scope, s.starts_at, s.ends_at, s.recurrence, s.until, s.comment,
       s.created_by, s.created_at, s.updated_at, s.expired_at,
       (SELECT count(*) FROM alert_mutes m WHERE m.kind = s.kind AND m.ref = s.id::text) AS muting"""


async def page(
    connection: Connection,
    *,
    units: list[str] | None,
    over: bool | None,
    now: datetime,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return at most `limit` silences, the newest first; those whose scope is in `units`, None: all."""
    where = Conditions()
    where.optional("s.scope = ANY({})", units)
    if over is not None:
        where.add(f"(s.expired_at IS NOT NULL OR s.over_at <= {{}}) = {str(over).lower()}", now)
    if before is not None:
        where.add("(s.created_at, s.id) < ({}, {})", *before)
    query = f"SELECT {_COLUMNS} FROM silences s {where.sql} ORDER BY s.created_at DESC, s.id DESC"
    rows = await connection.fetch(f"{query} LIMIT {where.parameter(limit)}", *where.values)
    return [dict(row) for row in rows]


async def one(connection: Connection, silence_id: UUID, units: list[str] | None) -> dict[str, Any] | None:
    """Return a silence, None when there is none or its scope isn't in `units`."""
    where = Conditions()
    where.add("s.id = {}", silence_id)
    where.optional("s.scope = ANY({})", units)
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM silences s {where.sql}", *where.values)
    return None if row is None else dict(row)


async def live_alerts(
    connection: Connection, matchers: Sequence[LabelMatcher], units: list[str] | None
) -> list[dict[str, Any]]:
    """Return the pending and firing alerts that meet the conditions, the gravest first."""
    where = _conditions(matchers, units)
    where.add("a.state IN ('pending', 'firing')")
    rows = await connection.fetch(
        "SELECT a.id, a.rule, a.severity, a.state, a.unit, coalesce(u.name, '') AS unit_name, a.labels,"
        " coalesce(a.annotations ->> 'summary', a.rule) AS summary"
        f" FROM alerts a LEFT JOIN units u ON u.code = a.unit {where.sql}"
        " ORDER BY a.severity, a.firing_at DESC NULLS LAST, a.id DESC",
        *where.values,
    )
    ordered = in_order(matchers)
    return [
        dict(row) for row in rows if all_match(ordered, routing_labels(row["rule"], row["severity"], row["labels"]))
    ]


async def recent_alerts(
    connection: Connection, matchers: Sequence[LabelMatcher], units: list[str] | None, since: datetime
) -> tuple[int, bool]:
    """Return how many alerts that meet the conditions began to fire since then, and whether there may be more."""
    where = _conditions(matchers, units)
    where.add("a.firing_at >= {}", since)
    rows = await connection.fetch(
        f"SELECT a.rule, a.severity, a.labels FROM alerts a {where.sql}"
        f" ORDER BY a.firing_at DESC LIMIT {where.parameter(MOST_LOOKED_AT + 1)}",
        *where.values,
    )
    ordered = in_order(matchers)
    looked_at = rows[:MOST_LOOKED_AT]
    count = sum(all_match(ordered, routing_labels(row["rule"], row["severity"], row["labels"])) for row in looked_at)
    return count, len(rows) > len(looked_at)


def _conditions(matchers: Sequence[LabelMatcher], units: list[str] | None) -> Conditions:
    """What the database can tell by itself: plain values that must be there."""
    where = Conditions()
    where.optional("a.unit = ANY({})", units)
    for matcher in matchers:
        if matcher.is_regex or not matcher.is_equal or not matcher.value:
            continue
        if matcher.name == "alertname":
            where.add("a.rule = {}", matcher.value)
        elif matcher.name == "severity":
            where.add("a.severity::text = {}", matcher.value)
        else:
            where.add("a.labels ->> {} = {}", matcher.name, matcher.value)
    return where
