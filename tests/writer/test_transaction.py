"""Exactly once, in any order, whatever the database refuses: on both engines."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.writer.positions import claim, ranges_of, record
from ingest.writer.transaction import REFUSED
from ioc_core.bus import PulledMessage
from ioc_core.db import Connection, Pool
from ioc_core.events import Event, Heartbeat, ProbeResult, Rejected, Sample
from tests.writer.applying import STREAM, Applier, message
from tests.writer.conftest import EMPTY
from tests.writer.events import at, contents, dossier, heartbeat, mixed, probe, sample, security


def messages(events: Sequence[Event], *, each: int = 10, first: int = 1) -> list[PulledMessage]:
    """Return `events` as messages of `each`, numbered from `first`."""
    parts = [events[start : start + each] for start in range(0, len(events), each)]
    return [message(first + index, part) for index, part in enumerate(parts)]


async def activity(connection: Connection | Pool) -> dict[str, tuple[int, int]]:
    rows = await connection.fetch("SELECT source, events_total, rejected_total FROM source_activity")
    return {row["source"]: (row["events_total"], row["rejected_total"]) for row in rows}


async def test_every_event_is_in_its_table_and_counted(store: Pool) -> None:
    async with store.acquire() as connection:
        stored = await Applier().apply(connection, messages(mixed(600)))
    tables = await contents(store)
    assert {name: len(rows) for name, rows in tables.items()} == {
        "samples": 100,
        "series_current": 5,
        "dossier_events": 100,
        "dossiers": 7,
        "probe_results": 100,
        "probe_current": 1,
        "security_events": 100,
        "rejected": 100,
        "source_activity": 4,
    }
    assert stored.rows == {"sample": 100, "dossier": 100, "probe": 100, "security": 100, "rejected": 100}
    assert await activity(store) == {"host": (100, 0), "igate": (100, 100), "probes": (100, 0), "ids": (100, 0)}
    names = {row["name"] for row in await store.fetch("SELECT name FROM sources")}
    assert names == {"host", "igate", "probes", "ids"}


async def test_messages_that_come_again_change_nothing(store: Pool) -> None:
    sent = messages(mixed(600))
    async with store.acquire() as connection:
        writer = Applier()
        await writer.apply(connection, sent[:30])
        await writer.apply(connection, sent[20:])
        before, counted = await contents(connection), await activity(connection)
        for again in (sent, sent[5:9], list(reversed(sent))):
            stored = await Applier().apply(connection, again)
            assert stored.skipped == len(again)
        assert await contents(connection) == before
        assert await activity(connection) == counted


async def test_a_stream_made_anew_is_another_stream(store: Pool) -> None:
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(1, [sample(1, 1.0)])])
        await Applier().apply(connection, [message(1, [sample(2, 2.0)], stream="EVENTS@later")])
        assert await connection.fetchval("SELECT count(*) FROM samples") == 2


async def test_a_source_that_sends_again_changes_no_fact(store: Pool) -> None:
    events = mixed(120)
    async with store.acquire() as connection:
        writer = Applier()
        await writer.apply(connection, messages(events))
        before = await contents(connection)
        await writer.apply(connection, messages(events, first=100))
        after = await contents(connection)
    assert await activity(store) == {"host": (40, 0), "igate": (40, 40), "probes": (40, 0), "ids": (40, 0)}
    assert {name: rows for name, rows in after.items() if name != "source_activity"} == {
        name: rows for name, rows in before.items() if name != "source_activity"
    }


async def test_positions_stay_few(store: Pool) -> None:
    async with store.acquire() as connection, connection.transaction():
        assert await claim(connection, STREAM, range(1, 1001)) == set(range(1, 1001))
        await record(connection, STREAM, range(1, 1001, 2), first_seq=0)
        assert await claim(connection, STREAM, range(1, 11)) == {2, 4, 6, 8, 10}
        await record(connection, STREAM, [1001], first_seq=1000)
        held = await connection.fetchval("SELECT applied FROM stream_positions WHERE stream = $1", STREAM)
        assert held == [asyncpg.Range(0, 1000), asyncpg.Range(1001, 1002)]
        assert await claim(connection, STREAM, [999, 1000, 1001, 1002]) == {1000, 1002}


@given(st.sets(st.integers(1, 60)))
def test_ranges_hold_exactly_their_numbers(seqs: set[int]) -> None:
    ranges = ranges_of(seqs)
    assert {seq for first, end in ranges for seq in range(first, end)} == seqs
    assert all(before[1] < after[0] for before, after in pairwise(ranges))


async def test_several_writers_at_once_store_everything_once(store: Pool) -> None:
    sent = messages(mixed(1200), each=7)

    async def write(seed: int) -> None:
        """One writer that gets most of the messages, in an order of its own, some of them twice."""
        shuffler = random.Random(seed)
        mine = [*sent, *shuffler.sample(sent, 20)]
        shuffler.shuffle(mine)
        writer = Applier()
        for start in range(0, len(mine), 9):
            async with store.acquire() as connection:
                await writer.apply(connection, mine[start : start + 9])

    await asyncio.gather(*(write(seed) for seed in range(4)))
    assert await activity(store) == {"host": (200, 0), "igate": (200, 200), "probes": (200, 0), "ids": (200, 0)}
    concurrent = await contents(store)
    await store.execute(EMPTY)
    async with store.acquire() as connection:
        await Applier().apply(connection, sent)
    assert await contents(store) == concurrent


NAMES = st.sampled_from(["a", "b"])
EVENTS = st.one_of(
    st.builds(
        lambda name, time, value: sample(time, value, metric=name),
        NAMES,
        st.integers(0, 3),
        st.sampled_from([1.0, 2.0, -1.0]),
    ),
    st.builds(probe, NAMES, st.integers(0, 8), st.booleans(), st.sampled_from([0.1, 0.2])),
    st.builds(
        lambda number, time, status, whole: dossier(number, time, status, told=100 + time, record=whole),
        st.integers(1, 2),
        st.integers(0, 20),
        st.integers(1, 10),
        st.booleans(),
    ),
    st.builds(security, st.integers(1, 2), st.integers(0, 1), st.integers(0, 100)),
    st.builds(heartbeat, st.integers(0, 50)),
)


class _Undone(Exception):
    """Ends an attempt whose rows must not stay."""


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=8, max_size=24), seed=st.integers(0, 1000))
async def test_any_order_and_repetition_ends_in_the_same_tables(store: Pool, events: list[Event], seed: int) -> None:
    shuffler = random.Random(seed)
    sent = messages(events, each=2)
    shuffled = [*sent, *shuffler.sample(sent, len(sent) // 2)]
    shuffler.shuffle(shuffled)
    cuts = sorted(shuffler.sample(range(len(shuffled) + 1), min(3, len(shuffled))))
    parts = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    in_order = await _undone(store, [sent])
    assert await _undone(store, [part for part in parts if part]) == in_order


async def _undone(pool: Pool, parts: list[list[PulledMessage]]) -> dict[str, list[str]]:
    """Return the tables after `parts`, one transaction each, and leave nothing behind."""
    tables: dict[str, list[str]] = {}
    async with pool.acquire() as connection:
        try:
            async with connection.transaction():
                writer = Applier()
                for part in parts:
                    unique = list({item.seq: item for item in part}.values())
                    await writer.apply(connection, unique)
                tables = await contents(connection)
                raise _Undone
        except _Undone:
            return tables


class TestPoison:
    """Data that only the database can judge is set aside; its neighbours are stored, and nothing waits behind it."""

    @pytest.fixture(autouse=True)
    async def refusing(self, store: Pool) -> AsyncIterator[None]:
        """A database that refuses what nobody could foresee: some values of some columns."""
        await store.execute(
            "ALTER TABLE series_current ADD CONSTRAINT evil CHECK (value <> 666);"
            "ALTER TABLE dossiers ADD CONSTRAINT evil CHECK (status <> 8)"
        )
        yield
        await store.execute(
            "ALTER TABLE series_current DROP CONSTRAINT evil; ALTER TABLE dossiers DROP CONSTRAINT evil"
        )

    def poisoned(self) -> list[Event]:
        events = mixed(400)
        events = [event for event in events if not (hasattr(event, "status") and event.status == 8)]
        events.insert(50, sample(3000, 666.0, metric="evil"))
        events.insert(51, dossier(900, 5, 8))
        events.insert(301, dossier(901, 6, 8))
        return events

    async def test_the_offenders_are_rejected_and_their_neighbours_stored(self, store: Pool) -> None:
        events = self.poisoned()
        async with store.acquire() as connection:
            stored = await Applier().apply(connection, messages(events))
        assert stored.rejected[REFUSED] == 3
        rows = await store.fetch("SELECT source, raw, detail FROM rejected WHERE reason = $1", REFUSED)
        assert sorted(row["source"] for row in rows) == ["host", "igate", "igate"]
        assert all(row["detail"].startswith("23514") for row in rows)
        kinds = [event for event in events if isinstance(event, Sample)]
        assert await store.fetchval("SELECT count(*) FROM samples") == len(kinds) - 1
        facts = sum(not isinstance(event, (Rejected, Heartbeat)) for event in events) - 3
        assert sum(facts for facts, _ in (await activity(store)).values()) == facts

    async def test_after_poison_the_same_messages_change_nothing(self, store: Pool) -> None:
        sent = messages(self.poisoned())
        async with store.acquire() as connection:
            await Applier().apply(connection, sent)
            before = await contents(connection)
            await Applier().apply(connection, sent)
            assert await contents(connection) == before

    async def test_values_out_of_a_columns_range_are_set_aside(self, store: Pool) -> None:
        wide = ProbeResult("p", at(1), at(1), "t", "http", True, 0.1, status_code=2**40)
        async with store.acquire() as connection:
            stored = await Applier().apply(connection, [message(1, [wide, heartbeat(1)])])
        assert stored.rejected == {REFUSED: 1}

    async def test_an_error_that_is_not_about_data_rejects_nothing(self, store: Pool) -> None:
        await store.execute("ALTER TABLE dossiers RENAME TO away")
        try:
            async with store.acquire() as connection:
                with pytest.raises(asyncpg.UndefinedTableError):
                    await Applier().apply(connection, [message(1, [dossier(1, 1, 2), sample(1, 1.0)])])
        finally:
            await store.execute("ALTER TABLE away RENAME TO dossiers")
        assert await store.fetchval("SELECT count(*) FROM rejected") == 0
        assert await store.fetchval("SELECT count(*) FROM samples") == 0
