"""SQL of /dossiers: pages, one dossier, summaries."""

import sys
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ioc_api.parameters import Span
from ioc_api.queries.conditions import Conditions
from ioc_core.db import Connection

Sort = Literal["told", "due", "code"]
Dimension = Literal["unit", "procedure", "field", "channel", "status", "level"]

_SURROGATES, _AFTER_SURROGATES = 0xD800, 0xE000
_OVERDUE = "d.is_open AND d.late_at < {now}"
_COLUMNS = """d.code, d.source, d.status, d.work_unit AS unit,
       coalesce(u.name, d.resolving_text, d.receiving_text, 'Chưa ánh xạ') AS unit_name, d.receiving_unit,
       d.procedure_code, coalesce(p.name, d.procedure_name, '') AS procedure_name,
       coalesce(p.field_name, d.field_name, '') AS field_name, d.channel, d.filed_at, d.accepted_at, d.due_at,
       d.finished_at, d.returned_at, d.ended_at, d.is_open, d.waiting_for_citizen, d.on_time, d.step_department,
       d.effective_at, d.told_at"""
_FROM = "FROM dossiers d LEFT JOIN units u ON u.code = d.work_unit LEFT JOIN procedures p ON p.code = d.procedure_code"

_ORDER: dict[Sort, str] = {
    "told": "d.told_at DESC, d.code DESC",
    "due": "d.due_at, d.code",
    "code": "d.code USING ~<~",
}
_AFTER: dict[Sort, str] = {
    "told": "(d.told_at, d.code) < ({}, {})",
    "due": "(d.due_at, d.code) > ({}, {})",
    "code": "d.code ~>~ {}",
}

_TIMELINE = """
SELECT observed_at, received_at, source, record, status, resolving_unit AS unit, step_department, body
FROM dossier_events WHERE code = $1 ORDER BY observed_at, received_at LIMIT 1000
"""


class DossierFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks; `after` the sort key of a page's end."""

    now: datetime
    units: list[str] | None
    within: str | None = None
    statuses: list[int] | None = None
    open: bool | None = None
    overdue: bool | None = None
    procedure: str | None = None
    channel: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    prefix: str | None = None
    sort: Sort = "told"
    after: tuple[Any, ...] | None = None


async def page(connection: Connection, asked: DossierFilter, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` dossiers in the order asked for."""
    where = _conditions(asked)
    now = where.parameter(asked.now)
    overdue = f"coalesce({_OVERDUE.format(now=now)}, false) AS overdue"
    end = f"ORDER BY {_ORDER[asked.sort]} LIMIT {where.parameter(limit)}"
    query = f"SELECT {_COLUMNS}, {overdue} {_FROM} {where.sql} {end}"
    return [dict(row) for row in await connection.fetch(query, *where.values)]


def _conditions(asked: DossierFilter) -> Conditions:
    where = Conditions()
    where.optional("d.work_unit = ANY({})", asked.units)
    where.optional("d.work_unit = ANY(units_within({}))", asked.within)
    where.optional("d.status = ANY({}::smallint[])", asked.statuses)
    if asked.open is not None:
        where.add("d.is_open" if asked.open else "NOT d.is_open")
    if asked.overdue is not None:
        overdue = _OVERDUE.format(now=where.parameter(asked.now))
        where.add(f"({overdue})" if asked.overdue else f"({overdue}) IS NOT TRUE")
    where.optional("d.procedure_code = {}", asked.procedure)
    where.optional("d.channel = {}", asked.channel)
    where.optional("d.filed_at >= {}", asked.since)
    where.optional("d.filed_at < {}", asked.until)
    if asked.prefix is not None:
        where.add("d.code ~>=~ {}", asked.prefix)
        where.optional("d.code ~<~ {}", after_prefix(asked.prefix))
    if asked.sort == "due":
        where.add("d.is_open AND d.due_at IS NOT NULL")
    if asked.after is not None:
        where.add(_AFTER[asked.sort], *asked.after)
    return where


def after_prefix(prefix: str) -> str | None:
    """Return the first text, by code point, after all that begin with `prefix`; None when there is none."""
    stem = prefix.rstrip(chr(sys.maxunicode))
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(_AFTER_SURROGATES if following == _SURROGATES else following)


async def one(connection: Connection, code: str, units: list[str] | None, now: datetime) -> dict[str, Any] | None:
    """Return a dossier with its timeline; None when there is none or it is out of scope."""
    where = Conditions()
    where.add("d.code = {}", code)
    where.optional("d.work_unit = ANY({})", units)
    overdue = _OVERDUE.format(now=where.parameter(now))
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS}, coalesce({overdue}, false) AS overdue, d.receiving_text, d.resolving_text, d.supplements,"
        f" d.paid_online, d.electronic_result, d.step_due_at {_FROM} {where.sql}",
        *where.values,
    )
    if row is None:
        return None
    timeline = await connection.fetch(_TIMELINE, code)
    return {**dict(row), "timeline": [dict(entry) for entry in timeline]}


_DIMENSIONS: dict[Dimension, tuple[str, str]] = {
    "unit": ("d.work_unit", "coalesce(min(u.name), 'Chưa ánh xạ')"),
    "procedure": ("d.procedure_code", "coalesce(min(p.name), min(d.procedure_name), 'Không rõ thủ tục')"),
    "field": (
        "coalesce(p.field_code, d.field_code)",
        "coalesce(min(p.field_name), min(d.field_name), 'Không rõ lĩnh vực')",
    ),
    "channel": (
        "d.channel::text",
        "min(CASE d.channel WHEN 1 THEN 'Trực tiếp' WHEN 2 THEN 'Trực tuyến'"
        " WHEN 3 THEN 'Bưu chính' ELSE 'Không rõ' END)",
    ),
    "status": ("d.status::text", "min(d.status::text)"),
    "level": (
        "p.level",
        "coalesce(min(CASE p.level WHEN 'province' THEN 'Cấp tỉnh' WHEN 'district' THEN 'Cấp huyện'"
        " WHEN 'commune' THEN 'Cấp xã' END), 'Không rõ cấp')",
    ),
}
"""Key and name of each dimension, as SQL."""


async def summary(
    connection: Connection, by: Dimension, span: Span, *, units: list[str] | None, within: str | None, now: datetime
) -> list[dict[str, Any]]:
    """Return counts by one dimension; the period is of filing and ending, open and overdue are of now."""
    where = Conditions()
    since, until, at = (where.parameter(value) for value in (span.since, span.until, now))
    filed = f"d.filed_at >= {since} AND d.filed_at < {until}"
    ended = f"d.ended_at >= {since} AND d.ended_at < {until}"
    resolved = f"{ended} AND d.accepted_at IS NOT NULL"
    where.add(f"(({filed}) OR ({ended}) OR d.is_open)")
    where.optional("d.work_unit = ANY({})", units)
    where.optional("d.work_unit = ANY(units_within({}))", within)
    key, name = _DIMENSIONS[by]
    query = f"""
        SELECT {key} AS key, {name} AS name, count(*) FILTER (WHERE {filed}) AS received,
               count(*) FILTER (WHERE {resolved}) AS resolved, count(d.on_time) FILTER (WHERE {ended}) AS measured,
               count(*) FILTER (WHERE {ended} AND d.on_time) AS on_time, count(*) FILTER (WHERE d.is_open) AS open,
               count(*) FILTER (WHERE {_OVERDUE.format(now=at)}) AS overdue
        {_FROM} {where.sql} GROUP BY 1 ORDER BY open DESC, 1 NULLS LAST
    """
    return [dict(row) for row in await connection.fetch(query, *where.values)]
