"""SQL of /dossiers: pages, and one dossier."""

import sys
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_api.queries.moment import Moment
from ioc_api.queries.standings import Standings
from ioc_core.db import Connection
from ioc_core.dossier import Standing

Sort = Literal["told", "due", "code"]

_SURROGATES, _AFTER_SURROGATES = 0xD800, 0xE000
_COLUMNS = """d.code, d.source, d.status, d.work_unit AS unit,
       coalesce(u.name, d.resolving_text, d.receiving_text, 'Chưa ánh xạ') AS unit_name, d.receiving_unit,
       coalesce(r.name, d.receiving_text, 'Chưa ánh xạ') AS receiving_unit_name,
       d.procedure_code, coalesce(p.name, d.procedure_name, '') AS procedure_name,
       coalesce(p.field_name, d.field_name, '') AS field_name, d.channel, d.filed_at, d.accepted_at, d.due_at,
       d.deadline_at, d.late_at, d.finished_at, d.returned_at, d.ended_at, d.end_status, d.is_open,
       d.waiting_for_citizen, d.waiting_since, d.requests, d.on_time, d.lateness, d.entered_late, d.step_department,
       d.effective_at, d.told_at"""
_DETAILS = """d.receiving_text, d.resolving_text, d.supplements, d.step_due_at, d.waited_seconds, d.entered_at,
       d.accept_by, d.first_told_at, d.paid_online, d.electronic_result, d.papers_digitised, d.papers_reused,
       d.papers_from_store, d.population_data, d.fee_vnd"""
_FROM = """FROM dossiers d LEFT JOIN units u ON u.code = d.work_unit LEFT JOIN units r ON r.code = d.receiving_unit
     LEFT JOIN procedures p ON p.code = d.procedure_code"""

_ORDER: dict[Sort, str] = {
    "told": "d.told_at DESC, d.code DESC",
    "due": "d.late_at, d.code",
    "code": "d.code USING ~<~",
}
_AFTER: dict[Sort, str] = {
    "told": "(d.told_at, d.code) < ({}, {})",
    "due": "(d.late_at, d.code) > ({}, {})",
    "code": "d.code ~>~ {}",
}

_MESSAGES = """
SELECT content_id, observed_at, received_at, source, record, status, resolving_unit AS unit, step_department, body
FROM dossier_events WHERE code = $1 ORDER BY observed_at, received_at LIMIT 1000
"""


class DossierFilter(Struct, frozen=True, kw_only=True):
    """What is asked for; None: anything. `units` is the scope of who asks; `after` the sort key of a page's end.

    `within` and `receiving`: a unit and all below it. `late_since`, `late_until`: of when open ones become overdue.
    """

    units: list[str] | None
    within: str | None = None
    receiving: str | None = None
    statuses: list[int] | None = None
    standings: list[Standing] | None = None
    lateness: list[int] | None = None
    entered_late: bool | None = None
    open: bool | None = None
    overdue: bool | None = None
    late_since: datetime | None = None
    late_until: datetime | None = None
    procedure: str | None = None
    channel: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    prefix: str | None = None
    sort: Sort = "told"
    after: tuple[Any, ...] | None = None


async def page(connection: Connection, asked: DossierFilter, at: Moment, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` dossiers, as they stand at a moment, in the order asked for."""
    where = Conditions()
    standings = Standings(where, at)
    _conditions(where, asked, standings)
    columns = f"{_COLUMNS}, {_of_now(standings)}"
    end = f"ORDER BY {_ORDER[asked.sort]} LIMIT {where.parameter(limit)}"
    return [dict(row) for row in await connection.fetch(f"SELECT {columns} {_FROM} {where.sql} {end}", *where.values)]


def _of_now(standings: Standings) -> str:
    overdue = standings.is_one(Standing.OVERDUE)
    return f"""{standings.word} AS standing, coalesce({overdue}, false) AS overdue,
       CASE WHEN d.is_open THEN d.late_clock - {standings.clock} END AS working_seconds_left"""


def _conditions(where: Conditions, asked: DossierFilter, standings: Standings) -> None:
    where.optional("d.work_unit = ANY({})", asked.units)
    where.optional("d.work_unit = ANY(units_within({}))", asked.within)
    where.optional("d.receiving_unit = ANY(units_within({}))", asked.receiving)
    where.optional("d.status = ANY({}::smallint[])", asked.statuses)
    _clock_conditions(where, asked, standings)
    where.optional("d.procedure_code = {}", asked.procedure)
    where.optional("d.channel = {}", asked.channel)
    where.optional("d.filed_at >= {}", asked.since)
    where.optional("d.filed_at < {}", asked.until)
    if asked.prefix is not None:
        where.add("d.code ~>=~ {}", asked.prefix)
        where.optional("d.code ~<~ {}", after_prefix(asked.prefix))
    if asked.after is not None:
        where.add(_AFTER[asked.sort], *asked.after)


def _clock_conditions(where: Conditions, asked: DossierFilter, standings: Standings) -> None:
    if asked.standings:
        where.add(standings.is_any(asked.standings))
    where.optional("d.lateness = ANY({}::smallint[])", asked.lateness)
    if asked.entered_late is not None:
        where.add("d.entered_late" if asked.entered_late else "NOT d.entered_late")
    if asked.open is not None:
        where.add("d.is_open" if asked.open else "NOT d.is_open")
    if asked.overdue is not None:
        overdue = standings.is_one(Standing.OVERDUE)
        where.add(overdue if asked.overdue else f"{overdue} IS NOT TRUE")
    if asked.sort == "due" or asked.late_since is not None or asked.late_until is not None:
        where.add("d.is_open AND d.late_at IS NOT NULL")
    where.optional("d.late_at >= {}", asked.late_since)
    where.optional("d.late_at < {}", asked.late_until)


def after_prefix(prefix: str) -> str | None:
    """Return the first text, by code point, after all that begin with `prefix`; None when there is none."""
    stem = prefix.rstrip(chr(sys.maxunicode))
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(_AFTER_SURROGATES if following == _SURROGATES else following)


async def one(connection: Connection, code: str, units: list[str] | None, at: Moment) -> dict[str, Any] | None:
    """Return a dossier, and in `messages` what was said of it; None when there is none or it is out of scope."""
    where = Conditions()
    standings = Standings(where, at)
    where.add("d.code = {}", code)
    where.optional("d.work_unit = ANY({})", units)
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS}, {_of_now(standings)}, {_DETAILS} {_FROM} {where.sql}", *where.values
    )
    if row is None:
        return None
    messages = await connection.fetch(_MESSAGES, code)
    return {**dict(row), "messages": [dict(message) for message in messages]}


async def unit_names(connection: Connection, codes: Collection[str]) -> dict[str, str]:
    """Return the names of units of the catalogue, by code."""
    rows = await connection.fetch("SELECT code, name FROM units WHERE code = ANY($1)", sorted(codes))
    return {row["code"]: row["name"] for row in rows}
