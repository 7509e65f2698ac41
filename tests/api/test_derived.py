"""What the database derives of a dossier: its unit, its end, and whether it ended in time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ioc_core.db import Connection
from ioc_core.db.dossiers import store_dossiers
from ioc_core.dossier import Dossier
from ioc_core.events import DossierStatus, Supplement

DUE = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
FILED = DUE - timedelta(days=5)


def dossier(status: int, *, ended: timedelta | None = None, **fields: Any) -> Dossier:
    """A dossier that ended this long after it was due."""
    end = None if ended is None else DUE + ended
    base: dict[str, Any] = {
        "code": "H15-1",
        "source": "igate",
        "status": DossierStatus(status),
        "effective_at": end or FILED,
        "told_at": end or FILED,
        "content_id": "x",
        "filed_at": FILED,
        "accepted_at": FILED,
        "due_at": DUE,
        "finished_at": end,
    }
    return Dossier(**(base | fields))


def supplement(hours: float) -> Supplement:
    """A request for papers that was answered after this long."""
    return Supplement(requested_at=FILED, received_at=FILED + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("given", "on_time"),
    [
        pytest.param(dossier(9, ended=timedelta(hours=-1)), True, id="early"),
        pytest.param(dossier(9, ended=timedelta(0)), True, id="on the minute"),
        pytest.param(dossier(9, ended=timedelta(seconds=59)), True, id="within the minute"),
        pytest.param(dossier(9, ended=timedelta(seconds=60)), False, id="a minute late"),
        pytest.param(dossier(10, ended=timedelta(hours=2)), False, id="late and handed over"),
        pytest.param(
            dossier(9, ended=timedelta(hours=2), supplements=(supplement(2),)), True, id="late by the citizen's time"
        ),
        pytest.param(
            dossier(9, ended=timedelta(hours=2), supplements=(supplement(1), supplement(0.5))),
            False,
            id="late by more than the citizen's time",
        ),
        pytest.param(
            dossier(9, ended=timedelta(hours=2), supplements=(Supplement(requested_at=FILED),)),
            False,
            id="a request that was never answered takes nothing off",
        ),
        pytest.param(dossier(9, ended=timedelta(0), due_at=None), None, id="without a due date it can't be told"),
        pytest.param(dossier(3, ended=timedelta(0), accepted_at=None), None, id="refused at the door"),
        pytest.param(dossier(4), None, id="still open"),
        pytest.param(
            dossier(10, finished_at=None, returned_at=DUE, effective_at=DUE + timedelta(days=1)),
            True,
            id="without a finish, the hand-over counts",
        ),
    ],
)
async def test_in_time(each_scratch: Connection, given: Dossier, on_time: bool | None) -> None:
    await store_dossiers(each_scratch, [given])
    row = await each_scratch.fetchrow("SELECT on_time, ended_at, is_open FROM dossiers WHERE code = 'H15-1'")
    assert row is not None
    assert row["on_time"] is on_time
    assert (row["ended_at"] is None) is row["is_open"]


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
    await store_dossiers(each_scratch, [dossier(4, resolving_unit=resolving, receiving_unit=receiving)])
    assert await each_scratch.fetchval("SELECT work_unit FROM dossiers WHERE code = 'H15-1'") == unit


@pytest.mark.parametrize(
    ("at", "waited"),
    [
        pytest.param(-1, False, id="before it was asked"),
        pytest.param(0, True, id="from when it was asked"),
        pytest.param(1.9, True, id="until the papers came"),
        pytest.param(2, False, id="once they had come"),
    ],
)
async def test_whether_it_waited_for_the_citizen_in_the_past(
    each_scratch: Connection, at: float, waited: bool
) -> None:
    await store_dossiers(each_scratch, [dossier(4, supplements=(supplement(2),))])
    question = "SELECT waited_for_citizen(supplements, $1) FROM dossiers WHERE code = 'H15-1'"
    assert await each_scratch.fetchval(question, FILED + timedelta(hours=at)) is waited
