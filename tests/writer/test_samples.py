"""Samples by column: what is kept of them, how COPY has them, and what happens to those that come again."""

import struct
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.writer.columns import Columns, block_of, collect, without
from ingest.writer.decode import decode_message
from ingest.writer.samples import SampleStore, binary_rows
from ingest.writer.screen import NO_LIMITS, Limits
from ingest.writer.series import SeriesCache, resolve
from ioc_core.db import Pool
from ioc_core.events import EPOCH, RawBlock, Sample, encode_batch, micros
from tests.writer.applying import NOW, Applier, message
from tests.writer.events import T0, at, sample

POINTS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 4), st.sampled_from([-1.5, 0.0, 2.0, 7.25])), min_size=1, max_size=30
)


def columns(points: list[tuple[int, int, float]]) -> Columns:
    series, times, values = zip(*points, strict=True)
    return Columns(np.array(series), np.array(times), np.array(values))


def rows(given_: Columns) -> list[tuple[int, int, float]]:
    return list(zip(given_.series.tolist(), given_.at.tolist(), given_.values.tolist(), strict=True))


@given(POINTS)
def test_one_value_stays_for_each_series_and_instant_the_largest(points: list[tuple[int, int, float]]) -> None:
    largest: dict[tuple[int, int], float] = {}
    for series, time, value in points:
        largest[series, time] = max(value, largest.get((series, time), value))
    assert rows(columns(points).distinct()) == [(*key, largest[key]) for key in sorted(largest)]


@given(POINTS)
def test_the_newest_of_each_series(points: list[tuple[int, int, float]]) -> None:
    newest = {series: max((t, v) for s, t, v in points if s == series) for series, _, _ in points}
    assert rows(columns(points).distinct().newest()) == [(s, *newest[s]) for s in sorted(newest)]


def blocks(samples: list[Sample]) -> list[RawBlock]:
    items = decode_message(encode_batch(samples), source="x", now=NOW)
    return [
        item if isinstance(item, RawBlock) else block_of(item)
        for item in items
        if isinstance(item, (RawBlock, Sample))
    ]


def test_series_are_told_apart_by_source_metric_and_labels() -> None:
    sent = [
        sample(0, 1.0),
        sample(0, 2.0, metric="load5"),
        sample(0, 3.0, source="other"),
        sample(0, 4.0, unit="66"),
        sample(0, 5.0, unit="67"),
        sample(1, 6.0, unit="66"),
    ]
    found = collect(blocks(sent), {}, NO_LIMITS)
    assert found.columns.series.tolist() == [-1, -2, -3, -4, -5, -4] or len(set(found.identities)) == 5
    by_identity = {(m, s, labels) for m, s, labels in found.identities}
    assert by_identity == {
        ("load1", "host", "{}"),
        ("load5", "host", "{}"),
        ("load1", "other", "{}"),
        ("load1", "host", '{"unit":"66"}'),
        ("load1", "host", '{"unit":"67"}'),
    }


async def test_the_order_of_labels_makes_no_other_series(store: Pool) -> None:
    one = Sample("host", T0, T0, "up", 1.0, {"a": "1", "b": "2"})
    other = Sample("host", at(1), T0, "up", 2.0, {"b": "2", "a": "1"})
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(1, [one, other])])
        await Applier().apply(connection, [message(2, [other, one])])
    assert await store.fetchval("SELECT count(*) FROM series") == 1
    assert await store.fetchval("SELECT count(*) FROM samples") == 2


async def test_a_series_is_asked_for_once(store: Pool) -> None:
    writer = Applier()
    async with store.acquire() as connection:
        stored = await writer.apply(connection, [message(1, [sample(0, 1.0), sample(0, 1.0, unit="66")])])
        assert len(stored.learned) == 2
        assert (
            await writer.apply(connection, [message(2, [sample(1, 1.0), sample(1, 1.0, unit="66")])])
        ).learned == {}


async def test_series_made_by_two_at_once_are_the_same(store: Pool) -> None:
    wanted = [("up", "host", f'{{"n":"{number}"}}') for number in range(50)]
    async with store.acquire() as first, store.acquire() as second:
        numbers = await resolve(first, wanted)
        assert await resolve(second, wanted[::-1]) == numbers[::-1]
    assert await store.fetchval("SELECT max(id) FROM series") == 50  # no number was wasted


