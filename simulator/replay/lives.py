"""The lives of a report's dossiers: every one's instants, planned for all of them at once. Pure, and repeatable."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from itertools import accumulate, pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ioc_core.catalogue import StatutoryUnit
from ioc_core.events import DossierStatus
from simulator.dossiers.terms import MONTH_DAYS
from simulator.replay.allocation import Cell, working_days
from simulator.replay.draws import Draws, Fractions
from simulator.replay.grid import Numbers, WorkGrid
from simulator.replay.report import Filed, Report
from simulator.workclock import DAY, HOUR, WorkClock

Flags = NDArray[np.bool_]
MINUTE = 60
LONGEST_TERM = timedelta(days=200)
"""How far a due date may lie behind the report's last day."""


class Habits(Struct, frozen=True):
    """Shares of the resolved dossiers, of the open ones, and of those filed online."""

    late: float = 0.013
    entered_late: float = 0.006  # finished in time, told late
    supplemented: float = 0.05  # asked for more papers, and got them
    withdrawn: float = 0.004
    reviewed: float = 0.45  # shown to a leader in a step of its own, if the term is longer than a day
    electronic: float = 0.3
    open_overdue: float = 0.18
    open_waiting: float = 0.17  # for papers
    accepted_late: float = 0.01
    paid_online: float = 0.1


@dataclass(frozen=True, slots=True)
class Lives:
    """All dossiers of a report in the order of their filing, by column; instants are epoch seconds, 0: it isn't.

    `cell` is the place in the allocation. `due` is as it was set first, `due_after` as a supplement moved it.
    `finished` is when the work ended, `entered` when the system was told so. `status` is the last one.
    """

    cell: Numbers
    person: Numbers
    filed: Numbers
    accepted: Numbers
    due: Numbers
    due_after: Numbers
    started: Numbers
    asked: Numbers  # for more papers
    answered: Numbers
    reviewed: Numbers
    withdrawn: Numbers  # when the citizen asked to have it back
    finished: Numbers
    entered: Numbers
    returned: Numbers
    status: Numbers
    paid: Flags
    electronic: Flags

    def __len__(self) -> int:
        return len(self.cell)

    def taken(self, which: Numbers | slice) -> "Lives":
        """Return those dossiers."""
        return Lives(**{column.name: getattr(self, column.name)[which] for column in fields(self)})


HABITS = Habits()


def plan_lives(report: Report, cells: Sequence[Cell], clock: WorkClock, seed: int, habits: Habits = HABITS) -> Lives:
    """Return the lives of the dossiers of `cells`: nothing happens after the last day's closing."""
    lives = _Planner(report, cells, clock, seed, habits).plan()
    return lives.taken(np.lexsort((lives.cell, lives.filed)))


@dataclass(frozen=True, slots=True)
class _Fates:
    """What is out of the ordinary: of open dossiers `overdue` or `waiting` for papers, of resolved ones the rest."""

    overdue: Flags
    waiting: Flags
    late: Flags
    entered_late: Flags
    supplemented: Flags
    withdrawn: Flags

    @property
    def is_behind(self) -> Flags:
        """Whether something happens past the due date."""
        return self.late | self.entered_late | self.overdue


