"""End, waiting, lateness and standing of a dossier: each rule of docs/decisions/0008, one line a case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ioc_core import calendar_file
from ioc_core.catalogue import StatutoryUnit
from ioc_core.dossier import DossierClock, Lateness, Statutory, Verdict, standing, story, tell
from ioc_core.events import Channel, DossierEvent, Supplement
from tests.conftest import CONFIG
from tests.dossier.messages import at, record, step

E, T, L = Lateness.EARLY, Lateness.ON_TIME, Lateness.LATE
CLOCK = DossierClock(
    calendar_file.load(CONFIG),
    {
        "hours": Statutory(8, StatutoryUnit.WORKING_HOURS),
        "working": Statutory(3, StatutoryUnit.WORKING_DAYS),
        "days": Statutory(10, StatutoryUnit.DAYS),
        "months": Statutory(1, StatutoryUnit.MONTHS),
    },
    acceptance_seconds=28800,
)
SECOND = 1 / 3600


def asked(start: float, end: float | None = None, **more: Any) -> Supplement:
    return Supplement(requested_at=at(start), received_at=None if end is None else at(end), **more)


@pytest.mark.parametrize(
    ("events", "ended", "status"),
    [
        pytest.param([record(4, 0)], None, None, id="runs"),
        pytest.param([record(2, 0), step(9, 5)], 5, 9, id="processed by a step"),
        pytest.param([record(2, 0), step(10, 6), step(9, 5)], 5, 9, id="processed goes before returned"),
        pytest.param([record(2, 0), step(10, 6)], 6, 10, id="returned, never said to be processed"),
        pytest.param(
            [record(10, 6, finished_at=at(4), returned_at=at(6))], 4, 10, id="the record knows when it was done"
        ),
        pytest.param(
            [record(2, 0), step(9, 5), record(9, 4, told=5.1, finished_at=at(4))], 4, 9, id="real time, told late"
        ),
        pytest.param([record(10, 6, returned_at=at(6))], 6, 10, id="no finish: the hand-over counts"),
        pytest.param([record(2, 0), step(8, 3)], 3, 8, id="stopped"),
        pytest.param([record(2, 0), step(8, 3), step(9, 5)], 5, 9, id="processed goes before stopped"),
        pytest.param([record(2, 0), step(3, 3), step(8, 4)], 3, 3, id="refused and stopped: the earlier"),
        pytest.param([record(2, 0), step(7, 3)], 3, 7, id="withdrawn after acceptance"),
        pytest.param([record(1, 0), step(7, 3)], None, None, id="withdrawn before acceptance ends nothing"),
        pytest.param([record(2, 0), step(7, 3), step(4, 4)], None, None, id="a withdrawal that was turned down"),
        pytest.param([record(2, 0), step(10, 5), step(4, 6)], None, None, id="reopened"),
        pytest.param([record(2, 0), step(9, 5), step(4, 6), step(9, 8)], 8, 9, id="reopened and done again"),
        pytest.param([record(10, 5, finished_at=at(5)), record(4, 0, told=6)], None, None, id="corrected back"),
        pytest.param(
            [record(9, 5, finished_at=at(5)), step(4, 6), step(9, 8)],
            8,
            9,
            id="a finish of before it was reopened is void",
        ),
        pytest.param(
            [record(9, 5, finished_at=at(5)), record(4, 0, told=6), record(9, 5, told=7, finished_at=at(5))],
            5,
            9,
            id="said again after a correction by mistake",
        ),
        pytest.param([record(4, 0), record(10, 0, told=30)], 30, 10, id="a record without dates: when it came"),
        pytest.param(
            [step(4, 6), record(9, 7, finished_at=at(5), returned_at=at(7))],
            5,
            9,
            id="steps entered late don't void the dates of the record that ends it",
        ),
        pytest.param(
            [record(4, 8, finished_at=at(5), returned_at=at(8)), step(10, 9)],
            8,
            10,
            id="of a record of before, the date that still holds",
        ),
        pytest.param([record(1, 0), step(3, 3), step(7, 4)], 3, 3, id="refused at the door, then withdrawn"),
    ],
)
def test_end_of_processing(events: list[DossierEvent], ended: float | None, status: int | None) -> None:
    found = story(tell(None, *events))
    assert (found.ended_at, found.end_status) == (None if ended is None else at(ended), status)


@pytest.mark.parametrize(
    ("events", "pauses", "since"),
    [
        pytest.param([record(4, 0)], [], None, id="no request"),
        pytest.param([record(5, 2, supplements=(asked(2),))], [(2, None)], 2, id="a request stands"),
        pytest.param([record(4, 9, supplements=(asked(2, 9),))], [(2, 9)], None, id="answered"),
        pytest.param([record(2, 0), step(5, 2), step(4, 9)], [(2, 9)], None, id="told by statuses alone"),
        pytest.param([record(2, 0), step(5, 2)], [(2, None)], 2, id="stands by its status alone"),
        pytest.param(
            [record(4, 9, supplements=(asked(2, 9),)), step(5, 2.1), step(4, 9.2)],
            [(2, 9)],
            None,
            id="said by both: the record's dates",
        ),
        pytest.param(
            [record(4, 9, supplements=(asked(2, 9),)), step(5, 20)],
            [(2, 9), (20, None)],
            20,
            id="a second one that the record doesn't know yet",
        ),
        pytest.param([record(5, 2, supplements=(asked(2),)), step(4, 7)], [(2, 7)], None, id="moved on: answered"),
        pytest.param([record(5, 2, supplements=(asked(2),)), step(9, 7)], [(2, 7)], None, id="ended: no longer waits"),
        pytest.param([record(2, 0), step(6, 3), step(6, 4)], [], 3, id="a fee request waits, and takes nothing off"),
        pytest.param([record(4, 0), record(6, 0, told=5)], [], 5, id="a fee request without a time: when it came"),
        pytest.param(
            [record(6, 2, supplements=(asked(2),)), step(4, 9)], [(2, 2)], None, id="moved on at the same time"
        ),
        pytest.param(
            [record(4, 2, supplements=(asked(2),))], [(2, 2)], None, id="not answered, and the dossier isn't at 5"
        ),
        pytest.param(
            [record(5, 8, supplements=(asked(2), asked(4, 8)))], [(2, None), (4, 8)], 2, id="the first still stands"
        ),
        pytest.param([record(4, 9, supplements=(asked(5, 2),))], [(5, 5)], None, id="papers before the request"),
        pytest.param(
            [record(4, 9, supplements=(asked(2, 9),)), step(5, 9)], [(2, 9)], None, id="touching is the same"
        ),
        pytest.param(
            [record(9, 12, finished_at=at(8), supplements=(asked(2, 12), asked(9, 11)))],
            [(2, 8)],
            None,
            id="ended meanwhile: nobody waits after the end",
        ),
    ],
)
def test_waiting(events: list[DossierEvent], pauses: list[tuple[float, float | None]], since: float | None) -> None:
    found = story(tell(None, *events))
    assert [(pause.start, pause.end) for pause in found.pauses] == [
        (at(start), None if end is None else at(end)) for start, end in pauses
    ]
    assert found.waiting_since == (None if since is None else at(since))


def ended(hours: float, **fields: Any) -> list[DossierEvent]:
    """Due 30 hours after filing unless said otherwise."""
    return [record(9, hours, finished_at=at(hours), **{"due_at": at(30), **fields})]


@pytest.mark.parametrize(
    ("events", "lateness"),
    [
        pytest.param(ended(29), E, id="an hour before"),
        pytest.param(ended(30 - SECOND), E, id="the minute before"),
        pytest.param(ended(30), T, id="to the second"),
        pytest.param(ended(30 + 59 * SECOND), T, id="within the minute"),
        pytest.param(ended(30 + 60 * SECOND), L, id="a minute late"),
        pytest.param(ended(35, supplements=(asked(10, 15),)), T, id="late by what the citizen took"),
        pytest.param(ended(36, supplements=(asked(10, 15),)), L, id="late by more"),
        pytest.param(ended(20, supplements=(asked(5, 6), asked(8, 9))), L, id="two requests are late"),
        pytest.param(ended(35, supplements=(asked(32, 34),)), L, id="asked when it was late already"),
        pytest.param(ended(20, due_at=None), None, id="no term is known"),
        pytest.param(
            ended(20, due_at=None, supplements=(asked(5, 6), asked(8, 9))),
            L,
            id="two requests are late without a term",
        ),
        pytest.param(
            ended(20, due_at=None, supplements=(asked(5, 6, due_after=at(25)),)), E, id="the supplement's new date"
        ),
        pytest.param(
            ended(9, due_at=None, procedure_code="hours", filed_at=at(-1)), T, id="8 working hours: 17:00 is equal"
        ),
        pytest.param(
            ended(12, due_at=None, procedure_code="hours", filed_at=at(-1)), T, id="nothing counts in the evening"
        ),
        pytest.param(ended(24, due_at=None, procedure_code="hours", filed_at=at(-1)), L, id="the next morning does"),
        pytest.param(
            ended(30, due_at=None, procedure_code="hours", filed_at=at(-1), supplements=(asked(8, 27),)),
            T,
            id="working time of waiting: 16:00 to 11:00, 5 hours",
        ),
        pytest.param(ended(72, due_at=None, procedure_code="working"), T, id="three working days"),
        pytest.param(ended(240, due_at=None, procedure_code="days"), T, id="ten days, whatever days"),
        pytest.param(ended(240.1, due_at=None, procedure_code="days"), L, id="and six minutes"),
        pytest.param(ended(720, due_at=None, procedure_code="months"), T, id="a month: 2 November to 2 December"),
        pytest.param(ended(721, due_at=None, procedure_code="months"), L, id="and an hour"),
        pytest.param([record(3, 5, due_at=at(30))], None, id="refused at the door isn't measured"),
        pytest.param([record(2, 0, due_at=at(30)), step(8, 31)], L, id="stopped too late"),
        pytest.param([record(4, 0, due_at=at(30))], None, id="runs"),
    ],
)
def test_lateness(events: list[DossierEvent], lateness: Lateness | None) -> None:
    dossier = tell(None, *events)
    assert CLOCK.judge(dossier, story(dossier)).lateness == lateness


@pytest.mark.parametrize(
    ("events", "late_at"),
    [
        pytest.param([record(4, 0, due_at=at(30))], 30, id="its due date"),
        pytest.param([record(4, 9, due_at=at(30), supplements=(asked(2, 9),))], 37, id="and what it waited"),
        pytest.param([record(5, 2, due_at=at(30), supplements=(asked(2),))], None, id="stopped by a first request"),
        pytest.param([record(5, 31, due_at=at(30), supplements=(asked(31),))], 30, id="not by one that came too late"),
        pytest.param(
            [record(5, 20, due_at=at(30), supplements=(asked(2, 9), asked(20)))], 20, id="from the second request on"
        ),
        pytest.param([record(6, 2, due_at=at(30))], 30, id="a fee request stops nothing"),
        pytest.param([record(1, 0, due_at=at(30))], None, id="not accepted"),
        pytest.param([record(4, 0)], None, id="no term is known"),
        pytest.param([record(5, 8, supplements=(asked(2, 4), asked(8)))], 8, id="nor needed for a second request"),
        pytest.param(
            [record(5, 50, due_at=at(30), supplements=(asked(2, 9), asked(50)))],
            37,
            id="late before the second request",
        ),
        pytest.param(
            [record(4, 0, procedure_code="hours", filed_at=at(-1))],
            23,
            id="8 working hours: late from the next morning on",
        ),
        pytest.param([record(4, 0, due_at=at(30), procedure_code="hours")], 30, id="a due date goes before the law"),
    ],
)
def test_from_when_it_is_late(events: list[DossierEvent], late_at: float | None) -> None:
    dossier = tell(None, *events)
    assert CLOCK.judge(dossier, story(dossier)).late_at == (None if late_at is None else at(late_at))


@pytest.mark.parametrize(
    ("events", "hours", "expected"),
    [
        pytest.param(
            [record(1, 0, channel=Channel.ONLINE, filed_at=at(-1))],
            9,
            "registered",
            id="online, 8 working hours not over",
        ),
        pytest.param(
            [record(1, 0, channel=Channel.ONLINE, filed_at=at(-1))],
            9 + SECOND,
            "unaccepted",
            id="online, nobody looked",
        ),
        pytest.param(
            [record(1, 0, channel=Channel.COUNTER)], 99, "registered", id="at the counter there is no such limit"
        ),
        pytest.param([record(4, 0, due_at=at(240))], 1, "running", id="far from its date"),
        pytest.param([record(4, 0, due_at=at(72))], 0, "due_soon_3", id="three working days left"),
        pytest.param([record(4, 0, due_at=at(24))], 0, "due_soon_2", id="one left"),
        pytest.param([record(4, 0, due_at=at(9))], 5.5, "due_soon_1", id="four working hours left"),
        pytest.param([record(4, 0, due_at=at(9))], 9, "due_soon_1", id="its very second"),
        pytest.param([record(4, 0, due_at=at(9))], 9 + SECOND, "overdue", id="a second later"),
        pytest.param([record(5, 2, due_at=at(9), supplements=(asked(2),))], 99, "waiting", id="waits for papers"),
        pytest.param([record(6, 2, due_at=at(30))], 3, "waiting", id="waits for a fee"),
        pytest.param([record(6, 2, due_at=at(9))], 10, "overdue", id="too long for a fee"),
        pytest.param(ended(20), 99, "early", id="early"),
        pytest.param(ended(30), 99, "on_time", id="on time"),
        pytest.param(ended(31), 99, "late", id="overdue in substance"),
        pytest.param(
            [record(2, 0, due_at=at(30)), record(9, 29, told=31, due_at=at(30), finished_at=at(29))],
            99,
            "entered_late",
            id="overdue by entry: the record came late",
        ),
        pytest.param(
            [record(9, 29, told=99, due_at=at(30), finished_at=at(29)), step(9, 32, told=99)],
            99,
            "entered_late",
            id="overdue by entry: the step says so",
        ),
        pytest.param(
            [record(9, 29, told=99, due_at=at(30), finished_at=at(29))],
            99,
            "early",
            id="heard of afterwards: not known",
        ),
        pytest.param(
            [record(2, 0, due_at=at(30)), step(8, 3), record(9, 29, told=31, due_at=at(30), finished_at=at(29))],
            99,
            "entered_late",
            id="that it was stopped before says nothing of its end",
        ),
        pytest.param(
            [record(2, 0, due_at=at(30)), step(10, 29.5), record(9, 29, told=31, due_at=at(30), finished_at=at(29))],
            99,
            "early",
            id="that it was returned does",
        ),
        pytest.param([record(3, 1)], 2, "refused", id="refused at the door"),
        pytest.param([record(9, 5)], 6, "unmeasured", id="ended without a term"),
    ],
)
def test_standing(events: list[DossierEvent], hours: float, expected: str) -> None:
    dossier = tell(None, *events)
    told = story(dossier)
    now = at(hours)
    found = standing(
        told,
        CLOCK.judge(dossier, told),
        now=now,
        working_clock=CLOCK.calendar.clock(now),
        due_soon=(86400, 28800, 14400),
    )
    assert found == expected


def judged(*events: DossierEvent) -> Verdict:
    dossier = tell(None, *events)
    return CLOCK.judge(dossier, story(dossier))


@pytest.mark.parametrize("year", [1977, 2099])
def test_a_due_date_needs_no_calendar(year: int) -> None:
    due = datetime(year, 1, 1, tzinfo=UTC)
    assert judged(record(4, 0, due_at=due)).late_at == due
    late = judged(*ended(20, due_at=due)).lateness
    assert late == (L if year == 1977 else E)


def test_working_time_outside_the_calendar_is_not_judged() -> None:
    far = datetime(2035, 12, 31, 9, tzinfo=UTC)
    assert judged(record(4, 0, procedure_code="working", filed_at=far)) == Verdict()


def test_waiting_for_longer_than_there_are_years_is_judged() -> None:
    ages = Supplement(requested_at=datetime(1970, 1, 1, tzinfo=UTC), received_at=datetime(2200, 1, 1, tzinfo=UTC))
    found = judged(record(4, 0, due_at=at(30), supplements=(ages,) * 100))
    assert (found.deadline_at, found.late_at) == (None, ages.requested_at)


def test_what_was_waited_before_it_was_accepted_is_known() -> None:
    assert judged(record(1, 9, supplements=(asked(2, 9),))).waited_seconds == 7 * 3600


def test_a_clock_is_known_by_what_it_judges_by() -> None:
    same = DossierClock(calendar_file.load(CONFIG), CLOCK.statutory, acceptance_seconds=28800)
    other = DossierClock(calendar_file.load(CONFIG), CLOCK.statutory, acceptance_seconds=28801)
    assert CLOCK.fingerprint == same.fingerprint != other.fingerprint
    assert timedelta(seconds=CLOCK.acceptance_seconds) == timedelta(hours=8)
