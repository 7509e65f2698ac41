"""Dossiers with whole histories, told to the centre the writer's way, relative to now."""

from datetime import datetime, timedelta
from typing import Any

from ingest.writer.dossiers import dossier_rows, insert_dossiers
from ioc_core import dossier_clock
from ioc_core.db import connect as connect_database
from ioc_core.events import Channel, DossierEvent, DossierStatus, Supplement
from tests.api.conftest import Centre
from tests.conftest import CONFIG

COMMUNE = "24133"
OVERDUE = "H15.LOOK-OVERDUE"
ENTERED_LATE = "H15.LOOK-ENTERED-LATE"
WITHOUT_RESULT = "H15.LOOK-PAPER"


def _said(
    now: datetime, code: str, status: int, hours_ago: float, told: float | None = None, **more: Any
) -> DossierEvent:
    """One message; a record when it says when the dossier was filed."""
    at = now - timedelta(hours=hours_ago)
    return DossierEvent(
        source="igate",
        observed_at=at,
        received_at=at if told is None else now - timedelta(hours=told),
        code=code,
        record="filed_at" in more,
        status=DossierStatus(status),
        **more,
    )


def _record(now: datetime, filed: float, due: float, **more: Any) -> dict[str, Any]:
    """What a record says, by hours before now."""
    return {
        "filed_at": now - timedelta(hours=filed),
        "due_at": now - timedelta(hours=due),
        "receiving_unit": COMMUNE,
        "resolving_unit": COMMUNE,
        "procedure_code": "1.001193",
        "channel": Channel.ONLINE,
        "electronic_result": False,
        "paid_online": False,
        **more,
    }


def histories(now: datetime) -> list[DossierEvent]:
    """One that is overdue after a supplement and a correction, one entered late, and twenty without a result."""
    overdue = _record(now, 400, 200)
    asked = Supplement(requested_at=now - timedelta(hours=380), received_at=now - timedelta(hours=300))
    entered = _record(now, 300, 100)
    events = [
        _said(now, OVERDUE, 2, 400, **overdue),
        _said(now, OVERDUE, 4, 390, step_department="Địa chính"),
        _said(now, OVERDUE, 5, 380, step_department="Địa chính"),
        _said(now, OVERDUE, 4, 300, step_department="Địa chính", told=290, **{**overdue, "supplements": (asked,)}),
        _said(now, ENTERED_LATE, 2, 300, **entered),
        _said(now, ENTERED_LATE, 9, 120, told=20, **entered, finished_at=now - timedelta(hours=120)),
    ]
    for number in range(20):
        record = _record(now, 50, 2)
        events.append(
            _said(now, f"{WITHOUT_RESULT}-{number:02}", 9, 10, **record, finished_at=now - timedelta(hours=10))
        )
    return events


async def tell(centre: Centre) -> None:
    """Tell the centre all of them."""
    database = await connect_database(centre.dsn, application="test")
    try:
        async with database.transaction():
            await insert_dossiers(database, dossier_rows(histories(centre.now)), dossier_clock.load(CONFIG))
    finally:
        await database.close()
