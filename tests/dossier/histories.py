"""Random histories of dossiers: as one-stop systems really tell them, and as badly as they could."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from msgspec import structs

from ioc_core.catalogue import StatutoryUnit
from ioc_core.events import Channel, DossierEvent, DossierStatus, Supplement

CODE = "000.00.01.H15-260213-0001"
STATUTORY = {
    "hours": (8.0, StatutoryUnit.WORKING_HOURS),
    "hour": (1.5, StatutoryUnit.WORKING_HOURS),
    "working": (3.0, StatutoryUnit.WORKING_DAYS),
    "half": (0.5, StatutoryUnit.WORKING_DAYS),
    "days": (10.0, StatutoryUnit.DAYS),
    "month": (1.0, StatutoryUnit.MONTHS),
    "months": (2.5, StatutoryUnit.MONTHS),
}
"""Times by law of the procedures that histories speak of; they speak of an unknown one too."""
PROCEDURES = (*STATUTORY, "unknown", None)
STATUSES = tuple(DossierStatus)
OFFSET = timedelta(hours=7)
DAYS = (
    *("2026-02-13", "2026-02-16", "2026-02-23", "2026-01-01", "2026-01-02", "2026-01-09", "2026-01-10"),
    *("2026-04-24", "2026-04-29", "2026-08-21", "2026-08-22", "2026-08-28", "2026-08-31", "2026-09-01"),
    *("2026-01-30", "2026-01-31", "2024-01-31", "2024-02-29", "2025-12-31", "2026-05-31", "2026-11-20"),
    *("2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-07", "2026-11-08"),
)
"""Around Tết, swapped days, holidays and the ends of months; and a plain week."""
FAR_DAYS = ("2014-12-31", "2015-01-01", "2035-11-29", "2035-12-31", "2036-01-01", "1977-03-04", "2199-12-30")
"""Where the working calendar ends, and beyond."""
CLOCKS = (0, 25200, 25199, 28800, 30000, 36000, 41400, 41401, 45000, 48600, 50400, 57600, 61199, 61200, 61201, 68400)
"""Seconds of the day: openings, closings, a second beside them, lunch, night."""
GAPS = (0, 1, 59, 60, 300, 599, 600, 601, 1800, 3600, 14400, 28800, 86400, 86400, 172800, 259200, 604800, 2419200)
"""Seconds between what happens."""
DELAYS = (0, 0, 0, 1, 2, 30, 60, 600, 601, 1200, 3600, 86400, 432000)
"""Seconds from what a message states to its arrival."""
SKEWS = (0, 0, 0, 0, 0, 0, 0, -30, -240, -600)
"""By so many seconds a sender's clock is ahead."""


def history(dice: Random) -> list[DossierEvent]:
    """One dossier's messages, in some order of arrival."""
    life = _Life(dice)
    for _ in range(dice.choice((1, 2, 3, 3, 4, 4, 5, 5, 6, 8, 11))):
        life.go_on()
    if not life.events:
        life.tell()
    life.disturb()
    return life.events


