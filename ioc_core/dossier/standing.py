"""One word for how a dossier stands at an instant; SQL's `dossier_standing` says the same (migration 0050)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from ioc_core.dossier.story import Story
from ioc_core.dossier.term import Lateness
from ioc_core.dossier.verdict import Verdict


class Standing(StrEnum):
    """Open: the first eight. `late` is overdue in substance, `entered_late` overdue by entry only."""

    REGISTERED = "registered"
    UNACCEPTED = "unaccepted"
    WAITING = "waiting"
    OVERDUE = "overdue"
    DUE_SOON_1 = "due_soon_1"
    DUE_SOON_2 = "due_soon_2"
    DUE_SOON_3 = "due_soon_3"
    RUNNING = "running"
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    ENTERED_LATE = "entered_late"
    REFUSED = "refused"
    UNMEASURED = "unmeasured"


_ENDED = {Lateness.EARLY: Standing.EARLY, Lateness.ON_TIME: Standing.ON_TIME, Lateness.LATE: Standing.LATE}
_SOON = (Standing.DUE_SOON_1, Standing.DUE_SOON_2, Standing.DUE_SOON_3)


def standing(
    told: Story, verdict: Verdict, *, now: datetime, working_clock: float, due_soon: Sequence[float]
) -> Standing:
    """Return how a dossier stands at `now`, whose working time since the calendar began is `working_clock`.

    `due_soon`: working seconds left below which it is due soon, the longest first (tiers 3, 2, 1).
    """
    if told.ended_at is not None:
        if told.accepted_at is None:
            return Standing.REFUSED
        if verdict.entered_late:
            return Standing.ENTERED_LATE
        return Standing.UNMEASURED if verdict.lateness is None else _ENDED[verdict.lateness]
    if told.accepted_at is None:
        late = verdict.accept_by is not None and verdict.accept_by < now
        return Standing.UNACCEPTED if late else Standing.REGISTERED
    if verdict.late_at is not None and verdict.late_at < now:
        return Standing.OVERDUE
    if told.waiting_since is not None:
        return Standing.WAITING
    if verdict.late_clock is None:
        return Standing.RUNNING
    left = verdict.late_clock - working_clock
    tiers = sum(left <= seconds for seconds in due_soon)
    return _SOON[len(due_soon) - tiers] if tiers else Standing.RUNNING
