"""Merging the messages about a dossier: any order, any number of times."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core.dossier import REORDER_WINDOW, Dossier, merge
from ioc_core.events import Channel, DossierEvent, DossierStatus, Supplement

T0 = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
CODE = "000.00.01.H15-261102-0001"


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def record(status: int, observed: float, *, told: float | None = None, **fields: Any) -> DossierEvent:
    return DossierEvent(
        source="igate",
        observed_at=at(observed),
        received_at=at(observed if told is None else told),
        code=CODE,
        record=True,
        status=DossierStatus(status),
        filed_at=T0,
        **fields,
    )


def step(status: int, observed: float, *, told: float | None = None) -> DossierEvent:
    return DossierEvent(
        source="igate",
        observed_at=at(observed),
        received_at=at(observed if told is None else told),
        code=CODE,
        record=False,
        status=DossierStatus(status),
        step_department="Một cửa",
    )


def fold(events: list[DossierEvent]) -> Dossier:
    state: Dossier | None = None
    for event in events:
        state = merge(state, event)
    assert state is not None
    return state


WINDOW = REORDER_WINDOW.total_seconds() / 3600


@pytest.mark.parametrize(
    ("events", "status"),
    [
        pytest.param([record(2, 0), record(9, 5)], 9, id="the later record wins"),
        pytest.param([record(9, 5, told=5), record(2, 0, told=5.01)], 9, id="a late delivery changes nothing"),
        pytest.param([record(10, 5), record(4, 0, told=5 + 2 * WINDOW)], 4, id="a later correction goes back"),
        pytest.param([record(4, 0, told=5 + 2 * WINDOW), record(10, 5)], 4, id="a correction may overtake"),
        pytest.param([record(4, 0, told=5 + 2 * WINDOW), step(10, 5)], 4, id="a correction may overtake a step"),
        pytest.param([record(2, 0), step(4, 1), step(9, 3)], 9, id="progress steps move the status"),
        pytest.param([step(4, 1), record(2, 0, told=1.01)], 4, id="a step before its dossier counts"),
        pytest.param([record(10, 5), step(4, 6)], 4, id="a step with a later time reopens it"),
        pytest.param([record(9, 5, told=5), step(4, 1, told=5.01)], 9, id="an older step told later changes nothing"),
    ],
)
def test_status(events: list[DossierEvent], status: int) -> None:
    assert fold(events).status == status


def test_a_step_leaves_what_the_record_said() -> None:
    state = fold([record(2, 0, due_at=at(8), procedure_code="1.001", channel=Channel.ONLINE), step(4, 1)])
    assert (state.due_at, state.procedure_code, state.channel) == (at(8), "1.001", Channel.ONLINE)
    assert state.step_department == "Một cửa"


def test_a_record_after_steps_fills_in_what_they_lack() -> None:
    state = fold([step(4, 1), record(2, 0, told=1.001, due_at=at(8), resolving_unit="24133")])
    assert (state.status, state.due_at, state.resolving_unit) == (4, at(8), "24133")


def test_a_supplement_moves_the_due_date() -> None:
    asked = Supplement(requested_at=at(2), due_before=at(8), due_after=at(20))
    state = fold([record(2, 0, due_at=at(8)), record(5, 2, due_at=at(20), supplements=(asked,))])
    assert (state.due_at, state.supplements) == (at(20), (asked,))


def test_the_same_message_again_returns_the_state_itself() -> None:
    state = fold([record(2, 0), step(4, 1)])
    assert merge(state, step(4, 1, told=9)) is state


def test_a_message_sent_again_was_told_when_it_first_came() -> None:
    first, again = record(2, 0, told=1), record(2, 0, told=1.1)
    assert fold([first, again]) == fold([again, first])
    assert fold([again, first]).told_at == at(1)


@pytest.mark.parametrize(
    ("events", "accepted"),
    [
        pytest.param([record(1, 0)], None, id="registered is not accepted"),
        pytest.param([record(1, 0), step(2, 3)], 3, id="accepted by a step"),
        pytest.param([step(2, 3), record(1, 0, told=3)], 3, id="in any order"),
        pytest.param([record(4, 1)], 0, id="first heard of in process: accepted when filed"),
        pytest.param([record(3, 1)], None, id="refused at the door is not accepted"),
    ],
)
def test_acceptance(events: list[DossierEvent], accepted: float | None) -> None:
    assert fold(events).accepted_at == (None if accepted is None else at(accepted))


@st.composite
def histories(draw: st.DrawFn) -> list[DossierEvent]:
    """Messages told within the reorder window, each with its own content and times."""
    count = draw(st.integers(1, 7))
    events = []
    for index in range(count):
        observed = draw(st.integers(0, 50)) + index / 100
        told = 60 + draw(st.integers(0, 500)) / 3600
        status = draw(st.integers(1, 10))
        make = record if draw(st.booleans()) else step
        events.append(make(status, observed, told=told))
    return events


@given(histories(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_in_the_same_state(events: list[DossierEvent], random: Any) -> None:
    shuffled = events + random.sample(events, len(events) // 2)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(events)
