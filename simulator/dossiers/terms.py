"""How long a dossier may take, and how long it takes when it is late. Pure."""

from random import Random

from ioc_core.catalogue import Procedure, StatutoryUnit
from simulator.dossiers.scenario import Habits
from simulator.workclock import DAY, HOUR, WorkClock

MONTH_DAYS = 30
CHRONIC_DAYS = (2.0, 7.0)
"""Working days by which the worst of the late ones are late."""
LATEST_HOURS = 24.0
"""Working hours by which the others are late at most."""
DAY_HOURS = 8


def due_of(clock: WorkClock, procedure: Procedure, accepted: int) -> int:
    """Return when a dossier accepted at `accepted` is due: the statutory time in its own unit.

    What is accepted out of working hours counts from the next opening, and what falls due then is due at the next
    opening.
    """
    start = clock.opening(accepted)
    amount = procedure.statutory_time
    match procedure.statutory_unit:
        case StatutoryUnit.WORKING_HOURS:
            return clock.add(start, amount * HOUR)
        case StatutoryUnit.WORKING_DAYS:
            return clock.add(start, amount * clock.day_seconds)
        case StatutoryUnit.DAYS:
            return clock.opening(start + int(amount * DAY))
        case StatutoryUnit.MONTHS:
            return clock.opening(start + int(amount * MONTH_DAYS * DAY))


def lateness(rng: Random, habits: Habits) -> float:
    """Return the working hours past the due date after which a late dossier is finished."""
    if rng.random() < habits.chronic_share:
        return rng.uniform(*CHRONIC_DAYS) * DAY_HOURS
    return min(habits.late_hours * rng.lognormvariate(0.0, habits.late_spread), LATEST_HOURS)
