"""SQL of /dossiers/summary: counts by one dimension."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ioc_api.ages import BUCKETS
from ioc_api.parameters import Span
from ioc_api.queries.conditions import Conditions
from ioc_api.queries.moment import Moment
from ioc_api.queries.standings import Standings
from ioc_core.db import Connection
from ioc_core.dossier import Standing

Dimension = Literal[
    "unit",
    "receiving_unit",
    "procedure",
    "field",
    "channel",
    "status",
    "level",
    "service_level",
    "service_mode",
    "standing",
    "age",
]

_OPEN = (
    Standing.OVERDUE,
    Standing.DUE_SOON_1,
    Standing.DUE_SOON_2,
    Standing.DUE_SOON_3,
    Standing.WAITING,
    Standing.UNACCEPTED,
)
_UNIT = ("d.work_unit", "coalesce(min(u.name), 'Chưa ánh xạ')")
_KEYS: dict[Dimension, tuple[str, str]] = {
    "unit": _UNIT,
    "receiving_unit": ("d.receiving_unit", _UNIT[1]),
    "procedure": ("d.procedure_code", "coalesce(min(p.name), min(d.procedure_name), 'Không rõ thủ tục')"),
    "field": (
        "coalesce(p.field_code, d.field_code)",
        "coalesce(min(p.field_name), min(d.field_name), 'Không rõ lĩnh vực')",
    ),
    "channel": ("d.channel::text", "''"),
    "status": ("d.status::text", "''"),
    "level": ("p.level", "''"),
    "service_level": ("p.service_level", "''"),
    "service_mode": ("p.service_mode", "''"),
    "standing": ("{standing}", "''"),
    "age": ("({buckets}::text[])[1 + width_bucket(d.filed_at, {thresholds}::timestamptz[])]", "''"),
}
"""Key and name of each dimension, as SQL; an empty name is a word that doesn't come from the database."""


class SummaryFilter(Struct, frozen=True, kw_only=True):
    """What is counted; None: anything. `units` is the scope of who asks; `within`, `receiving`: a unit and all below.

    `thresholds`: of the dimension `age` (`ioc_api.ages`). `durations`: whether to tell the time of processing too.
    """

    by: Dimension
    span: Span
    units: list[str] | None
    within: str | None = None
    receiving: str | None = None
    channel: int | None = None
    service_level: str | None = None
    procedure: str | None = None
    thresholds: Sequence[datetime] = ()
    durations: bool = False


async def summary(connection: Connection, asked: SummaryFilter, at: Moment) -> list[dict[str, Any]]:
    """Return counts by one dimension, the most open first; the period is of filing and ending, open is of `at`."""
    where = Conditions()
    standings = Standings(where, at)
    since, until = where.parameter(asked.span.since), where.parameter(asked.span.until)
    filed = f"d.filed_at >= {since} AND d.filed_at < {until}"
    ended = f"d.ended_at >= {since} AND d.ended_at < {until}"
    where.add("d.is_open" if asked.by == "age" else f"(({filed}) OR ({ended}) OR d.is_open)")
    _conditions(where, asked)
    key, name = _key(where, asked, standings)
    unit = "d.receiving_unit" if asked.by == "receiving_unit" else "d.work_unit"
    query = f"""
        SELECT {key} AS key, {name} AS name, count(*) FILTER (WHERE {filed}) AS received,
               {_of_ended(ended)}, {_of_open(standings)}, {_hours(ended) if asked.durations else "NULL"} AS hours
        FROM dossiers d LEFT JOIN units u ON u.code = {unit} LEFT JOIN procedures p ON p.code = d.procedure_code
        {where.sql} GROUP BY 1 ORDER BY open DESC, 1 NULLS LAST
    """
    return [dict(row) for row in await connection.fetch(query, *where.values)]


def _of_ended(ended: str) -> str:
    return f"""
        count(d.accepted_at) FILTER (WHERE {ended}) AS resolved,
        count(d.lateness) FILTER (WHERE {ended}) AS measured,
        count(*) FILTER (WHERE {ended} AND d.on_time) AS on_time,
        count(*) FILTER (WHERE {ended} AND d.lateness = 1) AS early,
        count(*) FILTER (WHERE {ended} AND d.lateness = 3) AS late,
        count(*) FILTER (WHERE {ended} AND d.entered_late) AS entered_late"""


def _of_open(standings: Standings) -> str:
    counts = [f"count(*) FILTER (WHERE {standings.is_one(standing)}) AS {standing}" for standing in _OPEN]
    return ", ".join(("count(*) FILTER (WHERE d.is_open) AS open", *counts))


def _conditions(where: Conditions, asked: SummaryFilter) -> None:
    where.optional("d.work_unit = ANY({})", asked.units)
    where.optional("d.work_unit = ANY(units_within({}))", asked.within)
    where.optional("d.receiving_unit = ANY(units_within({}))", asked.receiving)
    where.optional("d.channel = {}", asked.channel)
    where.optional("p.service_level = {}", asked.service_level)
    where.optional("d.procedure_code = {}", asked.procedure)


def _key(where: Conditions, asked: SummaryFilter, standings: Standings) -> tuple[str, str]:
    key, name = _KEYS[asked.by]
    if asked.by == "standing":
        key = standings.word
    elif asked.by == "age":
        oldest_first = where.parameter(list(reversed(BUCKETS)))
        key = key.format(buckets=oldest_first, thresholds=where.parameter(list(asked.thresholds)))
    return key, name


def _hours(ended: str) -> str:
    """Median and ninth decile of the working hours from filing to the end of processing."""
    spent = "(working_clock(d.ended_at) - working_clock(d.filed_at)) / 3600"
    counted = f"{ended} AND d.accepted_at IS NOT NULL AND d.filed_at IS NOT NULL"
    return f"percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY {spent}) FILTER (WHERE {counted})"
