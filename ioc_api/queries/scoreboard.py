"""SQL of the scoreboard: what dossiers, series and the register say of a period."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from ioc_api.queries.conditions import Conditions
from ioc_api.scoreboard.counts import Count, Increase, SourceCounts
from ioc_api.scoreboard.formulas import ATTRIBUTES, DossierFormula, ProcedureFormula
from ioc_api.scoreboard.register import Procedure
from ioc_api.scoreboard.tree import UnitRow
from ioc_core.db import Connection

NEEDS_RESULT = "coalesce(p.needs_paper_result, true)"
"""Of a procedure that isn't in the register a result is expected."""

_SAID = " + ".join(f"CASE WHEN d.{name} IS NULL THEN 0 ELSE {1 << bit} END" for bit, name in enumerate(ATTRIBUTES))

_PROCEDURES = """
SELECT code, level, service_mode, fee_vnd, department, for_citizens, online_payment, complete, decided_on,
       effective_on, published_on
FROM procedures WHERE listed ORDER BY code
"""

_UNITS = "SELECT code, kind, name, parent, valid_from, valid_to FROM units ORDER BY code"

_INCREASES = """
WITH bucket AS (
    SELECT r.series_id, r.bucket, r.first, r.last, r.min, r.max,
           lag(r.last) OVER (PARTITION BY r.series_id ORDER BY r.bucket) AS before
    FROM rollup_1d r
    WHERE r.series_id IN (SELECT id FROM series WHERE metric = ANY($1::text[]))
      AND r.bucket >= $2::timestamptz - interval '7 days' AND r.bucket < $3
), grown AS (
    SELECT series_id,
           sum(CASE WHEN before IS NULL THEN 0 WHEN first >= before THEN first - before ELSE first END
               + CASE WHEN min >= first AND max <= last THEN last - first
                      WHEN max > last THEN max - first + last
                      ELSE last END) AS value
    FROM bucket WHERE bucket >= $2 GROUP BY 1
)
SELECT s.metric, s.labels ->> 'unit' AS unit, coalesce(s.labels ->> 'act', '') AS act,
       CASE WHEN s.labels ->> 'working_days' ~ '^[0-9]{1,4}$' THEN (s.labels ->> 'working_days')::int ELSE 9999 END
           AS working_days,
       sum(g.value) AS value
FROM grown g JOIN series s ON s.id = g.series_id
GROUP BY 1, 2, 3, 4
"""
"""How much counters grew, from the rollups of days: with the step from the newest value of the week before. A counter
that begins anew counts from zero; within one day that shows when it fell below its first or highest value. A number of
working days that can't be read is late."""


async def units(connection: Connection) -> list[UnitRow]:
    """Return every unit of all times."""
    return [UnitRow(**dict(row)) for row in await connection.fetch(_UNITS)]


async def procedures(connection: Connection) -> list[Procedure]:
    """Return the register."""
    return [Procedure(**dict(row)) for row in await connection.fetch(_PROCEDURES)]


async def increases(
    connection: Connection, metrics: Sequence[str], since: datetime, until: datetime
) -> list[Increase]:
    """Return how much counters grew between local midnights, or until now, summed over sources."""
    rows = await connection.fetch(_INCREASES, list(metrics), since, until)
    return [Increase(**dict(row)) for row in rows]


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
    """Return, by unit and source, what the dossiers of [since, until) say: in one pass.

    `rows` stand in for the table `dossiers`: some of them, or as they would be.
    """
    counting = Counting(formulas, since, until, rows=rows)
    return [counting.read(dict(row)) for row in await connection.fetch(counting.sql, *counting.values)]


class Counting:
    """The statement that counts, and what its columns mean.

    Rows are counted by unit, source and procedure, each condition once however many formulas have it; what depends on
    the procedure is decided afterwards, for as many groups as there are. No column of a group needs the others, so the
    engine may share the pass among processes.
    """

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
        self._formulas = formulas
        self._where = Conditions()
        self._counted: dict[str, str] = {}
        self.period = Bounds(*(f"{self._where.parameter(at)}::timestamptz" for at in (since, until)))
        columns = [
            part for number, formula in enumerate(formulas.dossiers) for part in self._dossiers(number, formula)
        ]
        columns += [self._procedures(number, formula) for number, formula in enumerate(formulas.procedures)]
        counts = ", ".join(
            f"count(*) FILTER (WHERE {condition}) AS {name}" for condition, name in self._counted.items()
        )
        self.sql = f"""
            SELECT g.key, g.source, bit_or(g.said) FILTER (WHERE g.received) AS said, {", ".join(columns)}
            FROM (
                SELECT {key.written(self._where)} AS key, d.source, d.procedure_code,
                       d.filed_at >= {self.period.since} AS received, bit_or({_SAID}) AS said, {counts}
                FROM ({rows.written(self._where)}) d WHERE {touched(self.period)} GROUP BY 1, 2, 3, 4
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
                for number, formula in enumerate(self._formulas.dossiers)
            },
            procedures={
                formula.id: frozenset(row[f"p{number}"] or ())
                for number, formula in enumerate(self._formulas.procedures)
            },
            said=frozenset(name for bit, name in enumerate(ATTRIBUTES) if said >> bit & 1),
        )

    def _dossiers(self, number: int, formula: DossierFormula) -> tuple[str, str]:
        scope, hit = self.period.of(formula.scope), self.period.of(formula.hit)
        basis = "true" if formula.in_progress else "g.received"
        if formula.in_progress:
            scope = f"{in_progress(self.period)} AND {scope}"
        chosen = f"{basis} AND {procedures_of(formula, self._where)}"
        counted = self._count(f"{scope} AND {hit}")
        if formula.hit_without_result is not None:
            other = self._count(f"{scope} AND {self.period.of(formula.hit_without_result)}")
            counted = f"CASE WHEN {NEEDS_RESULT} THEN {counted} ELSE {other} END"
        return (
            f"sum({counted}) FILTER (WHERE {chosen})::bigint AS n{number}",
            f"sum({self._count(scope)}) FILTER (WHERE {chosen})::bigint AS d{number}",
        )

    def _procedures(self, number: int, formula: ProcedureFormula) -> str:
        fits = f"g.received AND {self._count(formula.hit)} > 0 AND p.code IS NOT NULL"
        return f"array_agg(p.code) FILTER (WHERE {fits}) AS p{number}"

    def _count(self, condition: str) -> str:
        plain = condition.removesuffix(" AND true").removeprefix("true AND ")
        return "g." + self._counted.setdefault(plain, f"c{len(self._counted)}")


class Bounds(Struct, frozen=True):
    """The ends of a period, as SQL."""

    since: str
    until: str

    def of(self, condition: str) -> str:
        """Return a formula's condition with the ends put in."""
        return condition.replace("{since}", self.since).replace("{until}", self.until)


def touched(period: Bounds) -> str:
    """Return the condition on `d`: accepted, and received, ended or running in the period.

    `filed_at` is NgayTiepNhan. A dossier counts once it was accepted.
    """
    return (
        f"d.accepted_at IS NOT NULL AND d.filed_at < {period.until}"
        f" AND (d.is_open OR d.ended_at >= {period.since} OR d.filed_at >= {period.since})"
    )


def in_progress(period: Bounds) -> str:
    """Return the condition on `d` by which a dossier is in the denominator of 2.1."""
    return f"(d.ended_at IS NULL OR d.ended_at >= {period.since})"


def procedures_of(formula: DossierFormula, where: Conditions) -> str:
    """Return a formula's condition on `p`, its values added to `where`."""
    return formula.procedures.format(*(where.parameter(value) for value in formula.values))
