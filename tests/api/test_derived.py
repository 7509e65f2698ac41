"""Whose dossier it is, by what the database derives."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.writer.dossiers import dossier_rows, insert_dossiers
from ioc_core import dossier_clock
from ioc_core.db import Connection
from ioc_core.events import DossierEvent, DossierStatus
from tests.conftest import CONFIG

FILED = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("resolving", "receiving", "unit"),
    [
        pytest.param("STP", "24133", "STP", id="who resolves it has it"),
        pytest.param(None, "24133", "24133", id="else who received it"),
        pytest.param(None, None, None, id="else nobody"),
    ],
)
async def test_whose_dossier_it_is(
    each_scratch: Connection, resolving: str | None, receiving: str | None, unit: str | None
) -> None:
    event = DossierEvent(
        source="igate",
        observed_at=FILED,
        received_at=FILED + timedelta(seconds=1),
        code="H15-1",
        record=True,
        status=DossierStatus.IN_PROCESS,
        filed_at=FILED,
        resolving_unit=resolving,
        receiving_unit=receiving,
    )
    await insert_dossiers(each_scratch, dossier_rows([event]), dossier_clock.load(CONFIG))
    assert await each_scratch.fetchval("SELECT work_unit FROM dossiers WHERE code = 'H15-1'") == unit
