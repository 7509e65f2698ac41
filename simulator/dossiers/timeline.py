"""What the one-stop system tells, in the order in which it tells it: first the past, then message by message. Pure."""

import heapq
from collections.abc import Iterator
from datetime import date, timedelta
from enum import IntEnum

from msgspec import Raw, Struct

from ioc_core.dossier import ENDING
from simulator.dossiers.day import DayPlanner, DossierPlan
from simulator.dossiers.steps import Step
from simulator.dossiers.wire import DossierWire
from simulator.seeding import random_of
from simulator.workclock import DAY

LONGEST_LIFE = 120 * DAY
"""Dossiers filed longer ago than this have nothing more to tell."""
SYSTEM_STEP_EVERY = 5
"""Seconds between two steps of the automatic job, which runs whenever the offices are closed."""
SYSTEM_TEXTS = (
    "Hệ thống tự động đối chiếu dữ liệu với CSDL quốc gia về dân cư",
    "Hệ thống tự động nhắc cán bộ về thời hạn xử lý",
    "Hệ thống tự động gửi thông báo tiến độ cho người nộp hồ sơ",
    "Hệ thống tự động kiểm tra tình trạng thanh toán phí, lệ phí",
)


class Kind(IntEnum):
    """What a message carries; of one dossier a lower kind is sent before a higher one of the same time."""

    CREATE = 0
    UPDATE = 1
    STEP = 2


class Message(Struct, frozen=True):
    """One entry of one protocol call: told at `at` (epoch seconds) of the dossier `code`."""

    at: int
    kind: Kind
    code: str
    body: Raw


class Past(Struct, frozen=True):
    """A dossier with a past: its record as it is now, and the steps not told yet."""

    plan: DossierPlan
    current: Step
    steps: tuple[Step, ...]
    known: bool  # the receiver has heard of it before


class _Running:
    """A dossier with a future; `index` is its next step."""

    __slots__ = ("index", "place", "plan")

    def __init__(self, plan: DossierPlan, index: int) -> None:
        self.plan = plan
        self.index = index
        self.place = -1

    @property
    def last(self) -> Step:
        return self.plan.steps[self.index - 1]

    @property
    def next_told(self) -> int:
        return self.plan.steps[self.index].told


class Timeline:
    """A one-stop system from the day `first` on. Call `past` once, then `until` with growing instants.

    Everything but the automatic job's choice is decided by the planner alone; the job chooses among the dossiers
    that are open, so it repeats for the same `first` and `start`.
    """

    def __init__(self, planner: DayPlanner, wire: DossierWire, *, first: date, start: int) -> None:
        self.start = start
        self._planner = planner
        self._wire = wire
        self._clock = planner.clock
        self._next_day = max(first, self._clock.day_of(start - LONGEST_LIFE))
        self._heap: list[tuple[int, str, _Running]] = []
        self._open: list[_Running] = []  # those that the automatic job may look at
        self._every = max(1, round(SYSTEM_STEP_EVERY / sum(layer.share for layer in planner.layers)))
        self._slot = self._next_slot(start)

    def past_days(self) -> int:
        """How many days `past` yields."""
        return (self._clock.day_of(self.start) - self._next_day).days + 1

    def past(self, after: int = 0) -> Iterator[list[Past]]:
        """Yield, day of filing by day of filing, the dossiers of which something was to be told in (after, start]."""
        while self._next_day <= self._clock.day_of(self.start):
            yield [past for running in self._plan_day() if (past := self._catch_up(running, after)) is not None]

    def until(self, now: int) -> Iterator[Message]:
        """Yield the messages of (last instant, now], in order. Only complete iteration moves the time on."""
        while self._clock.midnight(self._next_day) <= now:
            for running in self._plan_day():
                heapq.heappush(self._heap, (running.next_told, running.plan.code, running))
        while True:
            told = self._heap[0][0] if self._heap else now + 1
            slot = self._slot
            if min(told, slot) > now:
                return
            if told <= slot:
                yield from self._advance(heapq.heappop(self._heap)[2])
            else:
                self._slot = self._next_slot(slot)
                yield from self._system_step(slot)

    def _plan_day(self) -> list[_Running]:
        plans = self._planner.plan(self._next_day)
        self._next_day += timedelta(1)
        return [_Running(plan, 0) for plan in plans]

    def _catch_up(self, running: _Running, after: int) -> Past | None:
        steps = running.plan.steps
        known = 0
        for index, step in enumerate(steps):
            if step.told > self.start:
                break
            running.index = index + 1
            if step.told <= after:
                known = index + 1
        if running.index < len(steps):
            heapq.heappush(self._heap, (running.next_told, running.plan.code, running))
        self._settle(running)
        if running.index == known:
            return None
        return Past(plan=running.plan, current=running.last, steps=steps[known : running.index], known=known > 0)

    def _advance(self, running: _Running) -> Iterator[Message]:
        plan = running.plan
        step = plan.steps[running.index]
        first = running.index == 0
        running.index += 1
        if running.index < len(plan.steps):
            heapq.heappush(self._heap, (running.next_told, plan.code, running))
        self._settle(running)
        if step.renewed:
            kind = Kind.CREATE if first else Kind.UPDATE
            yield Message(at=step.told, kind=kind, code=plan.code, body=self._wire.record(plan, step))
        yield Message(at=step.told, kind=Kind.STEP, code=plan.code, body=self._wire.step(plan, step))

    def _settle(self, running: _Running) -> None:
        """Keep the list of open dossiers: constant time, and the same order for the same history.

        A unit that enters its day at once is left out: its steps would state times before the job's.
        """
        is_open = running.index > 0 and running.last.status not in ENDING and not running.plan.filing.profile.bulk
        if is_open and running.place < 0:
            running.place = len(self._open)
            self._open.append(running)
        elif not is_open and running.place >= 0:
            mover = self._open.pop()
            if mover is not running:
                self._open[running.place] = mover
                mover.place = running.place
            running.place = -1

    def _next_slot(self, at: int) -> int:
        """The next instant after `at` at which the automatic job looks at a dossier."""
        slot = at - at % self._every + self._every
        while (closing := self._clock.closing(slot)) is not None:
            slot = closing + -closing % self._every
        return slot

    def _system_step(self, slot: int) -> Iterator[Message]:
        if not self._open:
            return
        rng = random_of(self._planner.seed, "system-step", slot)
        running = self._open[rng.randrange(len(self._open))]
        text = SYSTEM_TEXTS[rng.randrange(len(SYSTEM_TEXTS))]
        body = self._wire.system_step(running.plan, running.last, at=slot, text=text)
        yield Message(at=slot, kind=Kind.STEP, code=running.plan.code, body=body)
