"""Merging the messages about a dossier: any order, any grouping, any number of times."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ioc_core.dossier import REORDER_WINDOW, Dossier, HistoryNeeded, merge, story, tell
from ioc_core.events import Channel, DossierEvent, Supplement, dossier_content_id
from tests.dossier.messages import at, record, step

WINDOW = REORDER_WINDOW.total_seconds() / 3600


def told(events: list[DossierEvent]) -> list[tuple[DossierEvent, str]]:
    return [(event, dossier_content_id(event)) for event in events]


def one_by_one(events: list[DossierEvent]) -> Dossier:
    """The state after each message alone, with the history that a writer would read when it is needed."""
    state: Dossier | None = None
    for place, event in enumerate(events):
        try:
            state = merge(state, told([event]))
        except HistoryNeeded:
            state = merge(state, told([event]), told(events[:place]))
    assert state is not None
    return state


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
        pytest.param([step(4, 1), step(9, 1)], 9, id="at the same time the farther status holds"),
        pytest.param([record(4, 1, told=1), record(2, 1, told=3)], 2, id="a correction may state the same time"),
        pytest.param(
            [record(4, 1, told=1), record(10, 5, told=5), record(4, 1, told=9)], 4, id="what was said may come again"
        ),
        pytest.param(
            [record(2, 0), step(9, 5), record(2, 0, told=9), step(9, 5, told=10)],
            2,
            id="a step that comes again after a correction says nothing new",
        ),
        pytest.param(
            [record(4, 0), step(4, 2), record(4, 0, told=6, due_at=at(90)), step(9, 5, told=6.1)],
            9,
            id="a record that moves the due date doesn't hold up a late step",
        ),
        pytest.param(
            [record(10, 5), record(8, 1, told=9), record(4, 2, told=9)],
            4,
            id="of two corrections at once, the one that states the later time",
        ),
        pytest.param([record(10, 5), record(4, 1, told=9), record(8, 2, told=9)], 8, id="whatever their statuses are"),
    ],
)
def test_status(events: list[DossierEvent], status: int) -> None:
    assert tell(None, *events).status == status
    assert one_by_one(events).status == status


def test_a_step_leaves_what_the_record_said() -> None:
    state = tell(None, record(2, 0, due_at=at(8), procedure_code="1.001", channel=Channel.ONLINE), step(4, 1))
    assert (state.due_at, state.procedure_code, state.channel) == (at(8), "1.001", Channel.ONLINE)
    assert state.step_department == "Một cửa"


def test_a_record_after_steps_fills_in_what_they_lack() -> None:
    state = tell(None, step(4, 1), record(2, 0, told=1.001, due_at=at(8), resolving_unit="24133"))
    assert (state.status, state.due_at, state.resolving_unit) == (4, at(8), "24133")


def test_a_supplement_moves_the_due_date() -> None:
    asked = Supplement(requested_at=at(2), due_before=at(8), due_after=at(20))
    state = tell(None, record(2, 0, due_at=at(8)), record(5, 2, due_at=at(20), supplements=(asked,)))
    assert (state.due_at, state.supplements) == (at(20), (asked,))


def test_the_same_message_again_returns_the_state_itself() -> None:
    state = tell(None, record(2, 0), step(4, 1))
    assert tell(state, step(4, 1, told=9)) is state


def test_a_message_sent_again_was_told_when_it_first_came() -> None:
    first, again = record(2, 0, told=1), record(2, 0, told=1.1)
    assert tell(None, first, again) == tell(None, again, first)
    assert tell(None, again, first).told_at == at(1)


def test_a_message_that_decides_again_is_asked_for() -> None:
    """It was late beside what is known; then something comes to light beside which it was a correction."""
    held, lost = record(9, 6, told=6), record(4, 5, told=6.1, due_at=at(50))
    state = tell(None, held, lost)
    assert (state.status, state.due_at) == (9, None)
    earlier = record(10, 6.05, told=5.9)  # by a clock that was minutes ahead
    with pytest.raises(HistoryNeeded, match="decides, and isn't at hand"):
        tell(state, earlier)
    found = merge(state, told([earlier]), told([held, lost]))
    assert (found.status, found.due_at) == (4, at(50))
    assert found == tell(None, earlier, held, lost)


def test_what_is_not_kept_any_more_cannot_decide() -> None:
    state = tell(None, record(9, 6, told=6, due_at=at(8)), record(4, 5, told=6.1, due_at=at(50)))
    found = merge(state, told([record(10, 6.05, told=5.9)]), [])
    assert (found.status, found.due_at) == (4, at(8))


def test_a_record_that_states_no_later_time_stands_at_its_arrival() -> None:
    """It says nothing of when: that it came is the best that is known."""
    state = tell(None, record(4, 0), record(6, 0, told=9))
    assert (state.status, state.effective_at) == (6, at(9))


@pytest.mark.parametrize(
    ("events", "accepted"),
    [
        pytest.param([record(1, 0)], None, id="registered is not accepted"),
        pytest.param([record(1, 0), step(2, 3)], 3, id="accepted by a step"),
        pytest.param([step(2, 3), record(1, 0, told=3)], 3, id="in any order"),
        pytest.param([record(4, 1)], 0, id="first heard of in process: accepted when filed"),
        pytest.param([record(3, 1)], None, id="refused at the door is not accepted"),
        pytest.param([record(1, 0), record(7, 1)], None, id="withdrawn before it was accepted"),
        pytest.param([step(4, 2), record(2, 3, filed_at=at(2.5))], 2, id="by a step of before its filing"),
        pytest.param([step(4, 2), record(1, 3, filed_at=at(1))], 2, id="the record doesn't say so, the step does"),
    ],
)
def test_acceptance(events: list[DossierEvent], accepted: float | None) -> None:
    assert story(tell(None, *events)).accepted_at == (None if accepted is None else at(accepted))


@st.composite
def histories(draw: st.DrawFn) -> list[DossierEvent]:
    """Messages over two days: late, twice, reversed, corrected, and some of them again."""
    events = []
    for index in range(draw(st.integers(1, 8))):
        observed = draw(st.integers(0, 20)) + draw(st.sampled_from((0, 0, index / 100)))
        delay = draw(st.sampled_from((0.0, 0.01, 0.1, 0.2, 3.0, 30.0)))
        make = record if draw(st.booleans()) else step
        fields: dict[str, Any] = {"due_at": at(index)} if make is record else {}
        events.append(make(draw(st.integers(1, 10)), observed, told=observed + delay, **fields))
        if draw(st.booleans()):
            events.append(_told_at(events[-1], observed + delay + draw(st.sampled_from((0.05, 1.0, 5.0, 40.0)))))
    return events


def _told_at(event: DossierEvent, hours: float) -> DossierEvent:
    return replace(event, received_at=at(hours))


@given(histories(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_in_the_same_state(events: list[DossierEvent], random: Any) -> None:
    shuffled = events + random.sample(events, len(events) // 2)
    random.shuffle(shuffled)
    whole = tell(None, *events)
    assert tell(None, *shuffled) == whole
    assert one_by_one(shuffled) == whole
