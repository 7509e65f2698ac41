"""What leaders are told of a period."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request

from ioc_api.access import Reader
from ioc_api.context import api_of
from ioc_api.models.reports import PeriodReport
from ioc_api.parameters import UnitCode, check_days
from ioc_api.paths import API
from ioc_api.problems import Problem, errors
from ioc_api.queries import reports as queries
from ioc_api.reports import FIGURES, by_channel, by_unit, figure, previous_period, totals

router = APIRouter(prefix=f"{API}/reports", tags=["reports"])

FirstDay = Annotated[date, Query(alias="from", description="First day.", examples=["2026-07-01"])]
LastDay = Annotated[date, Query(description="Last day, included.", examples=["2026-07-31"])]


@router.get("/period", responses=errors(401, 403, 404, 422))
async def report_period(
    request: Request, principal: Reader, first: FirstDay, to: LastDay, unit: UnitCode = None
) -> PeriodReport:
    """Return the figures of a period of days, each with numerator, denominator, definition and the period before.

    Whole months are compared with as many months before, other periods with as many days before. Of a period that
    isn't over, open and overdue are of now.
    """
    api = api_of(request)
    check_days(first, to)
    now = api.now()
    periods = ((first, to), previous_period(first, to))
    async with api.database.connection() as connection:
        scope = await queries.scope_name(connection, unit or principal.scope)
        if scope is None:
            raise Problem(404, f"There is no unit {unit or principal.scope}.")
        here, there = [
            await queries.counts(
                connection,
                _midnight(since, api.zone),
                min(_midnight(until + timedelta(days=1), api.zone), now),
                units=principal.scope_units,
                within=unit,
            )
            for since, until in periods
        ]
    return PeriodReport.model_validate(
        {
            "from": first,
            "to": to,
            "before_from": periods[1][0],
            "before_to": periods[1][1],
            "scope": scope[0],
            "scope_name": scope[1],
            "made_at": now,
            "figures": [figure(definition, totals(here), totals(there)) for definition in FIGURES],
            "by_unit": by_unit(here),
            "by_channel": by_channel(here),
        }
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
