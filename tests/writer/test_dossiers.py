"""A dossier's row and its state are the same thing; events are folded once, whatever comes with them."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.writer.dossiers import distinct, fold
from ioc_core.db import Pool
from ioc_core.db.dossiers import load_dossiers, store_dossiers
from ioc_core.dossier import Dossier, merge
from ioc_core.events import Channel, DossierEvent, DossierStatus, Supplement
from tests.writer.applying import Applier, message
from tests.writer.events import at, dossier

TIMES = st.integers(-(10**8), 10**10).map(lambda tenths: at(tenths / 10))
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
SUPPLEMENTS = st.lists(
    st.builds(Supplement, st.none() | TIMES, st.none() | TIMES, st.none() | TIMES, st.none() | TIMES), max_size=3
)
_MAYBE: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        ("receiving_unit", "resolving_unit", "receiving_text", "resolving_text", "procedure_code", "procedure_name"),
        st.none() | TEXT,
    ),
    **dict.fromkeys(("field_code", "field_name", "step_department"), st.none() | TEXT),
    **dict.fromkeys(("filed_at", "accepted_at", "due_at", "finished_at", "returned_at"), st.none() | TIMES),
    **dict.fromkeys(("step_due_at", "step_effective_at", "record_effective_at", "record_told_at"), st.none() | TIMES),
    **dict.fromkeys(("paid_online", "electronic_result"), st.none() | st.booleans()),
}
DOSSIERS = st.builds(
    Dossier,
    code=TEXT,
    source=TEXT,
    status=st.sampled_from(DossierStatus),
    effective_at=TIMES,
    told_at=TIMES,
    content_id=TEXT,
    step_content_id=TEXT,
    record_content_id=TEXT,
    channel=st.none() | st.sampled_from(Channel),
    supplements=SUPPLEMENTS.map(tuple),
    **_MAYBE,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_=st.lists(DOSSIERS, max_size=8, unique_by=lambda one: one.code))
async def test_a_state_comes_back_from_its_row_as_it_was(store: Pool, given_: list[Dossier]) -> None:
    async with store.acquire() as connection, connection.transaction():
        await store_dossiers(connection, given_)
        assert await load_dossiers(connection, {one.code for one in given_}) == {one.code: one for one in given_}
        derived = await connection.fetch("SELECT code, is_open, waiting_for_citizen FROM dossiers")
        flags = {row["code"]: (row["is_open"], row["waiting_for_citizen"]) for row in derived}
    for one in given_:
        assert flags[one.code] == (one.is_open, one.status in {5, 6})


def test_of_what_is_said_twice_the_first_is_kept() -> None:
    early, late, other = dossier(1, 0, 2, told=1), dossier(1, 0, 2, told=5), dossier(1, 0, 4, told=3)
    assert [event for event, _ in distinct([late, other, early])] == [early, other]


def test_folding_yields_what_changed_only() -> None:
    known = {event.code: merge(None, event) for event in (dossier(1, 0, 2), dossier(2, 0, 2))}
    changed = fold(known, distinct([dossier(1, 0, 2, told=9), dossier(2, 1, 4), dossier(3, 1, 1)]))
    assert {code[-1]: state.status for code, state in changed.items()} == {"2": 4, "3": 1}


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


async def test_a_fold_over_two_transactions_is_that_over_one(store: Pool) -> None:
    events: list[DossierEvent] = [dossier(n % 3, n, 1 + n % 10, told=100 + n, record=n % 2 == 0) for n in range(40)]
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(1, events[:17])])
        await Applier().apply(connection, [message(2, events[17:])])
        found = await load_dossiers(connection, {event.code for event in events})
    assert found == fold({}, distinct(events))
