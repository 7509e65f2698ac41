"""SQL of what is behind a count: the dossiers of a numerator, a denominator, or what is missing between them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_api.queries.scoreboard_counting import NEEDS_RESULT, Bounds, bounds, procedures_of, received, scope_of
from ioc_api.scoreboard.formulas import DossierFormula, ProcedureFormula
from ioc_core.db import Connection

Part = Literal["lost", "numerator", "denominator"]

_COLUMNS = """
       d.code, d.work_unit AS unit,
       coalesce(u.name, d.resolving_text, d.receiving_text, 'Chưa ánh xạ') AS unit_name,
       d.procedure_code, coalesce(p.name, d.procedure_name, '') AS procedure_name, d.status, d.channel, d.filed_at,
       d.due_at, d.deadline_at, d.late_at, d.ended_at, d.end_status, d.lateness, d.requests, d.waiting_since,
       d.fee_vnd, d.paid_online, d.electronic_result, d.papers_digitised, d.papers_reused, d.papers_from_store,
       d.population_data
"""


_PROCEDURES = """
SELECT code, name, level, service_mode, fee_vnd, department, decided_on, effective_on, published_on
FROM procedures WHERE code = ANY($1::text[]) ORDER BY code
"""


class Behind(Struct, frozen=True, kw_only=True):
    """What is asked for. `sources`: those that feed the indicator; None: any.

    `units`: None is every one, also none at all. `unmapped`: all units there are, for what has none of them.
    `codes`: of a formula of procedures, those in the denominator. `after`: filing time and code of a page's last row.
    """

    formula: DossierFormula | ProcedureFormula
    part: Part
    since: datetime
    until: datetime
    sources: Sequence[str] | None
    units: Sequence[str] | None = None
    unmapped: Sequence[str] | None = None
    scope: Sequence[str] | None = None
    codes: Sequence[str] | None = None
    after: tuple[datetime, str] | None = None


async def page(connection: Connection, asked: Behind, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` dossiers by filing time and code: the very ones that were counted."""
    async with connection.transaction(readonly=True):
        await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        return await rows(connection, asked, limit)


async def rows(connection: Connection, asked: Behind, limit: int) -> list[dict[str, Any]]:
    """Return `page`, in the caller's transaction."""
    where = Conditions()
    period = bounds(where, asked.since, asked.until)
    where.add("d.accepted_at IS NOT NULL")
    where.add(_condition(asked, where, period))
    where.optional("d.source = ANY({}::text[])", asked.sources)
    where.optional("d.work_unit = ANY({}::text[])", asked.units)
    where.optional("(d.work_unit IS NULL OR d.work_unit <> ALL({}::text[]))", asked.unmapped)
    where.optional("d.work_unit = ANY({}::text[])", asked.scope)
    if asked.after is not None:
        where.add("(d.filed_at, d.code) > ({}, {})", *asked.after)
    query = f"""
        SELECT {_COLUMNS}
        FROM dossiers d LEFT JOIN units u ON u.code = d.work_unit LEFT JOIN procedures p ON p.code = d.procedure_code
        {where.sql} ORDER BY d.filed_at, d.code LIMIT {where.parameter(limit)}
    """
    return [dict(row) for row in await connection.fetch(query, *where.values)]


async def procedures(connection: Connection, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Return procedures by code."""
    return [dict(row) for row in await connection.fetch(_PROCEDURES, list(codes))]


def _condition(asked: Behind, where: Conditions, period: Bounds) -> str:
    formula = asked.formula
    if isinstance(formula, ProcedureFormula):
        counted = f"d.procedure_code = ANY({where.parameter(list(asked.codes or ()))}::text[])"
        return f"{received(period)} AND {counted} AND {formula.hit}"
    scope = f"{scope_of(formula, period)} AND {procedures_of(formula, where)}"
    hit = period.of(formula.hit)
    if formula.hit_without_result is not None:
        hit = f"CASE WHEN {NEEDS_RESULT} THEN {hit} ELSE {formula.hit_without_result} END"
    match asked.part:
        case "denominator":
            return scope
        case "numerator":
            return f"{scope} AND ({hit})"
        case "lost":
            return f"{scope} AND ({hit}) IS NOT TRUE"
