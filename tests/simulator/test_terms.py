"""When a dossier is due: each statutory unit, from working time, an evening, and before a holiday."""

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from ioc_core.catalogue import Catalogue, StatutoryUnit
from simulator.dossiers.scenario import Habits
from simulator.dossiers.terms import due_of, lateness
from simulator.workclock import WorkClock

HOURS, WORKING_DAYS, DAYS, MONTHS = (
    StatutoryUnit.WORKING_HOURS,
    StatutoryUnit.WORKING_DAYS,
    StatutoryUnit.DAYS,
    StatutoryUnit.MONTHS,
)


@pytest.mark.parametrize(
    ("amount", "unit", "accepted", "due"),
    [
        pytest.param(8, HOURS, "2026-11-19 09:00", "2026-11-20 09:00", id="eight working hours end a day later"),
        pytest.param(8, HOURS, "2026-11-19 20:00", "2026-11-20 17:00", id="an evening counts from the next morning"),
        pytest.param(1, WORKING_DAYS, "2026-11-20 10:00", "2026-11-23 10:00", id="a weekend doesn't count"),
        pytest.param(3, WORKING_DAYS, "2026-11-20 10:00", "2026-11-26 10:00", id="nor does 24 November"),
        pytest.param(5, DAYS, "2026-11-19 10:00", "2026-11-25 07:00", id="days end at the opening after a holiday"),
        pytest.param(7, DAYS, "2026-11-05 10:00", "2026-11-12 10:00", id="days that end on a working day"),
        pytest.param(1, MONTHS, "2026-10-05 10:00", "2026-11-04 10:00", id="a month is thirty days"),
    ],
)
def test_due(
    shipped: Catalogue, clock: WorkClock, amount: float, unit: StatutoryUnit, accepted: str, due: str
) -> None:
    procedure = replace(shipped.procedures["1.001193"], statutory_time=amount, statutory_unit=unit)
    at = int(datetime.fromisoformat(accepted).replace(tzinfo=clock.zone).timestamp())
    assert clock.local(due_of(clock, procedure, at)).strftime("%Y-%m-%d %H:%M") == due


def test_most_late_ones_are_late_by_hours_and_some_by_days() -> None:
    rng = Random(1)
    hours = [lateness(rng, Habits()) for _ in range(2000)]
    assert min(hours) > 0
    assert 2 < sorted(hours)[1000] < 5
    assert 0.03 < sum(late > 24 for late in hours) / 2000 < 0.09
    assert max(hours) <= 56
