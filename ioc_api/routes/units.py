"""Units with their work, what no catalogue knows, and systems with their probes."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from ioc_api.access import Reader
from ioc_api.context import api_of
from ioc_api.export import MOST_ROWS, TABLES, Wanted
from ioc_api.listing import whole
from ioc_api.models.units import Systems, UnitDetail, Units, UnmappedTexts
from ioc_api.parameters import Limit, UnitCode
from ioc_api.paths import API
from ioc_api.problems import Problem, errors
from ioc_api.projector.facts import Facts, UnitWork
from ioc_api.projector.state import counters, worst_by_unit
from ioc_api.queries import units as queries
from ioc_api.tables import UNITS, UNMAPPED

router = APIRouter(prefix=API, tags=["units and systems"])


@router.get("/units", response_model=Units, responses={**errors(401, 403, 422), **TABLES})
async def list_units(
    request: Request,
    principal: Reader,
    wanted: Wanted,
    kind: Annotated[Literal["province", "department", "district", "commune"] | None, Query()] = None,
    within: UnitCode = None,
    current: Annotated[bool | None, Query(description="Only units that exist today, or only former ones.")] = None,
) -> Units | Response:
    """List units with their dossiers and worst alert of now (at most two seconds old)."""
    api = api_of(request)
    facts = await api.facts.read()
    asked = queries.UnitFilter(units=principal.scope_units, kind=kind, within=within, current=current)
    async with api.database.connection() as connection:
        rows = await queries.units(connection, asked, facts.today)
    items = _with_work(rows, facts)
    if wanted != "json":
        return api.exports.download(wanted, UNITS, whole([row | row["work"] for row in items]), now=api.now())
    return Units.model_validate({"items": items})


@router.get("/units/unmapped", response_model=UnmappedTexts, responses={**errors(401, 403, 422), **TABLES})
async def list_unmapped(
    request: Request,
    principal: Reader,
    wanted: Wanted,
    kind: Annotated[Literal["unit", "procedure"] | None, Query()] = None,
    within: UnitCode = None,
    limit: Limit = 100,
) -> UnmappedTexts | Response:
    """List what sources write of units and procedures that no catalogue knows, the most frequent first."""
    api = api_of(request)
    most = limit if wanted == "json" else MOST_ROWS
    async with api.database.connection() as connection:
        items = await queries.unmapped(connection, principal.scope_units, kind=kind, within=within, limit=most)
    if wanted != "json":
        return api.exports.download(wanted, UNMAPPED, whole(items), now=api.now())
    return UnmappedTexts.model_validate({"items": items})


@router.get("/units/{code}", responses=errors(401, 403, 404))
async def get_unit(
    request: Request, principal: Reader, code: Annotated[str, Path(max_length=100, description="The unit's code.")]
) -> UnitDetail:
    """Return a unit with those above it, and those whose work it took over or that took over its work."""
    api = api_of(request)
    facts = await api.facts.read()
    async with api.database.connection() as connection:
        asked = queries.UnitFilter(units=principal.scope_units, code=code)
        rows = await queries.units(connection, asked, facts.today)
        if not rows:
            raise Problem(404, f"There is no unit {code}.")
        around = await queries.around(connection, rows[0], facts.today)
    return UnitDetail.model_validate(_with_work(rows, facts)[0] | around)


def _with_work(rows: list[dict[str, Any]], facts: Facts) -> list[dict[str, Any]]:
    """Add to each unit its dossiers and its worst alert of now."""
    work = {unit.unit: unit for unit in facts.work}
    worst = worst_by_unit(facts)
    for row in rows:
        row["severity"] = worst.get(row["code"])
        row["work"] = counters(work.get(row["code"], UnitWork(unit=row["code"])))
    return rows


@router.get("/systems", responses=errors(401, 403))
async def list_systems(request: Request, principal: Reader) -> Systems:
    """List the systems of the catalogue with the state of their probed targets."""
    async with api_of(request).database.connection() as connection:
        systems = await queries.systems(connection, principal.scope_units)
        targets = await queries.targets(connection, principal.scope_units)
    known = {system["code"] for system in systems}
    for system in systems:
        system["targets"] = [target for target in targets if target["system"] == system["code"]]
        system["up"] = all(target["up"] for target in system["targets"]) if system["targets"] else None
    other = [target for target in targets if target["system"] not in known]
    return Systems.model_validate({"items": systems, "other_targets": other})
