"""Bodies of POST /v1/events, decoded: what clients may write, what is refused, and anything at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders.event_body import MAX_ITEMS, Form, decode_body, kept_of_body
from ingest.decoders.wire_events import Reader
from ingest.rejections import Edge
from ioc_core.catalogue import Alias, AliasKind, Catalogue
from ioc_core.errors import InputError
from ioc_core.events import (
    DossierEvent,
    Event,
    ProbeResult,
    Rejected,
    Sample,
    SecurityEvent,
    decode_batch,
    encode_batch,
    encode_batches,
)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
AT = "2026-11-20T14:59:00+07:00"
SAMPLE = {
    "type": "sample",
    "observed_at": AT,
    "metric": "documents_sent_total",
    "value": 12,
    "labels": {"unit": "SYT"},
}
DOSSIER = {"type": "dossier", "observed_at": AT, "code": "A-1", "record": True, "status": 4}
PROBE = {"type": "probe", "observed_at": AT, "target": "x", "kind": "http", "success": True, "duration_seconds": 0.1}
SECURITY = {"type": "security", "observed_at": AT, "event_category": "malware", "event_severity": 90, "message": "m"}

Read = Callable[..., list[Event]]


@pytest.fixture(scope="session")
def read(shipped: Catalogue) -> Read:
    """Decodes items (or bytes) as a source that may do all, unless told otherwise."""

    def decode(body: object, form: Form = "sniffed", **changes: Any) -> list[Event]:
        fields: dict[str, Any] = {
            "edge": Edge("documents", "events", NOW),
            "catalogue": shipped,
            "accepts": frozenset({"sample", "dossier", "probe", "security"}),
            "oldest": dict.fromkeys(("sample", "dossier", "probe", "security"), NOW - timedelta(days=90)),
            "newest": NOW + timedelta(minutes=10),
            "zone": ZoneInfo("Asia/Ho_Chi_Minh"),
        }
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return list(decode_body(data, form, Reader(**(fields | changes))))

    return decode


def test_each_kind_arrives(read: Read) -> None:
    sample, dossier, probe, security = read([SAMPLE, DOSSIER, PROBE, SECURITY])
    at = datetime(2026, 11, 20, 7, 59, tzinfo=UTC)
    assert sample == Sample("documents", at, NOW, "documents_sent_total", 12.0, {"unit": "SYT"})
    assert isinstance(dossier, DossierEvent)
    assert isinstance(probe, ProbeResult)
    assert isinstance(security, SecurityEvent)
    assert len(security.event_id) == 32


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2026-11-20T07:59:00Z", id="RFC 3339, UTC"),
        pytest.param("2026-11-20T14:59:00.000+07:00", id="RFC 3339, local"),
        pytest.param(1795161540, id="seconds"),
        pytest.param(1795161540.0, id="seconds with a fraction"),
        pytest.param(1795161540000, id="milliseconds"),
    ],
)
def test_ways_to_write_a_time(read: Read, value: object) -> None:
    (event,) = read([SAMPLE | {"observed_at": value}])
    assert event.observed_at == datetime(2026, 11, 20, 7, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        pytest.param(SAMPLE | {"observed_at": "2026-11-20T15:20:00+07:00"}, "time_in_future", id="20 minutes ahead"),
        pytest.param(SAMPLE | {"observed_at": "2026-01-01T00:00:00Z"}, "too_old", id="older than what is kept"),
        pytest.param(SAMPLE | {"observed_at": "2026-11-20T15:00:00"}, "invalid", id="no zone"),
        pytest.param(SAMPLE | {"observed_at": 1e300}, "bad_time", id="a number that is no time"),
        pytest.param({key: SAMPLE[key] for key in ("type", "metric", "value")}, "invalid", id="no time"),
        pytest.param(SAMPLE | {"value": "12"}, "invalid", id="text for the value"),
        pytest.param(SAMPLE | {"metric": "số hồ sơ"}, "invalid", id="a name that is none"),
        pytest.param(SAMPLE | {"extra": 1}, "invalid", id="an unknown field"),
        pytest.param(SAMPLE | {"source": "another"}, "invalid", id="a source of its own choice"),
        pytest.param(SAMPLE | {"type": "samples"}, "unknown_type", id="an unknown type"),
        pytest.param({"metric": "x"}, "unknown_type", id="no type"),
        pytest.param(SAMPLE | {"labels": {"unit": "a\0b"}}, "bad_text", id="a NUL character"),
        pytest.param(SECURITY | {"event_severity": 101}, "invalid", id="a severity above 100"),
        pytest.param(DOSSIER | {"status": 11}, "invalid", id="an unknown status"),
        pytest.param(DOSSIER | {"due_at": "2026-11-20T15:00:00"}, "invalid", id="an inner time without zone"),
        pytest.param(DOSSIER | {"due_at": "9999-12-31T15:00:00Z"}, "bad_time", id="an inner time far off"),
        pytest.param(DOSSIER | {"supplements": [{}] * 101}, "invalid", id="more supplements than a dossier has"),
        pytest.param(5, "invalid", id="a number"),
        pytest.param(None, "invalid", id="null"),
    ],
)
def test_refused_items(read: Read, item: object, reason: str) -> None:
    good, bad, also_good = read([SAMPLE, item, SAMPLE])
    assert isinstance(good, Sample)
    assert isinstance(also_good, Sample)
    assert isinstance(bad, Rejected)
    assert (bad.reason, bad.port) == (reason, "events")
    assert bad.detail


def test_kind_stands_for_type(read: Read) -> None:
    (event,) = read([{("kind" if key == "type" else key): value for key, value in SAMPLE.items()}])
    assert isinstance(event, Sample)


def test_a_source_sends_only_its_kinds_and_speaks_only_of_its_units(read: Read) -> None:
    limits = {"accepts": frozenset({"sample"}), "scope": frozenset({"SYT"})}
    outside = SAMPLE | {"labels": {"unit": "STC"}}
    unknown = SAMPLE | {"labels": {"unit": "nowhere"}}
    results = read([SAMPLE, outside, unknown, DOSSIER], **limits)
    reasons = [event.reason if isinstance(event, Rejected) else None for event in results]
    assert reasons == [None, "out_of_scope", None, "kind_not_accepted"]


def test_units_of_dossiers_are_mapped_or_kept_as_text(read: Read) -> None:
    (event,) = read([DOSSIER | {"receiving_unit": "000.00.11.H15", "resolving_unit": "Phòng lạ"}])
    assert isinstance(event, DossierEvent)
    assert (event.receiving_unit, event.receiving_text) == ("SYT", "000.00.11.H15")
    assert (event.resolving_unit, event.resolving_text) == (None, "Phòng lạ")


@pytest.mark.parametrize(
    ("filed", "unit"),
    [
        pytest.param("2025-06-15T08:00:00+07:00", "649", id="at a district, told of long afterwards"),
        pytest.param("2025-06-30T23:59:59+07:00", "649", id="the last second of districts, by the province's clock"),
        pytest.param("2025-06-30T17:00:00Z", "24310", id="the first of communes, by the province's clock"),
        pytest.param(None, "24310", id="without a filing time: when it is spoken of"),
    ],
)
def test_units_of_dossiers_are_those_of_the_day_of_filing(read: Read, filed: str | None, unit: str) -> None:
    (event,) = read([DOSSIER | {"filed_at": filed, "resolving_text": "Krông Búk"}])
    assert isinstance(event, DossierEvent)
    assert (event.resolving_unit, event.resolving_text) == (unit, "Krông Búk")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param({"procedure_code": "1.001193.000.00.00.H15"}, "1.001193", id="as the province writes it"),
        pytest.param({"procedure_code": "KS-01"}, "1.000894", id="by an alias"),
        pytest.param({"procedure_name": "Kết hôn"}, "1.000894", id="by an alias for its name"),
        pytest.param({"procedure_code": "KS-02", "procedure_name": "Kết hôn"}, "KS-02", id="an unknown code is kept"),
        pytest.param({}, None, id="none"),
    ],
)
def test_procedures_of_dossiers_are_mapped_or_kept(
    read: Read, shipped: Catalogue, said: dict[str, str], code: str | None
) -> None:
    aliases = tuple(Alias(AliasKind.PROCEDURE, text, "1.000894") for text in ("KS-01", "Kết hôn"))
    known = Catalogue(shipped.units, shipped.procedures, shipped.systems, shipped.metrics, aliases)
    (event,) = read([DOSSIER | said], catalogue=known)
    assert isinstance(event, DossierEvent)
    assert event.procedure_code == code


def test_one_security_record_twice_has_one_id(read: Read) -> None:
    first, second, other = read([SECURITY, SECURITY, SECURITY | {"message": "n"}])
    assert isinstance(first, SecurityEvent)
    assert isinstance(second, SecurityEvent)
    assert isinstance(other, SecurityEvent)
    assert first.event_id == second.event_id != other.event_id


@pytest.mark.parametrize(
    ("body", "form"),
    [
        pytest.param(b"%s\n%s\n", "lines", id="lines"),
        pytest.param(b"%s\r\n\r\n%s", "sniffed", id="lines with CRLF and a blank one"),
        pytest.param(b" [%s, %s] ", "sniffed", id="an array"),
    ],
)
def test_forms(read: Read, body: bytes, form: Form) -> None:
    one = msgspec.json.encode(SAMPLE)
    assert [type(event) for event in read(body % (one, one), form)] == [Sample, Sample]


def test_a_single_object_over_several_lines(read: Read) -> None:
    (event,) = read(msgspec.json.format(msgspec.json.encode(SAMPLE), indent=2))
    assert isinstance(event, Sample)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"[1, 2", "not_json", id="cut off"),
        pytest.param(b"hello", "not_json", id="no JSON"),
        pytest.param(b"[" * 100_000, "too_deep", id="deep nesting"),
        pytest.param(b"[" + b"1," * MAX_ITEMS + b"1]", "too_many_items", id="one item too many"),
        pytest.param(b"[" + b"1," * (31 * MAX_ITEMS) + b"1]", "too_many_items", id="many more"),
        pytest.param(b"\xff\xfe[", "not_json", id="not UTF-8"),
    ],
)
def test_a_body_that_is_none(read: Read, body: bytes, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        read(body)
    assert caught.value.reason == reason


def test_a_cut_off_line_is_refused_alone(read: Read) -> None:
    line = msgspec.json.encode(SAMPLE)
    events = read(line + b"\n" + line[:-5])
    assert [type(event) for event in events] == [Sample, Rejected]


def test_what_is_kept_of_a_refused_dossier_has_no_personal_data(read: Read) -> None:
    (bad,) = read([DOSSIER | {"ChuHoSo": "Nguyễn Thị Hồng Ánh"}])
    assert isinstance(bad, Rejected)
    assert "Hồng" not in bad.raw.decode()
    assert b'"code":"A-1"' in bad.raw
    assert "Hồng" not in kept_of_body('[{"type":"dossier","ChuHoSo":"Hồng Ánh'.encode()).decode()


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
items = st.builds(
    lambda base, changes: base | changes,
    st.sampled_from([SAMPLE, DOSSIER, PROBE, SECURITY]),
    st.dictionaries(
        st.sampled_from(["type", "kind", "observed_at", "labels", "code", "unit", "filed_at", "x"]),
        anything,
        max_size=2,
    ),
)


@settings(max_examples=300, deadline=None)
@given(sent=st.lists(items | anything, max_size=6), lines=st.booleans())
def test_nothing_raises_and_nothing_is_lost(read: Read, sent: list[object], lines: bool) -> None:
    encoded = [msgspec.json.encode(item) for item in sent]
    body = b"\n".join(encoded) if lines else b"[" + b",".join(encoded) + b"]"
    try:
        events = read(body, "lines" if lines else "array")
    except InputError:
        assert lines and not any(item.startswith(b"{") for item in encoded)
        return
    assert len(events) == len(sent)
    assert len(decode_batch(encode_batch(events))) == len(events)


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes_are_items_or_an_input_error(read: Read, body: bytes) -> None:
    try:
        events = read(body)
    except InputError:
        events = []
    assert all(isinstance(event, (Sample, DossierEvent, ProbeResult, SecurityEvent, Rejected)) for event in events)


def test_ten_thousand_samples_take_less_than_a_fifth_of_a_second(read: Read) -> None:
    body = msgspec.json.encode([SAMPLE | {"value": number} for number in range(10_000)])
    best = 1.0
    for _ in range(3):
        began = process_time()
        encode_batches(read(body))
        best = min(best, process_time() - began)
    assert best < 0.2