class _Life:
    """A dossier on its way, and what was told of it."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.moves, self.calm = dice.choices(_KINDS, _WEIGHTS)[0]
        self.exact = dice.random() < 0.8
        day = dice.choice(FAR_DAYS if dice.random() < 0.02 else DAYS)
        seconds = dice.choice(CLOCKS) if dice.random() < 0.6 else dice.randrange(86400)
        self.filed = datetime.fromisoformat(day).replace(tzinfo=UTC) - OFFSET + timedelta(seconds=seconds)
        if dice.random() < 0.03:
            self.filed += timedelta(microseconds=dice.randrange(1_000_000))
        self.now = self.filed
        self.hides_filing = dice.random() < 0.02
        self.status = DossierStatus(1 if self.moves is _DOOR else dice.choice((1, 1, 1, 2, 2, 4)))
        self.procedure = dice.choice(PROCEDURES)
        self.channel = dice.choice((None, Channel.COUNTER, Channel.ONLINE, Channel.ONLINE))
        self.due = self._due() if dice.random() < 0.6 else None
        self.finished: datetime | None = None
        self.returned: datetime | None = None
        self.supplements: list[Supplement] = []
        self.events: list[DossierEvent] = []
        self.tell()

    def go_on(self) -> None:
        """Something happens, and most often somebody tells of it."""
        self.now += self._gap()
        self.dice.choice(self.moves)(self)
        if self.dice.random() < 0.9:
            self.tell()

    def tell(self) -> None:
        """A record, a step, or both of what is now."""
        kind = self.dice.random()
        if kind < (0.4 if self.calm and self.events else 0.6):
            self.events.append(self._record())
        if kind > 0.45 or (self.calm and kind > 0.3):
            self.events.append(self._step())

    def disturb(self) -> None:
        """Messages come twice, once more days later, not at all, or in another order."""
        dice, events = self.dice, self.events
        if self.calm:
            if dice.random() < 0.1:
                events.append(_arriving(events[-1], events[-1].received_at + timedelta(seconds=dice.randrange(600))))
            return
        if dice.random() < 0.25:
            self._again(dice.choice(events))
        if dice.random() < 0.1:
            self._again(dice.choice(events))
        if len(events) > 1 and dice.random() < 0.1:
            events.pop(dice.randrange(len(events)))
        if dice.random() < 0.3:
            dice.shuffle(events)

    def work(self) -> None:
        self.status = DossierStatus(self.dice.choice((2, 4, 4, 4)))

    def ask(self) -> None:
        """More papers are asked for: in the record's list, by the status, or both."""
        self.status = DossierStatus.SUPPLEMENT_REQUESTED
        if self.dice.random() < 0.7:
            self.supplements.append(Supplement(requested_at=self._near(), due_before=self.due))

    def answer(self) -> None:
        """The papers come; a new due date may come with them."""
        dice = self.dice
        self.status = DossierStatus(dice.choice((4, 4, 4, 2, 5, 9)))
        if self.supplements:
            asked = self.supplements.pop()
            moved = self._due() if dice.random() < 0.4 else None
            self.supplements.append(
                Supplement(
                    requested_at=asked.requested_at,
                    received_at=self._near() if dice.random() < 0.9 else None,
                    due_before=asked.due_before,
                    due_after=moved,
                )
            )
            if moved is not None and dice.random() < 0.5:
                self.due = moved

    def ask_badly(self) -> None:
        """Supplements that overlap, end before they begin, lie outside the dossier's life, or have no time."""
        start = self.dice.choice((None, self.filed, self.now, self.now + self._gap(), self.filed - self._gap()))
        end = self.dice.choice((None, None, self.now, self.now - self._gap(), self.now + self._gap()))
        due = self.dice.choice((None, None, self._due()))
        self.supplements.insert(
            self.dice.randrange(len(self.supplements) + 1),
            Supplement(requested_at=start, received_at=end, due_after=due),
        )

    def ask_fee(self) -> None:
        self.status = DossierStatus.FEE_REQUESTED

    def finish(self) -> None:
        self.status = DossierStatus.PROCESSED
        if self.dice.random() < 0.8:
            self.finished = self._near()

    def hand_over(self) -> None:
        self.status = DossierStatus.RETURNED
        if self.dice.random() < 0.6:
            self.returned = self._near()
        if self.finished is None and self.dice.random() < 0.5:
            self.finished = self._near()

    def finish_on_the_minute(self) -> None:
        """Done just when it is due, or a second beside it."""
        dice = self.dice
        term = self.due or self.filed + timedelta(days=dice.choice((1, 1, 3, 10, 30)))
        for one in self.supplements:
            if one.requested_at is not None and one.received_at is not None:
                term += one.received_at - one.requested_at
        if term >= self.filed:
            self.now = term + timedelta(seconds=dice.choice((-60, -1, 0, 1, 59, 60)))
        self.status = DossierStatus(self.dice.choice((9, 9, 10)))
        self.finished = self.now

    def end_otherwise(self) -> None:
        self.status = DossierStatus(self.dice.choice((3, 7, 8)))

    def stay_at_the_door(self) -> None:
        """Registered, refused or withdrawn, and not (yet) accepted."""
        self.status = DossierStatus(self.dice.choice((1, 1, 3, 7)))

    def reopen(self) -> None:
        self.status = DossierStatus(self.dice.choice((1, 2, 4)))
        if self.dice.random() < 0.5:
            self.finished = self.returned = None

    def correct(self) -> None:
        """A record of another status that states nothing new, or one of before once more."""
        dice = self.dice
        records = [event for event in self.events if event.record]
        if records and dice.random() < 0.4:
            self._again(dice.choice(records))
            return
        self.status = dice.choice(STATUSES)
        if dice.random() < 0.6:
            self.finished = self.returned = None
        if dice.random() < 0.3:
            self.supplements = self.supplements[: dice.randrange(3)]
        self.events.append(self._record())

    def move_due(self) -> None:
        self.due = None if self.dice.random() < 0.2 else self._due()

    def refile(self) -> None:
        """The record is put right: its filing, its procedure or its channel."""
        self.filed += timedelta(seconds=self.dice.choice((-86400, -1, 0, 3600, 200000)))
        self.procedure = self.dice.choice(PROCEDURES)
        self.channel = self.dice.choice((None, *Channel))

    def say_anything(self) -> None:
        self.status = self.dice.choice(STATUSES)

    def _record(self) -> DossierEvent:
        stated = [self.now if self.hides_filing else self.filed, self.finished, self.returned]
        for supplement in self.supplements:
            stated += [supplement.requested_at, supplement.received_at]
        at = max(time for time in stated if time is not None)
        return DossierEvent(
            source="igate",
            observed_at=at,
            received_at=self._arrival(at),
            code=CODE,
            record=True,
            status=self.status,
            procedure_code=self.procedure,
            channel=self.channel,
            filed_at=None if self.hides_filing else self.filed,
            due_at=self.due,
            finished_at=self.finished,
            returned_at=self.returned,
            supplements=tuple(self.supplements),
        )

    def _step(self) -> DossierEvent:
        return DossierEvent(
            source="igate",
            observed_at=self.now,
            received_at=self._arrival(self.now),
            code=CODE,
            record=False,
            status=self.status,
        )

    def _again(self, event: DossierEvent) -> None:
        later = timedelta(seconds=self.dice.choice((0, 1, 300, 601, 7200, 200000)))
        self.now = max(self.now, event.received_at + later)
        self.events.append(_arriving(event, self._split(max(event.received_at, self.now))))

    def _arrival(self, states: datetime) -> datetime:
        """Most messages come at once; a record that states nothing new comes when it is written."""
        dice = self.dice
        if self.calm:
            return self._split(max(states, self.now) + timedelta(seconds=dice.choice((0, 0, 1, 60))))
        at = max(states, self.now) + timedelta(seconds=dice.choice(DELAYS) if dice.random() < 0.5 else 0)
        return self._split(at + timedelta(seconds=dice.choice(SKEWS)))

    def _split(self, at: datetime) -> datetime:
        return at if self.exact else at + timedelta(microseconds=self.dice.randrange(1_000_000))

    def _near(self) -> datetime:
        """Now, or a little off."""
        if self.calm or self.dice.random() < 0.7:
            return self.now
        return max(self.filed, self.now - timedelta(seconds=self.dice.choice((1, 60, 3600, 86400))))

    def _gap(self) -> timedelta:
        seconds = self.dice.choice(GAPS)
        return timedelta(seconds=seconds if self.dice.random() < 0.7 else self.dice.randrange(seconds + 1))

    def _due(self) -> datetime:
        days = self.dice.choice((-1, 0, 0, 1, 1, 2, 3, 5, 10, 30, 400))
        at = self.filed + timedelta(days=days, seconds=self.dice.choice((0, 0, 3600, 14400, 28800, 7, 61)))
        return datetime(2200, 1, 1, tzinfo=UTC) if at.year > 2200 else at


def _arriving(event: DossierEvent, at: datetime) -> DossierEvent:
    return structs.replace(event, received_at=at)


_MOVES: tuple[Callable[[_Life], None], ...] = (
    *(_Life.work, _Life.work, _Life.work, _Life.ask, _Life.ask, _Life.answer, _Life.answer, _Life.ask_fee),
    *(_Life.finish, _Life.finish, _Life.hand_over, _Life.hand_over, _Life.finish_on_the_minute),
    *(_Life.end_otherwise, _Life.reopen, _Life.correct, _Life.correct, _Life.move_due, _Life.refile),
    *(_Life.ask_badly, _Life.say_anything),
)
_CALM: tuple[Callable[[_Life], None], ...] = (
    *(_Life.work, _Life.work, _Life.ask, _Life.answer, _Life.ask_fee, _Life.finish, _Life.finish, _Life.hand_over),
    *(_Life.hand_over, _Life.finish_on_the_minute, _Life.end_otherwise, _Life.reopen),
)
_DOOR: tuple[Callable[[_Life], None], ...] = (_Life.stay_at_the_door,)
_KINDS = ((_MOVES, False), (_CALM, True), (_DOOR, True))
_WEIGHTS = (54, 36, 10)
