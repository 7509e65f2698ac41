"""What is counted of dossiers equals a slow oracle's answer, on each engine; and every count can be listed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ioc_api.queries import scoreboard as queries
from ioc_api.queries import scoreboard_counting as counting
from ioc_api.queries import scoreboard_dossiers as behind
from ioc_api.queries.scoreboard_dossiers import Behind, Part
from ioc_api.scoreboard import compose
from ioc_api.scoreboard.counts import NOTHING
from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.formulas import DossierFormula, ProcedureFormula, dossier_formulas, procedure_formulas
from ioc_api.scoreboard.tree import UNMAPPED, Tree
from ioc_core.db import Connection
from tests.scoreboard.conftest import CALENDAR, SHIPPED
from tests.scoreboard.oracle import SCOPES, Oracle, Register, population, store

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SINCE, UNTIL = datetime(2026, 6, 1, tzinfo=ZONE), datetime(2026, 7, 1, tzinfo=ZONE)
RESULTS = (
    {"3.3": "ignored", "3.full": "where_needed", "4.2": "always"},
    {"3.3": "where_needed", "3.full": "always", "4.2": "where_needed"},
    {"3.3": "always", "3.full": "ignored", "4.2": "ignored"},
)


def configured(version: Version, results: dict[str, str]) -> Version:
    """The version with other values of `electronic_result`."""
    groups = tuple(
        group.model_copy(
            update={
                "indicators": tuple(
                    it.model_copy(update={"electronic_result": results[it.id]}) if it.id in results else it
                    for it in group.indicators
                )
            }
        )
        for group in version.groups
    )
    return version.model_copy(update={"groups": groups})


async def scopes_of(connection: Connection, version: Version, since: datetime, until: datetime) -> compose.Facts:
    """What was read of a period."""
    formulas = counting.Formulas(dossier_formulas(version), procedure_formulas(version))
    return compose.Facts(
        first=since.date(),
        last=(until - timedelta(days=1)).date(),
        dossiers=await counting.dossiers(connection, formulas, since, until),
        procedures=await queries.procedures(connection),
        increases=[],
    )


async def register(connection: Connection) -> dict[str, Register]:
    """The register, for the oracle."""
    rows = await connection.fetch("SELECT code, service_mode, fee_vnd, needs_paper_result FROM procedures")
    return {row["code"]: Register(row["service_mode"], row["fee_vnd"], row["needs_paper_result"]) for row in rows}


@pytest.mark.parametrize("seed", range(6))
async def test_every_count_is_the_oracles(each_board: Connection, seed: int) -> None:
    results = RESULTS[seed % 3]
    rows = population(seed, SINCE, UNTIL, 400)
    await store(each_board, rows)
    oracle = Oracle(rows, await register(each_board), SINCE, UNTIL, results)
    tree = Tree(await queries.units(each_board))
    compared = 0
    for shipped in SHIPPED.versions:
        version = configured(shipped, results)
        facts = await scopes_of(each_board, version, SINCE, UNTIL)
        scopes = compose.scopes(version, facts, tree, CALENDAR)
        for scope in SCOPES:
            for formula in dossier_formulas(version):
                numerator, denominator = oracle.counted(formula.id, scope)
                found = scopes[scope].dossiers.get(formula.id, NOTHING)
                assert (found.numerator, found.denominator) == (len(numerator), len(denominator)), (formula.id, scope)
                compared += len(denominator)
    assert compared > 3000


@pytest.mark.parametrize("seed", [11, 12])
async def test_every_count_is_a_list_of_dossiers(each_board: Connection, seed: int) -> None:
    results = RESULTS[seed % 3]
    rows = population(seed, SINCE, UNTIL, 250)
    await store(each_board, rows)
    oracle = Oracle(rows, await register(each_board), SINCE, UNTIL, results)
    tree = Tree(await queries.units(each_board))
    listed = 0
    for shipped in SHIPPED.versions:
        version = configured(shipped, results)
        facts = await scopes_of(each_board, version, SINCE, UNTIL)
        scopes = compose.scopes(version, facts, tree, CALENDAR)
        for scope in SCOPES:
            for formula in dossier_formulas(version):
                numerator, denominator = oracle.counted(formula.id, scope)
                wanted: dict[Part, set[str]] = {
                    "numerator": set(numerator),
                    "denominator": set(denominator),
                    "lost": set(denominator) - set(numerator),
                }
                for part, codes in wanted.items():
                    found = await page(each_board, facts, tree, scope, formula, part)
                    assert found == codes, (formula.id, scope, part)
                    listed += len(codes)
            for formula_ in procedure_formulas(version):
                parts = compose.procedures_of(formula_.id, scopes[scope])
                assert parts is not None
                offered = {row.code for row in rows if row.procedure_code in parts.denominator}
                wanted_ = set(oracle.procedures(formula_.id, scope)) & offered
                found = await page(each_board, facts, tree, scope, formula_, "numerator", sorted(parts.numerator))
                assert found == wanted_, (formula_.id, scope)
                assert len(parts.numerator) == len({row.procedure_code for row in rows if row.code in wanted_})
    assert listed > 3000


async def page(
    connection: Connection,
    facts: compose.Facts,
    tree: Tree,
    scope: str,
    formula: DossierFormula | ProcedureFormula,
    part: Part,
    codes: list[str] | None = None,
) -> set[str]:
    """The codes of every page of what is behind a count."""
    said = compose.said_by(facts.dossiers)
    found: list[str] = []
    after = None
    while True:
        asked = Behind(
            formula=formula,
            part=part,
            since=SINCE,
            until=UNTIL,
            sources=[source for source, fields in said.items() if fields.issuperset(formula.says)]
            if formula.says
            else None,
            units=None if scope in (tree.province, UNMAPPED) else sorted(tree.members(scope)),
            unmapped=sorted(tree.units) if scope == UNMAPPED else None,
            codes=codes,
            after=after,
        )
        rows = await behind.page(connection, asked, 60)
        found += [row["code"] for row in rows]
        if len(rows) < 60:
            assert len(found) == len(set(found))
            return set(found)
        after = (rows[-1]["filed_at"], rows[-1]["code"])


async def test_a_period_without_a_dossier_measures_nothing(each_board: Connection) -> None:
    facts = await scopes_of(each_board, SHIPPED.versions[1], SINCE, UNTIL)
    assert facts.dossiers == []


async def test_a_source_that_never_says_it_feeds_nothing(each_board: Connection) -> None:
    version = SHIPPED.versions[1]
    rows = [row for row in population(5, SINCE, UNTIL, 200) if row.source == "silent"]
    await store(each_board, rows)
    tree = Tree(await queries.units(each_board))
    facts = await scopes_of(each_board, version, SINCE, UNTIL)
    found = compose.counts(version, compose.scopes(version, facts, tree, CALENDAR)["66"])
    assert set(found) == {"2.1"}, "the register's 3.1 isn't in this version, and no other record field was stated"
