"""What is read at a glance is what a second look would read: fields of the national protocol, and their instants."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders import national_fields
from ingest.decoders.national_fields import Fields

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("Asia/Ho_Chi_Minh", "Australia/Lord_Howe", "Europe/Berlin")]

digits = st.text("0123456789", min_size=14, max_size=14)
moments = st.integers(0, 7_600_000_000).map(lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y%m%d%H%M%S"))
values = (
    st.none()
    | st.booleans()
    | st.integers(-20, 20)
    | st.sampled_from(
        [20201002170000, 3.0, 3.5, "", " ", "0", "10", " 7 ", "-1", "٣", "00000000000000", "1" * 19, "a\0"]
    )
    | st.text(max_size=20)
    | digits
    | moments
    | moments.map(lambda text: f" {text}")
    | st.lists(st.integers(), max_size=1)
)


def fields(value: object, zone: ZoneInfo = ZONES[0]) -> Fields:
    return Fields({"x": value}, zone, NOW)


@settings(max_examples=500, deadline=None)
@given(value=values, required=st.booleans(), past=st.booleans(), zone=st.sampled_from(ZONES))
def test_a_glance_reads_what_a_second_look_reads(value: object, required: bool, past: bool, zone: ZoneInfo) -> None:
    glance, second = fields(value, zone), fields(value, zone)
    assert glance.text("x", limit=15, required=required) == second._unusual_text(
        "x", value, limit=15, required=required
    )
    assert glance.number("x", required=required) == second._unusual_number("x", value, required=required)
    assert glance.time("x", required=required, past=past) == second._unusual_time(
        "x", value, required=required, past=past
    )
    assert glance.problems == second.problems


@settings(max_examples=500, deadline=None)
@given(text=moments | digits | st.text(max_size=16), zone=st.sampled_from(ZONES))
def test_an_hour_and_what_passed_of_it_are_the_instant(text: str, zone: ZoneInfo) -> None:
    assert national_fields._instant(text, zone) == national_fields._any_instant(text, zone)


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        pytest.param("20200930170000", ZONES[0], "2020-09-30T10:00:00+00:00", id="province"),
        pytest.param("20261004021500", ZONES[1], "2026-10-03T15:45:00+00:00", id="in a gap of half an hour"),
        pytest.param("20261004023500", ZONES[1], "2026-10-03T15:35:00+00:00", id="after that gap, in its hour"),
        pytest.param("20200230000000", ZONES[0], None, id="no such day"),
        pytest.param("20200930240000", ZONES[0], None, id="no such hour"),
        pytest.param("20200930176000", ZONES[0], None, id="no such minute"),
    ],
)
def test_instants(text: str, zone: ZoneInfo, instant: str | None) -> None:
    expected = None if instant is None else datetime.fromisoformat(instant)
    assert national_fields._instant(text, zone) == expected


def test_the_day_is_the_local_one() -> None:
    for value in ("20200930003000", " 20200930003000 ", 20200930003000):
        read = fields(value)
        assert read.time("x") == datetime(2020, 9, 29, 17, 30, tzinfo=UTC)
        assert read.day("x").isoformat() == "2020-09-30"