def test_what_is_refused_is_taken_out_of_its_block() -> None:
    sent = [sample(n, 2e300 if n % 3 == 0 else float(n)) for n in range(9)] + [sample(-9999, 1.0)]
    given_ = blocks(sent)
    limits = Limits(samples=T0 - timedelta(hours=1))
    found = collect(given_, {}, limits)
    assert [block.sample(place) for block, place in found.refused] == [sent[0], sent[3], sent[6], sent[9]]
    kept = [block.sample(place) for block in without(given_, found.refused) for place in range(len(block.of))]
    assert kept == [one for number, one in enumerate(sent) if number % 3 and number < 9]


@pytest.mark.parametrize(
    ("metric", "labels"),
    [
        pytest.param("1 bad", b"{}", id="no metric name"),
        pytest.param("up", b'{"1 bad":"x"}', id="no label name"),
        pytest.param("up", b'{"a":5}', id="a label that is no text"),
        pytest.param("up", b"[1,2]", id="labels that are a list"),
        pytest.param("up", b'{"a":"%s"}' % (b"x" * 301), id="a label that is too long"),
    ],
)
async def test_a_series_that_is_none_is_rejected_and_its_neighbours_stored(
    store: Pool, metric: str, labels: bytes
) -> None:
    good = block_of(sample(0, 1.0))
    block = RawBlock("host", T0, [0, 1, 0], [1, 2, 3], [1.0, 2.0, 3.0], [*good.series, (metric, msgspec.Raw(labels))])
    data = msgspec.json.encode([block])
    async with store.acquire() as connection:
        stored = await Applier().apply(connection, [message(1, data)])
    assert stored.rejected == {"undecodable": 1}
    assert await store.fetchval("SELECT count(*) FROM samples") == 2
    assert await store.fetchval("SELECT events_total FROM source_activity") == 2


def test_rows_are_as_binary_copy_has_them() -> None:
    instant = micros(T0)
    data = binary_rows(columns([(7, instant, 1.5), (8, 0, -2.0)]))
    assert data[:34] == struct.pack(">hiiiqid", 3, 4, 7, 8, instant - 946_684_800_000_000, 8, 1.5)
    assert len(data) == 68


async def test_instants_and_values_arrive_exactly(store: Pool) -> None:
    sent = [
        Sample("host", EPOCH + timedelta(microseconds=moment), T0, "m", value)
        for moment, value in ((1_795_143_600_311_785, 0.1), (1, -0.0), (946_684_799_999_999, 1e-300), (-1, 1e300))
    ]
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(1, sent)])
    found = await store.fetch("SELECT time, value FROM samples ORDER BY time")
    assert [(row["time"], row["value"]) for row in found] == sorted((s.observed_at, s.value) for s in sent)


async def test_samples_that_come_again_are_merged_and_soon_expected(store: Pool) -> None:
    writer = Applier()
    first = [sample(n, float(n)) for n in range(20)]
    async with store.acquire() as connection:
        await writer.apply(connection, [message(1, first)])
        more = [sample(5, 100.0), sample(6, -100.0), sample(30, 30.0), sample(40, 1.0, metric="other")]
        await writer.apply(connection, [message(2, more)])
        again = [sample(7, 100.0), sample(50, 50.0), sample(41, 1.0, metric="other")]
        await writer.apply(connection, [message(3, again)])
    found = {
        (row["metric"], int((row["time"] - T0).total_seconds())): row["value"]
        for row in await store.fetch(
            "SELECT s.metric, x.time, x.value FROM samples x JOIN series s ON s.id = x.series_id"
        )
    }
    expected = {("load1", n): float(n) for n in range(20)} | {
        ("load1", 5): 100.0,
        ("load1", 7): 100.0,
        ("load1", 30): 30.0,
        ("load1", 50): 50.0,
        ("other", 40): 1.0,
        ("other", 41): 1.0,
    }
    assert found == expected
    assert await store.fetchval("SELECT max(value) FROM series_current") == 50.0


async def test_a_series_that_repeats_does_not_slow_the_others_down(store: Pool) -> None:
    """After one conflict its samples are merged beforehand, so that COPY of the others succeeds at once."""
    memory = SampleStore(SeriesCache())
    async with store.acquire() as connection:
        for number, repeated in enumerate((0, 0, 0, 1)):
            sent = [sample(repeated, 1.0), sample(number, 1.0, metric="other")]
            async with connection.transaction():
                await memory.store(connection, collect(blocks(sent), {}, NO_LIMITS))
    assert list(memory.repeaters) == [await store.fetchval("SELECT id FROM series WHERE metric = 'load1'")]
    assert await store.fetchval("SELECT count(*) FROM samples") == 6
