"""SQL of what-ifs: which dossiers are meant, and how they would be."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_api.queries.scoreboard_counting import Fragment
from ioc_api.scoreboard.formulas import ATTRIBUTES
from ioc_api.scoreboard.what_if import COLUMN_OF, Action
from ioc_core.db import Connection

MOST = 20_000

_KEPT = "d.code, d.work_unit, d.source, d.procedure_code, d.filed_at, d.accepted_at, d.late_at, d.fee_vnd"

_FINISHED = """
       CASE WHEN d.accepted_at IS NULL THEN d.is_open ELSE false END AS is_open,
       CASE WHEN d.is_open AND d.accepted_at IS NOT NULL THEN {0} ELSE d.ended_at END AS ended_at,
       CASE WHEN NOT d.is_open OR d.accepted_at IS NULL THEN d.lateness
            WHEN d.late_at < {0} THEN 3
            WHEN d.deadline_at IS NULL AND d.late_at IS NULL THEN NULL
            ELSE 2 END AS lateness
"""
"""A dossier without a term that ends can't be told to be in time (lateness NULL), as when it ends in earnest."""

_SELECTED = """
SELECT d.code, d.work_unit, d.accepted_at IS NOT NULL AND d.is_open AS running,
       coalesce(d.is_open AND d.accepted_at IS NOT NULL AND d.late_at < $2, false) AS overdue,
       coalesce(d.is_open AND d.accepted_at IS NOT NULL AND d.late_at >= $2 AND d.late_at < $3, false)
           AS would_be_late,
       d.is_open AND d.accepted_at IS NOT NULL AND d.late_at IS NULL AND d.deadline_at IS NULL AS without_term,
       d.filed_at IS NULL OR d.filed_at < $4 AS filed_before
FROM dossiers d WHERE d.code = ANY($1::text[]) ORDER BY d.code
"""


class Chosen(Struct, frozen=True):
    """One of the dossiers meant, as it stands now. `would_be_late`: before the period's end, if nothing is done."""

    code: str
    work_unit: str | None
    running: bool
    overdue: bool
    would_be_late: bool
    without_term: bool
    filed_before: bool


async def overdue_of(connection: Connection, within: Collection[str] | None, now: datetime) -> list[str]:
    """Return the codes of the dossiers of some units (None: all) that are overdue, at most `MOST` + 1."""
    return await _codes(connection, within, "d.late_at < {}", now)


async def due_by(connection: Connection, within: Collection[str] | None, now: datetime, until: datetime) -> list[str]:
    """Return the codes of the running dossiers of some units that become overdue by `until`, at most `MOST` + 1."""
    return await _codes(connection, within, "d.late_at >= {} AND d.late_at < {}", now, until)


async def _codes(
    connection: Connection, within: Collection[str] | None, condition: str, *values: datetime
) -> list[str]:
    where = Conditions()
    where.add("d.is_open AND d.accepted_at IS NOT NULL")
    where.add(condition, *values)
    where.optional("d.work_unit = ANY({}::text[])", None if within is None else sorted(within))
    query = f"SELECT d.code FROM dossiers d {where.sql} ORDER BY d.late_at, d.code LIMIT {where.parameter(MOST + 1)}"
    return [row["code"] for row in await connection.fetch(query, *where.values)]


async def chosen(
    connection: Connection, codes: Collection[str], *, now: datetime, since: datetime, until: datetime
) -> list[Chosen]:
    """Return those of `codes` that exist; `since` and `until` are the period's ends."""
    rows = await connection.fetch(_SELECTED, list(codes), now, until, since)
    return [Chosen(**dict(row)) for row in rows]


def as_they_are(codes: Collection[str]) -> Fragment:
    """Return the rows of some dossiers."""
    return Fragment("SELECT * FROM dossiers WHERE code = ANY({}::text[])", list(codes))


def as_they_would_be(codes: Collection[str], actions: Collection[Action], now: datetime) -> Fragment:
    """Return the rows of some dossiers after the actions were done at `now`."""
    made_true = {COLUMN_OF[action] for action in actions if action in COLUMN_OF}
    attributes = ", ".join(f"true AS {name}" if name in made_true else f"d.{name}" for name in ATTRIBUTES)
    values: list[Any] = []
    ends = "d.is_open, d.ended_at, d.lateness"
    if Action.FINISH_NOW in actions:
        ends = _FINISHED.replace("{0}", "{}::timestamptz")
        values += [now] * ends.count("{}")
    sql = f"SELECT {_KEPT}, {ends}, {attributes} FROM dossiers d WHERE d.code = ANY({{}}::text[])"
    return Fragment(sql, *values, list(codes))
