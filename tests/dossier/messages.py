"""Messages about one dossier, by hours after its filing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ioc_core.events import DossierEvent, DossierStatus

T0 = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
"""Monday, 08:00 in the province."""
CODE = "000.00.01.H15-261102-0001"


def at(hours: float) -> datetime:
    """So many hours after the filing."""
    return T0 + timedelta(hours=hours)


def record(status: int, observed: float, *, told: float | None = None, **fields: Any) -> DossierEvent:
    """A whole record that states `observed`, arriving at `told`."""
    return DossierEvent(
        source="igate",
        observed_at=at(observed),
        received_at=at(observed if told is None else told),
        code=CODE,
        record=True,
        status=DossierStatus(status),
        **{"filed_at": T0, **fields},
    )


def step(status: int, observed: float, *, told: float | None = None) -> DossierEvent:
    """A progress step at `observed`, arriving at `told`."""
    return DossierEvent(
        source="igate",
        observed_at=at(observed),
        received_at=at(observed if told is None else told),
        code=CODE,
        record=False,
        status=DossierStatus(status),
        step_department="Một cửa",
    )
