"""What becomes of a message's bytes: events, and a row for each that can't be stored."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.writer.batch import newest_dossiers, read, sort_out
from ingest.writer.decode import decode_message, events_of
from ingest.writer.screen import NO_LIMITS, Limits, unfit
from ioc_core.events import MAX_RAW_BYTES, Event, Rejected, encode_batch
from tests.writer.applying import NOW, message
from tests.writer.events import T0, at, dossier, heartbeat, mixed, probe, rejected, sample, security


def reasons(events: list[Event]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Rejected)]


def events(data: list[Event] | bytes) -> list[Event]:
    return events_of(read(message(1, data), now=NOW).items, now=NOW)


def test_a_message_is_its_events() -> None:
    assert events(mixed(60)) == mixed(60)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello", id="no JSON"),
        pytest.param(b"{}", id="no list"),
        pytest.param(encode_batch([sample(0, 1.0)])[:-5], id="cut off"),
        pytest.param(b"[" * 200_000, id="very deep"),
    ],
)
def test_a_message_that_cannot_be_read_is_kept_as_rejected(data: bytes) -> None:
    (event,) = decode_message(data, source="leaf", now=NOW)
    assert isinstance(event, Rejected)
    assert (event.source, event.port, event.reason) == ("leaf", "writer", "undecodable")
    assert event.raw == data[:MAX_RAW_BYTES]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        pytest.param(b'{"type":"sample"}', "missing required field", id="fields missing"),
        pytest.param(b'{"type":"other"}', "Invalid value", id="an unknown kind"),
        pytest.param(
            b'{"type":"heartbeat","source":"a","observed_at":"2026-01-01T00:00:00"}', "timezone", id="no offset"
        ),
        pytest.param(b'{"type":"sample","source":5}', "Expected `str`", id="a wrong type"),
        pytest.param(b"5", "Expected `object`", id="no event"),
        pytest.param(b'{"type":"heartbeat","source":"\xff"}', "utf-8", id="no UTF-8"),
    ],
)
def test_one_bad_event_leaves_its_neighbours(bad: bytes, says: str) -> None:
    data = b"[%s,%s,%s]" % (msgspec.json.encode(sample(0, 1.0)), bad, msgspec.json.encode(heartbeat(2)))
    first, middle, last = decode_message(data, source="leaf", now=NOW)
    assert (first, last) == (sample(0, 1.0), heartbeat(2))
    assert isinstance(middle, Rejected)
    assert says in middle.detail
    assert middle.raw == bad


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    assert events(data) or data.strip() == b"[]"


@given(st.data())
def test_a_damaged_message_never_loses_what_can_be_read(data: st.DataObject) -> None:
    whole = encode_batch(mixed(12))
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]
    found = events(damaged)
    untouched = [event for event in mixed(12) if event in found]
    assert len(untouched) >= 11 or reasons(found) == ["undecodable"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        pytest.param(sample(0, 1.0), None, id="an ordinary sample"),
        pytest.param(sample(0, 1e300), None, id="the largest value"),
        pytest.param(sample(0, 1.1e300), "value_out_of_range", id="a sum of these would overflow"),
        pytest.param(sample(0, -1.1e300), "value_out_of_range", id="downwards too"),
        pytest.param(sample(0, 1.0, **{f"l{n}": "x" * 300 for n in range(8)}), "labels_too_long", id="long labels"),
        pytest.param(sample(-3601, 1.0), "too_old", id="past the retention"),
        pytest.param(dossier(1, -3601, 2), "too_old", id="an old dossier event"),
        pytest.param(probe("t", -3601, True), "too_old", id="an old probe"),
        pytest.param(security(1, -3601), "too_old", id="an old security event"),
        pytest.param(rejected(1, -3601), None, id="refused input is kept whenever it is"),
        pytest.param(dossier(1, 86_500, 2, told=0), "in_the_future", id="a clock that is days ahead"),
        pytest.param(dossier(1, 86_300, 2, told=0), None, id="a clock that is hours ahead"),
        pytest.param(probe("t", 0, True, 2e300), "value_out_of_range", id="an endless probe"),
    ],
)
def test_what_is_unfit(event: Event, reason: str | None) -> None:
    oldest = T0 - timedelta(hours=1)
    limits = Limits(samples=oldest, dossiers=oldest, probes=oldest, security=oldest)
    said = unfit(event, limits)
    assert (said and said[0]) == reason
    rows = sort_out([event, heartbeat(0)], {}, limits, now=NOW)
    stored = len(rows.samples) + len(rows.dossiers) + len(rows.probes) + len(rows.security)
    assert [row.reason for row in rows.rejected if row.port == "writer"] == ([reason] if reason else [])
    assert stored == (0 if reason or isinstance(event, Rejected) else 1)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda text: sample(0, 1.0, unit=text), id="a label"),
        pytest.param(lambda text: dossier(1, 0, 2, resolving_text=text), id="a dossier"),
        pytest.param(lambda text: msgspec.structs.replace(security(1, 0), message=text), id="a message"),
    ],
)
@pytest.mark.parametrize(
    ("text", "refused"),
    [
        pytest.param("a\0b", True, id="NUL"),
        pytest.param("\\\0", True, id="NUL after a backslash"),
        pytest.param("a\\u0000b", False, id="the six characters that spell it"),
    ],
)
def test_a_text_with_nul_is_refused(make: Callable[[str], Event], text: str, refused: bool) -> None:
    found = events([make(text), heartbeat(1)])
    assert reasons(found) == (["nul_character"] if refused else [])
    assert found[1] == heartbeat(1)


def test_tallies_count_facts_and_refusals_of_each_source() -> None:
    sent: list[Event] = [
        sample(5, 1.0),
        sample(1, 2e300),
        sample(9, 1.0),
        heartbeat(3),
        rejected(1, 4),
        dossier(1, 2, 2),
    ]
    tallies = sort_out(sent, {}, NO_LIMITS, now=NOW).tallies
    host, igate = tallies["host"], tallies["igate"]
    assert (host.facts, host.rejected, host.first_seen_at, host.last_seen_at) == (2, 1, at(5), NOW)
    assert (igate.facts, igate.rejected, igate.first_seen_at, igate.last_seen_at) == (1, 1, at(2), at(4))


def test_the_newest_dossiers_are_named_once_and_last() -> None:
    told: list[Any] = [dossier(n % 150, n, 2) for n in range(300)] + [dossier(5, 900, 4)]
    codes = newest_dossiers(told)
    assert (len(codes), codes[-1]) == (100, dossier(5, 0, 2).code)
    assert len(set(codes)) == 100
