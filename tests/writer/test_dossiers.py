"""A dossier's row and its state are the same thing; events are merged once, whatever comes with them."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ingest.rejudge import judge_again
from ingest.writer.dossiers import by_dossier, dossier_rows, insert_dossiers, judged, merge_all
from ioc_core.calendar_file import load_clock_rules
from ioc_core.db import Connection, Pool
from ioc_core.db.dossiers import load_dossiers, store_dossiers
from ioc_core.dossier import Dossier, DossierClock, standing, tell
from ioc_core.events import Channel, DossierEvent, DossierStatus, Supplement
from tests.conftest import CONFIG
from tests.writer.applying import CLOCK, Applier, message
from tests.writer.events import at, dossier

TIMES = st.integers(-(10**8), 10**9).map(lambda tenths: at(tenths / 10))
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
SUPPLEMENTS = st.lists(
    st.builds(Supplement, st.none() | TIMES, st.none() | TIMES, st.none() | TIMES, st.none() | TIMES), max_size=3
)
_TEXTS = (
    *("receiving_unit", "resolving_unit", "receiving_text", "resolving_text", "procedure_code", "procedure_name"),
    *("field_code", "field_name", "step_department"),
)
_FLAGS = (
    *("paid_online", "electronic_result", "papers_digitised", "papers_reused", "papers_from_store"),
    "population_data",
)
EVENTS = st.builds(
    DossierEvent,
    code=st.sampled_from(("A", "B", "C")),
    source=TEXT,
    observed_at=TIMES,
    received_at=TIMES,
    record=st.booleans(),
    status=st.sampled_from(DossierStatus),
    channel=st.none() | st.sampled_from(Channel),
    supplements=SUPPLEMENTS.map(tuple),
    fee_vnd=st.none() | st.integers(0, 10**9),
    **dict.fromkeys(_TEXTS, st.none() | TEXT),
    **dict.fromkeys(_FLAGS, st.none() | st.booleans()),
    **dict.fromkeys(("filed_at", "due_at", "finished_at", "returned_at", "step_due_at"), st.none() | TIMES),
)


def states(events: list[DossierEvent]) -> dict[str, Dossier]:
    """The state of each dossier after its events."""
    return {code: tell(None, *(event for event, _ in told)) for code, told in by_dossier(events).items()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=1, max_size=12))
async def test_a_state_comes_back_from_its_row_and_stands_alike(store: Pool, events: list[DossierEvent]) -> None:
    given_ = states(events)
    now = at(0)
    rules = load_clock_rules(CONFIG)
    async with store.acquire() as connection, connection.transaction():
        await connection.execute("DELETE FROM dossiers")
        await store_dossiers(connection, [judged(one, CLOCK) for one in given_.values()])
        assert await load_dossiers(connection, given_) == given_
        rows = await connection.fetch(
            "SELECT code, late_clock, working_clock(late_at) AS clock,"
            " dossier_standing(accepted_at, ended_at, lateness, entered_late, waiting_since, late_at, late_clock,"
            " accept_by, $1, working_clock($1), due_soon) AS standing FROM dossiers, clock_rules",
            now,
        )
    for row in rows:
        _, told, verdict = judged(given_[row["code"]], CLOCK)
        assert row["standing"] == standing(
            told,
            verdict,
            now=now,
            working_clock=CLOCK.calendar.clock(now),
            due_soon=rules.due_soon_seconds,
        )
        assert row["late_clock"] is None or abs(row["late_clock"] - row["clock"]) < 1


def test_of_what_is_said_twice_the_first_is_kept() -> None:
    early, late, other = dossier(1, 0, 2, told=1), dossier(1, 0, 2, told=5), dossier(1, 0, 4, told=3)
    ((code, told),) = by_dossier([late, other, early]).items()
    assert [event for event, _ in told] == [early, other, late]
    assert tell(None, late, other, early).marks[0].first in {mark.first for mark in states([early, other])[code].marks}


def test_merging_yields_what_changed_only() -> None:
    known = states([dossier(1, 0, 2, record=False), dossier(2, 0, 2)])
    changed, needed = merge_all(
        known, by_dossier([dossier(1, 0, 2, told=9, record=False), dossier(2, 1, 4), dossier(3, 1, 1)])
    )
    assert {code[-1]: int(state.status) for code, state in changed.items()} == {"2": 4, "3": 1}
    assert needed == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=2, max_size=10), random=st.randoms(use_true_random=False))
async def test_any_order_in_any_number_of_transactions(store: Pool, events: list[DossierEvent], random: Any) -> None:
    """Also when a message that lost decides after all, and its body must be read again."""
    events = [replace(event, received_at=min(event.received_at, at(10**8))) for event in events]
    shuffled = random.sample(events, len(events))
    async with store.acquire() as connection:
        await connection.execute("DELETE FROM dossiers")
        await connection.execute("DELETE FROM dossier_events")
        for event in shuffled:
            await _insert(connection, [event])
        assert await load_dossiers(connection, {event.code for event in events}) == states(events)


async def _insert(connection: Connection, events: list[DossierEvent]) -> None:
    async with connection.transaction():
        await insert_dossiers(connection, dossier_rows(events), CLOCK)


async def _rows(connection: Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch("SELECT * FROM dossiers ORDER BY code")]


async def test_another_clock_judges_every_row_again(store: Pool) -> None:
    events = [
        dossier(1, 0, 4, filed_at=at(0), procedure_code="1.001193"),
        dossier(2, 0, 1, filed_at=at(0), channel=Channel.ONLINE),
        dossier(3, 9, 9, filed_at=at(0), finished_at=at(9), due_at=at(20)),
    ]
    other = DossierClock(CLOCK.calendar, {}, acceptance_seconds=3600)
    async with store.acquire() as connection:
        await _insert(connection, events)
        by_this = await _rows(connection)
        assert await judge_again(connection, other) == 3
        by_other = await _rows(connection)
        assert by_other != by_this
        assert await judge_again(connection, other) == 0
        assert await judge_again(connection, CLOCK) == 3
        assert await _rows(connection) == by_this


async def test_a_row_of_before_is_made_from_its_history(store: Pool) -> None:
    events = [dossier(1, 0, 2, filed_at=at(0), due_at=at(90)), dossier(1, 5, 9, record=False)]
    async with store.acquire() as connection:
        await _insert(connection, events)
        whole = await _rows(connection)
        bare = "UPDATE dossiers SET marks = '', record_mark = NULL, step_mark = NULL, ended_at = NULL, is_open = true"
        await connection.execute(bare)
        await connection.execute("UPDATE clock_rules SET judged_by = ''")
        assert await judge_again(connection, CLOCK) == 1
        assert await _rows(connection) == whole
        await connection.execute(bare)
        await _insert(connection, [dossier(1, 5, 9, record=False, told=99)])
        assert await _rows(connection) == whole


async def test_history_keeps_each_thing_said_once_with_its_first_arrival(store: Pool) -> None:
    events = [
        dossier(1, 0, 2, told=5, due_at=at(100)),
        dossier(1, 3, 4, told=6, record=False, step_department="Một cửa"),
    ]
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(1, events)])
        await Applier().apply(connection, [message(2, [dossier(1, 0, 2, told=2, due_at=at(100))])])
    rows = await store.fetch(
        "SELECT status, record, received_at, step_department, body FROM dossier_events ORDER BY 1"
    )
    assert [(row["status"], row["record"], row["received_at"]) for row in rows] == [
        (2, True, at(2)),
        (4, False, at(6)),
    ]
    body = rows[0]["body"]
    assert (body["type"], body["due_at"], "resolving_unit" in body) == ("dossier", "2026-11-20T03:01:40Z", False)
    current = await store.fetchrow("SELECT status, due_at, step_department, is_open, told_at FROM dossiers")
    assert current is not None
    assert tuple(current) == (4, at(100), "Một cửa", True, at(6))


async def test_two_transactions_end_as_one(store: Pool) -> None:
    events: list[DossierEvent] = [dossier(n % 3, n, 1 + n % 10, told=100 + n, record=n % 2 == 0) for n in range(40)]
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(1, events[:17])])
        await Applier().apply(connection, [message(2, events[17:])])
        found = await load_dossiers(connection, {event.code for event in events})
    assert found == states(events)
