"""Units with their work, and systems with their probes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from ioc_api.access import Reader
from ioc_api.context import api_of
from ioc_api.models.units import Systems, Units
from ioc_api.parameters import UnitCode
from ioc_api.paths import API
from ioc_api.problems import errors
from ioc_api.projector.facts import UnitWork
from ioc_api.projector.state import worst_by_unit
from ioc_api.queries import units as queries

router = APIRouter(prefix=API, tags=["units and systems"])


@router.get("/units", responses=errors(401, 403, 422))
async def list_units(
    request: Request,
    principal: Reader,
    kind: Annotated[Literal["province", "department", "district", "commune"] | None, Query()] = None,
    within: UnitCode = None,
    current: Annotated[bool | None, Query(description="Only units that exist today, or only former ones.")] = None,
) -> Units:
    """List units with their dossiers and worst alert of now (at most two seconds old)."""
    api = api_of(request)
    facts = await api.facts.read()
    asked = queries.UnitFilter(units=principal.scope_units, kind=kind, within=within, current=current)
    async with api.database.connection() as connection:
        rows = await queries.units(connection, asked, facts.today)
    work = {unit.unit: unit for unit in facts.work}
    worst = worst_by_unit(facts)
    for row in rows:
        held = work.get(row["code"], UnitWork(unit=row["code"]))
        row["severity"] = worst.get(row["code"])
        row["work"] = {
            "open": held.open,
            "overdue": held.overdue,
            "due_soon": held.due_soon,
            "received_today": held.received_today,
            "last_event_at": held.last_event_at,
        }
    return Units.model_validate({"items": rows})


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
