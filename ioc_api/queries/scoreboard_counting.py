"""The statements that count dossiers for the scoreboard, made of formulas.

Dossiers received in the period are counted by unit, source and procedure, each condition once however many formulas
have it; what depends on the procedure is decided afterwards, for as many groups as there are. 2.1, which also knows
dossiers received before, is counted apart, each part of it from an index.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_api.scoreboard.counts import Count, SourceCounts
from ioc_api.scoreboard.formulas import ATTRIBUTES, DossierFormula, ProcedureFormula
from ioc_core.db import Connection

NEEDS_RESULT = "coalesce(p.needs_paper_result, true)"
"""Of a procedure that isn't in the register a result is expected."""

_SAID = " + ".join(f"CASE WHEN d.{name} IS NULL THEN 0 ELSE {1 << bit} END" for bit, name in enumerate(ATTRIBUTES))


class Fragment:
    """A piece of SQL; `{}` in it stands for a value."""

    def __init__(self, sql: str, *values: object) -> None:
        self._sql = sql
        self._values = values

    def written(self, where: Conditions) -> str:
        """Return the SQL, its values added to `where`."""
        return self._sql.format(*(where.parameter(value) for value in self._values))


UNIT = Fragment("d.work_unit")
DOSSIERS = Fragment("SELECT * FROM dossiers")


class Formulas(Struct, frozen=True):
    """What is counted in one pass."""

    dossiers: tuple[DossierFormula, ...]
    procedures: tuple[ProcedureFormula, ...]


async def dossiers(
    connection: Connection, formulas: Formulas, since: datetime, until: datetime, *, rows: Fragment = DOSSIERS
) -> list[SourceCounts]:
    """Return, by unit and source, what the dossiers of [since, until) say.

    `rows` stand in for the table `dossiers`: some of them, or as they would be.
    """
    found = []
    for counting in (Received(formulas, since, until, rows=rows), Progress(since, until, rows=rows)):
        found += [counting.read(dict(row)) for row in await connection.fetch(counting.sql, *counting.values)]
    return found


class Received:
    """Counts the accepted dossiers whose NgayTiepNhan (`filed_at`) lies in the period."""

    def __init__(
        self,
        formulas: Formulas,
        since: datetime,
        until: datetime,
        *,
        rows: Fragment = DOSSIERS,
        key: Fragment = UNIT,
    ) -> None:
        """`rows` stand in for the table; `key` is what is counted apart, in place of units."""
        self._formulas = [formula for formula in formulas.dossiers if not formula.in_progress]
        self._procedures = formulas.procedures
        self._where = Conditions()
        self._counted: dict[str, str] = {}
        self._period = bounds(self._where, since, until)
        columns = [
            part for number, formula in enumerate(self._formulas) for part in self._count_dossiers(number, formula)
        ]
        columns += [self._find_procedures(number, formula) for number, formula in enumerate(self._procedures)]
        counts = ", ".join(
            f"count(*) FILTER (WHERE {condition}) AS {name}" for condition, name in self._counted.items()
        )
        self.sql = f"""
            SELECT g.key, g.source, bit_or(g.said) AS said, {", ".join(columns)}
            FROM (
                SELECT {key.written(self._where)} AS key, d.source, d.procedure_code, bit_or({_SAID}) AS said, {counts}
                FROM ({rows.written(self._where)}) d
                WHERE d.accepted_at IS NOT NULL AND {received(self._period)} GROUP BY 1, 2, 3
            ) g LEFT JOIN procedures p ON p.code = g.procedure_code
            GROUP BY 1, 2
        """

    @property
    def values(self) -> list[Any]:
        """The values of the statement's parameters."""
        return self._where.values

    def read(self, row: dict[str, Any]) -> SourceCounts:
        """Return what a row of the answer says."""
        said = row["said"] or 0
        return SourceCounts(
            unit=row["key"],
            source=row["source"],
            counts={
                formula.id: Count(row[f"n{number}"] or 0, row[f"d{number}"] or 0)
                for number, formula in enumerate(self._formulas)
            },
            procedures={
                formula.id: frozenset(row[f"p{number}"] or ()) for number, formula in enumerate(self._procedures)
            },
            said=frozenset(name for bit, name in enumerate(ATTRIBUTES) if said >> bit & 1),
        )

    def _count_dossiers(self, number: int, formula: DossierFormula) -> tuple[str, str]:
        scope, chosen = formula.scope, procedures_of(formula, self._where)
        counted = self._count(f"{scope} AND {formula.hit}")
        if formula.hit_without_result is not None:
            other = self._count(f"{scope} AND {formula.hit_without_result}")
            counted = f"CASE WHEN {NEEDS_RESULT} THEN {counted} ELSE {other} END"
        return (
            f"sum({counted}) FILTER (WHERE {chosen})::bigint AS n{number}",
            f"sum({self._count(scope)}) FILTER (WHERE {chosen})::bigint AS d{number}",
        )

    def _find_procedures(self, number: int, formula: ProcedureFormula) -> str:
        return f"array_agg(p.code) FILTER (WHERE {self._count(formula.hit)} > 0 AND p.code IS NOT NULL) AS p{number}"

    def _count(self, condition: str) -> str:
        plain = condition.removeprefix("true AND ").removesuffix(" AND true")
        return "g." + self._counted.setdefault(plain, f"c{len(self._counted)}")


