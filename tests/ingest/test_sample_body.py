"""The short way for bodies of samples says what the long way says, or leaves the body to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoders.event_body import MAX_ITEMS, Form, decode_body
from ingest.decoders.sample_body import SampleDecoder
from ingest.decoders.wire_events import Reader
from ingest.rejections import Edge
from ioc_core.catalogue import Catalogue
from ioc_core.errors import InputError
from ioc_core.events import MAX_BATCH_BYTES, Event, RawBlock, Rejected, Sample, decode_batch, encode_batches

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SAMPLE = {
    "type": "sample",
    "observed_at": "2026-11-20T07:59:00Z",
    "metric": "documents_sent_total",
    "value": 12.0,
    "labels": {"unit": "24133", "system": "idesk"},
}


@pytest.fixture(scope="session")
def reader(shipped: Catalogue) -> Callable[..., Reader]:
    """Makes what bodies are held against."""

    def make(**changes: Any) -> Reader:
        fields: dict[str, Any] = {
            "edge": Edge("documents", "events", NOW),
            "catalogue": shipped,
            "accepts": frozenset({"sample", "dossier"}),
            "oldest": dict.fromkeys(("sample", "dossier", "probe", "security"), NOW - timedelta(days=90)),
            "newest": NOW + timedelta(minutes=10),
            "zone": ZoneInfo("Asia/Ho_Chi_Minh"),
        }
        return Reader(**(fields | changes))

    return make


def short(body: bytes, reader: Reader, form: Form = "sniffed") -> list[RawBlock] | None:
    """Return the blocks, or None when the body has to go the long way."""
    slices = SampleDecoder().decode(body, form, reader)
    if slices is None:
        return None
    try:
        return [block for part in slices for block in part]
    except InputError:
        return None


def events(blocks: list[RawBlock]) -> list[Event]:
    return [event for message in encode_batches(blocks) for event in decode_batch(message)]


ODD: list[dict[str, object]] = [
    {"observed_at": "2026-11-20T15:20:00+07:00"},
    {"observed_at": "2026-01-01T00:00:00Z"},
    {"observed_at": "2026-11-20T07:59:00"},
    {"observed_at": "yesterday"},
    {"observed_at": "0001-01-01T00:00:00+14:00"},
    {"value": "12"},
    {"value": None},
    {"metric": "số hồ sơ"},
    {"metric": "a" * 201},
    {"extra": 1},
    {"type": "dossier"},
    {"labels": {"unit": 5}},
    {"labels": {"1": "x"}},
    {"labels": {"unit": "x" * 301}},
    {"labels": ["unit"]},
    {"labels": None},
    {"labels": {"unit": "a\0b"}},
]
GOOD: list[dict[str, object]] = [
    {},
    {"observed_at": "2026-11-20T14:59:00.000250+07:00"},
    {"metric": "up"},
    {"labels": {}},
    {"labels": {"unit": "Tây Nguyên ②"}},
    {"labels": {"system": "idesk", "unit": "24133"}},
    {"value": -1e300},
]


@given(st.lists(st.sampled_from(GOOD), max_size=12), st.none() | st.sampled_from(ODD), st.booleans())
def test_it_says_what_the_long_way_says(
    reader: Callable[..., Reader], chosen: list[dict[str, object]], odd: dict[str, object] | None, lines: bool
) -> None:
    items = [SAMPLE | change for change in (*chosen, *([odd] if odd else []))]
    body = b"\n".join(map(msgspec.json.encode, items)) if lines else msgspec.json.encode(items)
    blocks = short(body, reader())
    if not items:
        assert blocks is None
        return
    long = list(decode_body(body, "sniffed", reader()))
    if any(isinstance(event, Rejected) for event in long):
        assert blocks is None
    else:
        assert blocks is not None
        assert events(blocks) == long


def test_labels_may_be_left_out(reader: Callable[..., Reader]) -> None:
    bare = {key: value for key, value in SAMPLE.items() if key != "labels"}
    blocks = short(msgspec.json.encode([bare]), reader())
    assert blocks is not None
    (sample,) = events(blocks)
    assert isinstance(sample, Sample)
    assert sample.labels == {}


def test_a_source_that_may_not_send_samples_goes_the_long_way(reader: Callable[..., Reader]) -> None:
    assert short(msgspec.json.encode([SAMPLE]), reader(accepts=frozenset({"dossier"}))) is None


@pytest.mark.parametrize(
    ("scope", "unit", "taken"),
    [
        pytest.param({"24133"}, "24133", True, id="its own unit"),
        pytest.param({"24133"}, "22045", False, id="another's unit"),
        pytest.param({"24133"}, "nobody", True, id="a unit that nobody knows"),
        pytest.param(None, "22045", True, id="no scope"),
    ],
)
def test_a_source_speaks_of_its_units(
    reader: Callable[..., Reader], scope: set[str] | None, unit: str, taken: bool
) -> None:
    body = msgspec.json.encode([SAMPLE | {"labels": {"unit": unit}}])
    narrow = reader(scope=None if scope is None else frozenset(scope))
    assert (short(body, narrow) is not None) is taken
    assert isinstance(next(decode_body(body, "sniffed", narrow)), Sample) is taken


def test_every_message_fits_the_bus(reader: Callable[..., Reader]) -> None:
    items = [SAMPLE | {"metric": f"m{number}", "labels": {"unit": "x" * 250}} for number in range(6000)]
    blocks = short(msgspec.json.encode(items), reader())
    assert blocks is not None
    messages = encode_batches(blocks)
    assert max(map(len, messages)) <= MAX_BATCH_BYTES
    assert [event.metric for event in events(blocks) if isinstance(event, Sample)] == [
        item["metric"] for item in items
    ]


def test_too_many_items_go_the_long_way(reader: Callable[..., Reader]) -> None:
    body = b"[" + b",".join([b'{"type":"sample"}'] * (2 * MAX_ITEMS + 1)) + b"]"
    assert short(body, reader()) is None
