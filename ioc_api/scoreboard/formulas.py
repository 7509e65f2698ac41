"""How dossiers are counted: for each indicator two conditions in SQL, and which fields a record must state.

A dossier is in an indicator's denominator when `scope` holds, and in its numerator when `scope` and `hit` hold. Both
speak of `d`, a row of `DOSSIER_ROWS` (queries/scoreboard.py), and of `p`, its row of `procedures`, if any. Pure data.
"""

from collections.abc import Iterable

from msgspec import Struct

from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.indicators import (
    CertifiedCopies,
    Digitised,
    ElectronicResult,
    FiledOnline,
    FullyOnline,
)

RECEIVED = "d.received"
ONLINE = 2
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

_RESULT: dict[ElectronicResult, str] = {
    "ignored": "true",
    "where_needed": "(d.electronic_result IS TRUE OR NOT coalesce(p.needs_paper_result, true))",
    "always": "d.electronic_result IS TRUE",
}


class DossierFormula(Struct, frozen=True):
    """Counts dossiers. `values` are the parameters of `scope`, written `{0}`, `{1}` there."""

    id: str
    scope: str
    hit: str
    says: tuple[str, ...] = ()
    values: tuple[list[str], ...] = ()


class ProcedureFormula(Struct, frozen=True):
    """Finds procedures with at least one dossier for which `hit` holds."""

    id: str
    hit: str
    says: tuple[str, ...]


BASE = (
    DossierFormula("2.1", "d.in_scope", "d.in_time"),
    DossierFormula("1.4", RECEIVED, "true"),
)
"""Counted always: other indicators need them too."""

_PLAIN = (
    DossierFormula(
        "3.6",
        f"{RECEIVED} AND p.fee_vnd > 0 AND coalesce(d.fee_vnd, 1) > 0",
        "d.paid_online IS TRUE",
        ("paid_online",),
    ),
    DossierFormula(
        "4.1", f"{RECEIVED} AND p.needs_paper_result", "d.electronic_result IS TRUE", ("electronic_result",)
    ),
    DossierFormula("4.3", RECEIVED, "d.papers_reused IS TRUE", ("papers_reused",)),
    DossierFormula("4.4", RECEIVED, "d.papers_from_store IS TRUE", ("papers_from_store",)),
    DossierFormula("4.5b", RECEIVED, "d.population_data IS TRUE", ("population_data",)),
)
_PROCEDURES = (
    ProcedureFormula("3.2", f"d.channel = {ONLINE}", ("channel",)),
    ProcedureFormula("3.5b", "d.paid_online IS TRUE", ("paid_online",)),
    ProcedureFormula("4.5a", "d.population_data IS TRUE", ("population_data",)),
)


def dossier_formulas(version: Version) -> tuple[DossierFormula, ...]:
    """Return the formulas that count dossiers for a version: `BASE`, then those of its indicators that are fed."""
    fed = _fed(version)
    made = [formula for formula in _PLAIN if formula.id in fed]
    for indicator in version.indicators:
        if indicator.id not in fed:
            continue
        if isinstance(indicator, FiledOnline):
            made.append(_online("3.3", RECEIVED, indicator.electronic_result))
        elif isinstance(indicator, FullyOnline):
            modes = [mode.value for mode in sorted(indicator.modes)]
            scope = f"{RECEIVED} AND p.service_mode = ANY({{0}}::text[])"
            made.append(_online("3.full", scope, indicator.electronic_result, modes))
        elif isinstance(indicator, Digitised):
            hit = f"d.papers_digitised IS TRUE AND {_RESULT[indicator.electronic_result]}"
            made.append(
                DossierFormula("4.2", RECEIVED, hit, ("papers_digitised", *_result_said(indicator.electronic_result)))
            )
        elif isinstance(indicator, CertifiedCopies):
            made.append(
                DossierFormula(
                    "4.5c",
                    f"{RECEIVED} AND d.procedure_code = ANY({{0}}::text[])",
                    "d.electronic_result IS TRUE",
                    ("electronic_result",),
                    (sorted(indicator.procedures),),
                )
            )
    return (*BASE, *made)


def procedure_formulas(version: Version) -> tuple[ProcedureFormula, ...]:
    """Return the formulas that find procedures for a version."""
    fed = _fed(version)
    return tuple(formula for formula in _PROCEDURES if formula.id in fed)


def _online(id_: str, scope: str, result: ElectronicResult, values: Iterable[str] | None = None) -> DossierFormula:
    said = ("channel", *_result_said(result))
    given = () if values is None else (list(values),)
    return DossierFormula(id_, scope, f"d.channel = {ONLINE} AND {_RESULT[result]}", said, given)


def _result_said(result: ElectronicResult) -> tuple[str, ...]:
    return () if result == "ignored" else ("electronic_result",)


def _fed(version: Version) -> frozenset[str]:
    return frozenset(indicator.id for indicator in version.indicators if indicator.fed_by != "nothing")
