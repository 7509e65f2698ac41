"""How dossiers are counted: which are in an indicator's denominator, and which of these in its numerator.

Conditions are SQL: on `d`, a row of `dossiers`, and on `p`, its row of `procedures`, if any. What depends on the
procedure stands apart, so that rows are counted by procedure once and judged by it afterwards. Pure data.
"""

from msgspec import Struct

from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.indicators import (
    CertifiedCopies,
    Digitised,
    ElectronicResult,
    FiledOnline,
    FullyOnline,
)

ONLINE = "d.channel = 2"
RESULT = "d.electronic_result"
ATTRIBUTES = (
    "channel",
    "paid_online",
    "electronic_result",
    "papers_digitised",
    "papers_reused",
    "papers_from_store",
    "population_data",
)
"""Columns that are NULL where the record doesn't say. A source that never says one feeds no indicator of it."""


class DossierFormula(Struct, frozen=True, kw_only=True):
    """Counts dossiers received in the period; with `in_progress` those received or processed in it (2.1).

    In the denominator: `scope` of the dossier and `procedures` of its procedure hold. In the numerator: `hit` holds
    too; of a procedure without a paper result `hit_without_result`, where it is stated. `values` are the parameters
    of `procedures`, written `{0}` there. `says`: the fields that a source must state.
    """

    id: str
    hit: str = "true"
    scope: str = "true"
    procedures: str = "true"
    hit_without_result: str | None = None
    says: tuple[str, ...] = ()
    values: tuple[list[str], ...] = ()
    in_progress: bool = False


class ProcedureFormula(Struct, frozen=True):
    """Finds procedures of which at least one dossier received in the period fits."""

    id: str
    hit: str
    says: tuple[str, ...]


IN_TIME = "CASE WHEN d.ended_at < {until} THEN d.lateness <= 2 ELSE d.late_at IS NULL OR d.late_at >= {until} END"
"""2.1: it ended in time, or, running at the end of the period, wasn't late then."""

BASE = (
    DossierFormula(id="2.1", hit=IN_TIME, in_progress=True),
    DossierFormula(id="1.4"),
)
"""Counted always: other indicators need them too."""

_PLAIN = (
    DossierFormula(
        id="3.6",
        scope="coalesce(d.fee_vnd, 1) > 0",
        procedures="p.fee_vnd > 0",
        hit="d.paid_online",
        says=("paid_online",),
    ),
    DossierFormula(id="4.1", procedures="p.needs_paper_result", hit=RESULT, says=("electronic_result",)),
    DossierFormula(id="4.3", hit="d.papers_reused", says=("papers_reused",)),
    DossierFormula(id="4.4", hit="d.papers_from_store", says=("papers_from_store",)),
    DossierFormula(id="4.5b", hit="d.population_data", says=("population_data",)),
)
_PROCEDURES = (
    ProcedureFormula("3.2", ONLINE, ("channel",)),
    ProcedureFormula("3.5b", "d.paid_online", ("paid_online",)),
    ProcedureFormula("4.5a", "d.population_data", ("population_data",)),
)


def dossier_formulas(version: Version) -> tuple[DossierFormula, ...]:
    """Return the formulas that count dossiers for a version: `BASE`, then those of its indicators that are fed."""
    fed = _fed(version)
    made = [formula for formula in _PLAIN if formula.id in fed]
    for indicator in version.indicators:
        if indicator.id not in fed:
            continue
        match indicator:
            case FiledOnline():
                made.append(_with_result("3.3", ONLINE, ("channel",), indicator.electronic_result))
            case FullyOnline():
                made.append(
                    _with_result(
                        "3.full",
                        ONLINE,
                        ("channel",),
                        indicator.electronic_result,
                        procedures="p.service_mode = ANY({0}::text[])",
                        values=(sorted(mode.value for mode in indicator.modes),),
                    )
                )
            case Digitised():
                says = ("papers_digitised",)
                made.append(_with_result("4.2", "d.papers_digitised", says, indicator.electronic_result))
            case CertifiedCopies():
                made.append(
                    DossierFormula(
                        id="4.5c",
                        procedures="p.code = ANY({0}::text[])",
                        hit=RESULT,
                        says=("electronic_result",),
                        values=(sorted(indicator.procedures),),
                    )
                )
            case _:
                pass
    return (*BASE, *made)


def procedure_formulas(version: Version) -> tuple[ProcedureFormula, ...]:
    """Return the formulas that find procedures for a version."""
    fed = _fed(version)
    return tuple(formula for formula in _PROCEDURES if formula.id in fed)


def _with_result(
    id_: str,
    hit: str,
    says: tuple[str, ...],
    result: ElectronicResult,
    *,
    procedures: str = "true",
    values: tuple[list[str], ...] = (),
) -> DossierFormula:
    """A formula that, beside `hit`, may ask for an electronic result."""
    ignored = result == "ignored"
    return DossierFormula(
        id=id_,
        hit=hit if ignored else f"{hit} AND {RESULT}",
        hit_without_result=hit if result == "where_needed" else None,
        procedures=procedures,
        says=says if ignored else (*says, "electronic_result"),
        values=values,
    )


def _fed(version: Version) -> frozenset[str]:
    return frozenset(indicator.id for indicator in version.indicators if indicator.fed_by != "nothing")