class _Planner:
    """Draws lives in working time, cell by cell, the resolved ones first; `last` is the report's last moment."""

    def __init__(self, report: Report, cells: Sequence[Cell], clock: WorkClock, seed: int, habits: Habits) -> None:
        self.habits = habits
        self.grid = WorkGrid(clock, report.first, report.last + LONGEST_TERM)
        self.day = clock.day_seconds
        self.last = int(self.grid.worked(np.array([clock.midnight(report.last + timedelta(1))]))[0]) - MINUTE
        self.cell = np.repeat(np.arange(len(cells)), [cell.received for cell in cells])
        self.draw = Draws(seed, len(self.cell))
        self.open = np.concatenate([np.arange(cell.received) >= cell.resolved for cell in cells])
        self.online = np.array([cell.filed is not Filed.COUNTER for cell in cells])[self.cell]
        self.cells = cells
        self.term = self._of_cells([working_days(cell.procedure) * self.day for cell in cells])

    def _of_cells(self, values: Sequence[float]) -> Numbers:
        return np.array([int(value) for value in values], dtype=np.int64)[self.cell]

    def plan(self) -> Lives:
        """Return the lives in the order of the cells."""
        fates = self._fates()
        behind = _lateness(self.draw("behind"), self.draw("how far behind")) * fates.is_behind
        wait = _whole(self.draw("wait") ** 2 * 8 * self.day + HOUR) * fates.supplemented
        accepted = self._accepted(fates, behind=behind, wait=wait)
        accepted_at = self.grid.at(accepted)
        due_at = self._due(accepted, accepted_at)
        due_after = self.grid.worked(due_at) + wait
        return Lives(
            cell=self.cell,
            person=_whole(self.draw("person") * 10**8),
            filed=self._filed(accepted_at),
            accepted=accepted_at,
            due=due_at,
            due_after=np.where(fates.supplemented, self.grid.at(due_after), due_at),
            paid=self.online & (self.draw("paid") < self.habits.paid_online),
            electronic=~self.open & ~fates.withdrawn & (self.draw("electronic") < self.habits.electronic),
            **self._work(fates, accepted, due_after, behind=behind, wait=wait),
        )

    def _fates(self) -> "_Fates":
        habits, draw, ended = self.habits, self.draw("fate"), ~self.open
        shares = (habits.late, habits.entered_late, habits.supplemented, habits.withdrawn)
        late, entered_late, supplemented, withdrawn = (
            ended & (low <= draw) & (draw < high) for low, high in pairwise(accumulate(shares, initial=0.0))
        )
        return _Fates(
            overdue=self.open & (draw < habits.open_overdue),
            waiting=self.open & (draw >= 1 - habits.open_waiting),
            late=late,
            entered_late=entered_late,
            supplemented=supplemented,
            withdrawn=withdrawn,
        )

    def _work(
        self, fates: "_Fates", accepted: Numbers, due_after: Numbers, *, behind: Numbers, wait: Numbers
    ) -> dict[str, Numbers]:
        """What happens after acceptance, as columns of `Lives`."""
        term = due_after - wait - accepted
        until = np.where(self.open, self.last - accepted, term)
        started = accepted + np.minimum(until // 10, _whole(MINUTE * (12 + 38 * self.draw("started"))))
        asked = started + _whole((0.05 + 0.3 * self.draw("asked")) * np.minimum(term, until))
        answered = asked + wait
        resumed = np.where(fates.supplemented, answered, started)
        finished = self._finished(resumed, due_after, behind * fates.late)
        given_back = asked + _whole(self.draw("given back") * 4 * HOUR) + MINUTE
        finished = np.where(fates.withdrawn, np.minimum(given_back, self.last), finished)
        entered = np.where(fates.entered_late, np.maximum(due_after + behind, finished), finished)
        returned = entered + _whole(self.draw("returned") ** 3 * 3 * self.day) + 5 * MINUTE
        ended = np.where(self.open, np.minimum(accepted + term, self.last), finished)
        reviewed = resumed + _whole((ended - resumed) * (0.5 + 0.4 * self.draw("reviewed")))
        of_days = (term > self.day) & ~fates.withdrawn & ~fates.waiting
        handed = ~self.open & ~fates.withdrawn & (returned <= self.last)
        at = self._instants
        return {
            "started": self.grid.at(started),
            "asked": at(asked, fates.supplemented | fates.waiting),
            "answered": at(answered, fates.supplemented),
            "reviewed": at(reviewed, of_days & (self.draw("is reviewed") < self.habits.reviewed)),
            "withdrawn": at(asked, fates.withdrawn),
            "finished": at(finished, ~self.open),
            "entered": at(entered, ~self.open),
            "returned": at(returned, handed),
            "status": self._status(fates, handed=handed),
        }

    def _instants(self, worked: Numbers, which: Flags) -> Numbers:
        return np.where(which, self.grid.at(worked), 0)

    def _accepted(self, fates: "_Fates", *, behind: Numbers, wait: Numbers) -> Numbers:
        """Resolved ones at any time that leaves room for their work, open ones as long ago as they are open."""
        draw = self.draw("accepted")
        room = self.term * 5 // 4 + wait + behind + 4 * HOUR
        resolved = _whole(draw * (self.last - room))
        age = np.where(fates.waiting, self.term + 12 * self.day, self.term * 0.97)
        still = self.last - np.where(fates.overdue, self.term + behind, _whole(draw * age))
        return np.clip(np.where(self.open, still, resolved), MINUTE, self.last - 10 * MINUTE)

    def _due(self, accepted: Numbers, accepted_at: Numbers) -> Numbers:
        """When each is due: the statutory time in its own unit (as `due_of`)."""
        procedures = [cell.procedure for cell in self.cells]
        elapsed = self._of_cells([_elapsed(cell.statutory_unit) * cell.statutory_time for cell in procedures])
        return np.where(elapsed > 0, self.grid.opening(accepted_at + elapsed), self.grid.at(accepted + self.term))

    def _finished(self, since: Numbers, due: Numbers, behind: Numbers) -> Numbers:
        """Early most often: quick when the term is a day, else spread over it; `behind` seconds late where that is."""
        left = due - since
        quick = 0.02 + 0.5 * self.draw("finished") ** 2
        slow = 0.25 + 0.35 * (self.draw("finished") + self.draw("finished, too"))
        fraction = np.where(left > self.day, slow, quick)
        in_time = since + np.maximum(_whole(left * fraction), MINUTE)
        return np.minimum(np.where(behind > 0, due + behind, in_time), self.last)

    def _filed(self, accepted_at: Numbers) -> Numbers:
        """Counters accept at once; what is filed online lies for some hours, over a night, now and then for days."""
        lying = 10 * MINUTE + _whole(self.draw("lying") * 14 * HOUR)
        lying += 3 * DAY * (self.draw("forgotten") < self.habits.accepted_late)
        filed: Numbers = np.maximum(accepted_at - lying * self.online, self.grid.midnight + MINUTE)
        return filed

    def _status(self, fates: "_Fates", *, handed: Flags) -> Numbers:
        status = np.where(handed, DossierStatus.RETURNED, DossierStatus.PROCESSED)
        status = np.where(fates.withdrawn, DossierStatus.STOPPED, status)
        running = np.where(fates.waiting, DossierStatus.SUPPLEMENT_REQUESTED, DossierStatus.IN_PROCESS)
        return np.where(self.open, running, status).astype(np.int64)


def _lateness(often: Fractions, far: Fractions) -> Numbers:
    """Working seconds past the due date: hours mostly, of one in ten days."""
    return _whole(HOUR * (0.5 + 20 * far**2) + np.where(often < 0.1, far * 80 * HOUR, 0))


def _elapsed(unit: StatutoryUnit) -> int:
    return {StatutoryUnit.DAYS: DAY, StatutoryUnit.MONTHS: MONTH_DAYS * DAY}.get(unit, 0)


def _whole(values: Fractions | Numbers) -> Numbers:
    return values.astype(np.int64)