class Progress:
    """Counts 2.1: accepted dossiers that ended in the period, and those that ran at its end."""

    id = "2.1"

    def __init__(self, since: datetime, until: datetime, *, rows: Fragment = DOSSIERS) -> None:
        self._where = Conditions()
        period = bounds(self._where, since, until)
        table = rows.written(self._where)
        in_term = f"d.late_at IS NULL OR d.late_at >= {period.until}"
        parts = (
            (f"d.ended_at >= {period.since} AND d.ended_at < {period.until}", "d.lateness <= 2"),
            (f"d.ended_at >= {period.until}", in_term),
            ("d.is_open", in_term),
        )
        self.sql = " UNION ALL ".join(
            f"SELECT d.work_unit AS unit, count(*) FILTER (WHERE {hit}) AS numerator, count(*) AS denominator"
            f" FROM ({table}) d WHERE d.accepted_at IS NOT NULL AND d.filed_at < {period.until} AND {part} GROUP BY 1"
            for part, hit in parts
        )

    @property
    def values(self) -> list[Any]:
        """The values of the statement's parameters."""
        return self._where.values

    def read(self, row: dict[str, Any]) -> SourceCounts:
        """Return what a row of the answer says; of which source doesn't matter to it."""
        count = Count(row["numerator"], row["denominator"])
        return SourceCounts(unit=row["unit"], source="", counts={self.id: count}, procedures={}, said=frozenset())


class Bounds(Struct, frozen=True):
    """The ends of a period, as SQL."""

    since: str
    until: str

    def of(self, condition: str) -> str:
        """Return a formula's condition with the ends put in."""
        return condition.replace("{since}", self.since).replace("{until}", self.until)


def bounds(where: Conditions, since: datetime, until: datetime) -> Bounds:
    """Return the ends of a period, added to `where`."""
    return Bounds(*(f"{where.parameter(at)}::timestamptz" for at in (since, until)))


def received(period: Bounds) -> str:
    """Return the condition on `d` by which a dossier is received in the period: NgayTiepNhan is `filed_at`."""
    return f"d.filed_at >= {period.since} AND d.filed_at < {period.until}"


def scope_of(formula: DossierFormula, period: Bounds) -> str:
    """Return a formula's condition on `d` of being in the denominator."""
    if formula.in_progress:
        ran = f"(d.ended_at IS NULL OR d.ended_at >= {period.since})"
        return f"d.filed_at < {period.until} AND {ran} AND {formula.scope}"
    return f"{received(period)} AND {formula.scope}"


def procedures_of(formula: DossierFormula, where: Conditions) -> str:
    """Return a formula's condition on `p`, its values added to `where`."""
    return formula.procedures.format(*(where.parameter(value) for value in formula.values))
