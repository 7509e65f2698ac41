"""The wire form of events."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core.events import (
    MAX_BATCH_BYTES,
    DossierEvent,
    DossierStatus,
    Event,
    ProbeResult,
    Rejected,
    Sample,
    SecurityEvent,
    content_id,
    decode_batch,
    dossier_content_id,
    encode_batch,
    encode_batches,
)

T = datetime(2026, 11, 21, 3, 0, 0, 123456, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)

EVENTS: list[Event] = [
    Sample("host", T, T, "node_load1", 0.5, {"unit": "24133"}),
    DossierEvent("igate", T, T, "000.00.01.H15-1", record=True, status=DossierStatus.ACCEPTED, due_at=LATER),
    ProbeResult("portal", T, T, "https://example.vn", "http", success=False, duration_seconds=0.2, error="timeout"),
    SecurityEvent("fw", T, T, "id", "intrusion_detection", 90, "tấn công", raw="<1>x"),
    Rejected("fw", T, T, "syslog", "not_syslog", "no priority", b"\xff\x00raw"),
]


def test_every_kind_survives_the_wire() -> None:
    assert list(decode_batch(encode_batch(EVENTS))) == EVENTS


@given(st.lists(st.integers(0, 4), max_size=40), st.integers(1, 4000))
def test_splitting_keeps_every_event_in_order(kinds: list[int], text: int) -> None:
    events = [
        *(EVENTS[kind] for kind in kinds),
        *[SecurityEvent("fw", T, T, "id", "host", 1, "x" * text, raw="y" * 16_000) for _ in kinds],
    ]
    messages = encode_batches(events)
    assert [event for message in messages for event in decode_batch(message)] == events
    assert all(len(message) <= MAX_BATCH_BYTES + 32_000 for message in messages)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[{}]", id="no kind"),
        pytest.param(b'[{"type":"sample"}]', id="fields missing"),
        pytest.param(encode_batch(EVENTS)[:-5], id="cut off"),
        pytest.param(encode_batch([EVENTS[0]]).replace(b"node_load1", b"1 bad name"), id="bad metric name"),
    ],
)
def test_what_is_not_a_batch_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_batch(data)


def test_the_id_of_a_dossier_message_depends_on_what_it_says_not_on_when_it_came() -> None:
    event = EVENTS[1]
    assert isinstance(event, DossierEvent)
    again = msgspec.structs.replace(event, received_at=LATER)
    other = msgspec.structs.replace(event, due_at=T)
    assert dossier_content_id(event) == dossier_content_id(again) != dossier_content_id(other)


def test_parts_of_an_id_do_not_run_together() -> None:
    assert content_id("ab", "c") != content_id("a", "bc")


def _sample(at: int, value: float, metric: str, unit: str, source: str = "host") -> Sample:
    return Sample(source, T + timedelta(microseconds=at), T, metric, value, {"unit": unit} if unit else {})


_SAMPLES = st.builds(
    _sample,
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["host", "host2"]),
)


@given(st.lists(_SAMPLES | st.sampled_from(EVENTS), max_size=40))
def test_samples_travel_in_blocks_and_arrive_as_they_were(events: list[Event]) -> None:
    assert list(decode_batch(encode_batch(events))) == events
    assert [event for message in encode_batches(events) for event in decode_batch(message)] == events


def test_a_block_takes_a_fraction_of_the_room() -> None:
    samples = [_sample(step, 12.5, f"metric_{number}", "24133") for step in range(10) for number in range(20)]
    (message,) = encode_batches(samples)
    assert len(message) < sum(len(encode_batch([sample])) for sample in samples) / 4


@pytest.mark.parametrize(
    ("change", "to"),
    [
        pytest.param(b'"of":[0,0]', b'"of":[0,1]', id="a series that isn't there"),
        pytest.param(b'"of":[0,0]', b'"of":[0,-1]', id="a negative index"),
        pytest.param(b'"of":[0,0]', b'"of":[0]', id="columns of different length"),
        pytest.param(b'"values":[1.0', b'"values":[null', id="no value"),
        pytest.param(b'"at":[', b'"at":[999', id="after the year 9999"),
    ],
)
def test_a_wrong_block_is_refused(change: bytes, to: bytes) -> None:
    message = encode_batch([_sample(0, 1.0, "a", ""), _sample(1, 1.0, "a", "")])
    assert change in message
    with pytest.raises(msgspec.DecodeError):
        decode_batch(message.replace(change, to))
