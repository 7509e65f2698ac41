"""The timeline for people: what each step says, and that the steps cover a dossier's whole life."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ioc_core import calendar_file
from ioc_core.dossier import Arrival, Handling, Step, StepKind, steps, story, tell
from ioc_core.dossier import timeline as placed_messages
from ioc_core.dossier.marks import at_of, short_id
from ioc_core.events import DossierEvent, Supplement, dossier_content_id
from tests.conftest import CONFIG
from tests.dossier.messages import T0, at, record, step

CALENDAR = calendar_file.load(CONFIG)
HOUR = 3600


def by(event: DossierEvent, *, unit: str | None = None, department: str | None = None) -> DossierEvent:
    """The message, saying who has the dossier."""
    return replace(event, resolving_unit=unit, step_department=department)


def handled(events: list[DossierEvent]) -> dict[int, Handling]:
    return {
        short_id(dossier_content_id(event)): Handling(event.resolving_unit, event.step_department) for event in events
    }


def timeline(events: list[DossierEvent], now: datetime) -> list[Step]:
    dossier = tell(None, *events)
    return steps(dossier, story(dossier), handled(events), calendar=CALENDAR, now=now)


def shown(found: list[Step]) -> list[str]:
    """Each step as `kind status since-until`, in hours after the filing."""

    def hours(instant: datetime | None) -> str:
        return "…" if instant is None else f"{(instant - T0).total_seconds() / HOUR:g}"

    return [
        f"{one.kind.value} {'?' if one.status is None else int(one.status)} {hours(one.since)}-{hours(one.until)}"
        for one in found
    ]


def asked(start: float, end: float | None = None) -> Supplement:
    return Supplement(requested_at=at(start), received_at=None if end is None else at(end))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([record(4, 0)], ["work 4 0-…"], id="one step that runs"),
        pytest.param(
            [record(2, 0), step(4, 2), step(9, 5)], ["work 2 0-2", "work 4 2-5", "ended 9 5-5"], id="to the end"
        ),
        pytest.param(
            [step(9, 5), record(2, 0), step(4, 2)], ["work 2 0-2", "work 4 2-5", "ended 9 5-5"], id="any order"
        ),
        pytest.param(
            [record(2, 0), step(5, 2), step(4, 8)],
            ["work 2 0-2", "supplement 5 2-8", "work 4 8-…"],
            id="the citizen has it while papers are missing",
        ),
        pytest.param(
            [record(4, 3, supplements=(asked(1, 2),))],
            ["work ? 0-1", "supplement 5 1-2", "work ? 2-3", "work 4 3-…"],
            id="a record knows of a request that no step told of",
        ),
        pytest.param(
            [record(2, 0), step(5, 2), record(4, 9, supplements=(asked(2, 6),))],
            ["work 2 0-2", "supplement 5 2-6", "work 5 6-9", "work 4 9-…"],
            id="papers came before the status moved",
        ),
        pytest.param([record(2, 0), step(5, 2)], ["work 2 0-2", "supplement 5 2-…"], id="still waiting for papers"),
        pytest.param(
            [record(2, 0), step(6, 2), step(6, 3), step(4, 5)],
            ["work 2 0-2", "fee 6 2-5", "work 4 5-…"],
            id="the citizen has to pay",
        ),
        pytest.param(
            [record(2, 0), step(10, 5), step(4, 8)],
            ["work 2 0-5", "closed 10 5-8", "work 4 8-…"],
            id="ended and gone back to work",
        ),
        pytest.param(
            [record(2, 0), step(9, 5), step(10, 7)],
            ["work 2 0-5", "ended 9 5-5", "after 10 7-7"],
            id="handed over after the end",
        ),
        pytest.param(
            [record(2, 0), step(4, 6), record(9, 8, finished_at=at(5))],
            ["work 2 0-5", "ended 9 5-5", "after 4 6-6", "after 9 8-8"],
            id="entered later than it was",
        ),
        pytest.param([record(1, 0), step(3, 2)], ["work 1 0-2", "ended 3 2-2"], id="refused at the door"),
        pytest.param([step(1, -3), record(2, 0)], ["work 1 -3-0", "work 2 0-…"], id="told of before its filing"),
        pytest.param([record(9, 9, filed_at=at(9), finished_at=at(5))], ["ended 9 9-9"], id="filed after it was done"),
    ],
)
def test_steps(events: list[DossierEvent], expected: list[str]) -> None:
    assert shown(timeline(events, at(99))) == expected


def test_who_had_it_is_carried_until_somebody_else_has_it() -> None:
    events = [
        by(record(2, 0), unit="24133"),
        by(step(4, 1), department="Một cửa"),
        by(record(4, 2), unit="24133"),
        by(step(4, 3), department="Địa chính"),
        by(record(4, 4), unit="STP"),
        by(step(4, 5), department="Phòng Hộ tịch"),
    ]
    assert [(one.unit, one.department, one.since) for one in timeline(events, at(9))] == [
        ("24133", None, at(0)),
        ("24133", "Một cửa", at(1)),
        ("24133", "Địa chính", at(3)),
        ("STP", None, at(4)),
        ("STP", "Phòng Hộ tịch", at(5)),
    ]


def test_working_time_leaves_out_lunch_and_nights() -> None:
    morning, afternoon = timeline([record(2, 0), step(4, 2), step(9, 24)], at(99))[:2]
    assert (morning.working_seconds, morning.elapsed_seconds) == (2 * HOUR, 2 * HOUR)
    assert (afternoon.working_seconds, afternoon.elapsed_seconds) == (6 * HOUR, 22 * HOUR)


def test_a_wait_that_only_the_record_knows_of_was_told_when_the_record_came() -> None:
    events = [step(2, 0), record(4, 8, told=9, supplements=(asked(2, 6),))]
    assert [(shown([one])[0], one.told_at) for one in timeline(events, at(10))] == [
        ("work 2 0-2", at(0)),
        ("supplement 5 2-6", at(9)),
        ("work 2 6-8", at(9)),
        ("work 4 8-…", at(9)),
    ]


def test_late_deliveries_and_corrections_are_marked() -> None:
    events = [record(2, 0), step(9, 5), step(4, 2, told=7), record(4, 5, told=8)]
    assert [(shown([one])[0], one.told_at, one.arrival) for one in timeline(events, at(10))] == [
        ("work 2 0-2", at(0), Arrival.IN_ORDER),
        ("work 4 2-5", at(7), Arrival.LATE),
        ("closed 9 5-8", at(5), Arrival.IN_ORDER),
        ("work 4 8-…", at(8), Arrival.CORRECTION),
    ]


def test_outside_the_calendar_only_elapsed_time_is_known() -> None:
    far = datetime.fromisoformat("1999-01-04T01:00:00+00:00")
    found = timeline([record(2, 0, filed_at=far), step(4, 2)], at(4))
    assert [one.working_seconds for one in found] == [None, 2 * HOUR, 1.5 * HOUR]


HOURS = st.integers(0, 4000).map(lambda tenths: tenths / 10)
STATUSES = st.integers(1, 10)


@st.composite
def messages(draw: st.DrawFn) -> DossierEvent:
    observed = draw(HOURS)
    told = draw(st.one_of(st.none(), HOURS.map(lambda later: observed + later / 10)))
    if draw(st.booleans()):
        return by(step(draw(STATUSES), observed, told=told), department=draw(st.sampled_from([None, "A", "B"])))
    fields: dict[str, Any] = {"filed_at": draw(st.one_of(st.none(), HOURS.map(at)))}
    fields["finished_at"] = draw(st.one_of(st.none(), HOURS.map(at)))
    requests = draw(st.lists(st.tuples(HOURS, st.one_of(st.none(), HOURS)), max_size=2))
    fields["supplements"] = tuple(asked(start, None if end is None else start + end / 10) for start, end in requests)
    unit = draw(st.sampled_from([None, "24133", "STP"]))
    return by(record(draw(STATUSES), observed, told=told, **fields), unit=unit)


@given(st.lists(messages(), min_size=1, max_size=8), HOURS)
def test_steps_cover_the_whole_life_and_add_up(events: list[DossierEvent], hours: float) -> None:
    now = at(hours + 500)
    dossier = tell(None, *events)
    told = story(dossier)
    found = timeline(events, now)
    placed = [at_of(place.position) for place in placed_messages(dossier.marks)]
    begin = min(placed[0], dossier.filed_at or placed[0])
    end = max(begin, told.ended_at or now)
    stretches = [one for one in found if one.kind not in (StepKind.ENDED, StepKind.AFTER)]
    moments = found[len(stretches) :]

    assert found[0].since == begin
    assert all(one.until == other.since for one, other in pairwise(stretches)), "no gap, no overlap"
    if stretches:
        assert stretches[-1].until == (end if told.ended_at else None)
        assert sum(one.elapsed_seconds for one in stretches) == pytest.approx((end - begin).total_seconds())
        assert sum(one.working_seconds or 0 for one in stretches) == CALENDAR.working_seconds(begin, end)
    assert all(one.until is not None for one in found) == (told.ended_at is not None)
    assert [one.kind for one in moments][:1] == ([StepKind.ENDED] if told.ended_at else [])
    assert all(one.since == one.until and one.since >= end for one in moments)
    assert {one.told_at for one in found} <= {event.received_at for event in events}
    if told.waiting_since is not None:
        assert found[-1].kind in (StepKind.SUPPLEMENT, StepKind.FEE)
