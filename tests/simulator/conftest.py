"""What the simulator's tests share: the shipped catalogue and calendar, and a week of dossiers."""

from datetime import date

import pytest

from ioc_core import calendar_file, catalogue
from ioc_core.catalogue import Catalogue
from simulator.dossiers.day import DayPlanner, DossierPlan
from simulator.dossiers.scenario import PRESENT
from simulator.workclock import WorkClock
from tests.conftest import CONFIG

SEED = 766
FIRST_DAY = date(2026, 10, 5)
"""A Monday; no holiday lies within the following six weeks."""


@pytest.fixture(scope="session")
def shipped() -> Catalogue:
    """The shipped catalogue."""
    return catalogue.load(CONFIG)


@pytest.fixture(scope="session")
def clock() -> WorkClock:
    """The shipped calendar."""
    return WorkClock(calendar_file.load(CONFIG))


@pytest.fixture(scope="session")
def planner(shipped: Catalogue, clock: WorkClock) -> DayPlanner:
    """Plans days of the default seed."""
    return DayPlanner(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED, rate=1.0)


@pytest.fixture(scope="session")
def weeks(planner: DayPlanner) -> list[list[DossierPlan]]:
    """The dossiers of 35 days from `FIRST_DAY` on, day by day."""
    return [planner.plan(date.fromordinal(FIRST_DAY.toordinal() + day)) for day in range(35)]
