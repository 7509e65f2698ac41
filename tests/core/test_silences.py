"""When a silence is on: once and recurring, in the province's time zone, against a calendar walked day by day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from ioc_core.errors import InputError
from ioc_core.label_matchers import LabelMatcher
from ioc_core.silences import Silence, Wanted, active_at, checked, over_at

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)  # a Wednesday, 10:00 in the province
H, D = timedelta(hours=1), timedelta(days=1)


def local(text: str, zone: ZoneInfo = ZONE) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def wanted(starts_at: datetime = NOW, length: timedelta = 2 * H, **said: Any) -> Wanted:
    matchers = (LabelMatcher("system", "igate"),)
    given_ = {"matchers": matchers, "starts_at": starts_at, "ends_at": starts_at + length, "comment": "vá lỗi", **said}
    return Wanted(**given_)


def kept(of: Wanted, **said: Any) -> Silence:
    fields = {name: getattr(of, name) for name in Wanted.__struct_fields__}
    return Silence(**fields, id=uuid4(), created_by="lan", created_at=NOW, updated_at=NOW, **said)


WEEKLY = wanted(local("2026-11-25 22:00"), 8 * H, recurrence="FREQ=WEEKLY;BYDAY=SA,SU")
ENDS = wanted(local("2026-11-25 22:00"), 8 * H, recurrence="FREQ=DAILY", until=local("2026-11-27 22:00"))

CASES = [
    ("before it starts it is off, until it starts", wanted(), NOW - H, False, NOW),
    ("it has its beginning", wanted(), NOW, True, NOW + 2 * H),
    ("and hasn't its end", wanted(), NOW + 2 * H, False, None),
    ("one that was ended by hand is off for good", kept(wanted(), expired_at=NOW + H), NOW + H, False, None),
    ("before that it was on, until then", kept(wanted(), expired_at=NOW + H), NOW, True, NOW + H),
    ("one that was ended before its start never begins", kept(wanted(), expired_at=NOW - H), NOW - H, False, None),
    ("a recurring one begins when its rule first says so", WEEKLY, NOW, False, local("2026-11-28 22:00")),
    ("it is on past midnight", WEEKLY, local("2026-11-29 03:00"), True, local("2026-11-29 06:00")),
    ("between two occurrences it is off until the next", WEEKLY, local("2026-11-29 06:00"), False,
     local("2026-11-29 22:00")),
    ("the last occurrence is the one that begins at until", ENDS, local("2026-11-28 01:00"), True,
     local("2026-11-28 06:00")),
    ("then it is over", ENDS, local("2026-11-28 06:00"), False, None),
    ("occurrences that touch are one", wanted(NOW, D, recurrence="FREQ=DAILY;COUNT=3"), NOW + H, True, NOW + 3 * D),
    ("so are those that overlap", wanted(NOW, 30 * H, recurrence="FREQ=DAILY;COUNT=3"), NOW + 25 * H, True,
     NOW + 2 * D + 30 * H),
    ("the last Friday of each month", wanted(local("2026-11-01 20:00"), H,
     recurrence="FREQ=MONTHLY;BYDAY=-1FR"), local("2026-11-27 20:30"), True, local("2026-11-27 21:00")),
    ("a leap day", wanted(local("2027-01-01 20:00"), H, recurrence="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), NOW, False,
     local("2028-02-29 20:00")),
    ("several times a day", wanted(local("2026-11-25 00:00"), H, recurrence="FREQ=DAILY;BYHOUR=6,18"), NOW, False,
     local("2026-11-25 18:00")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("silence", "at", "active", "until"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_a_silence_is_on(silence: Wanted, at: datetime, active: bool, until: datetime | None) -> None:
    assert active_at(silence, at, ZONE) == (active, until)


def test_ten_in_the_evening_stays_ten_in_the_evening_when_the_clocks_change() -> None:
    nightly = wanted(local("2026-03-27 22:00", BERLIN), 8 * H, recurrence="FREQ=DAILY")
    assert active_at(nightly, local("2026-03-29 21:59", BERLIN), BERLIN) == (False, local("2026-03-29 22:00", BERLIN))
    # Put forward at 02:00 in that night: eight hours from 22:00 end at 07:00.
    night = active_at(nightly, local("2026-03-28 23:00", BERLIN), BERLIN)
    assert night == (True, datetime(2026, 3, 29, 5, tzinfo=UTC))


FREQUENCIES = st.sampled_from(["DAILY", "WEEKLY"])
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@given(
    first=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    hour=st.integers(0, 23),
    minutes=st.integers(1, 60 * 50),
    days=st.sets(st.sampled_from(range(7)), min_size=1),
    every_day=st.booleans(),
    last=st.none() | st.integers(8, 40),
    asked=st.lists(st.integers(-600, 60 * 24 * 60), min_size=1, max_size=20),
)
def test_it_is_on_when_a_calendar_walked_day_by_day_says_so(
    first: date, hour: int, minutes: int, days: set[int], every_day: bool, last: int | None, asked: list[int]
) -> None:
    starts_at = datetime.combine(first, time(hour), ZONE)
    length = timedelta(minutes=minutes)
    rule = "FREQ=DAILY" if every_day else f"FREQ=WEEKLY;BYDAY={','.join(DAYS[day] for day in sorted(days))}"
    until = None if last is None else starts_at + last * D
    silence = wanted(starts_at, length, recurrence=rule, until=until)
    walked = [
        starts_at + step * D
        for step in range(75)
        if (every_day or (first + step * D).weekday() in days) and (last is None or step <= last)
    ]
    for minute in asked:
        at = starts_at + timedelta(minutes=minute)
        active, changes_at = active_at(silence, at, ZONE)
        assert active is any(begin <= at < begin + length for begin in walked)
        if changes_at is None:
            assert last is not None and at >= walked[-1] + length
        elif changes_at < starts_at + 60 * D:
            before, then = (
                any(begin <= when < begin + length for begin in walked)
                for when in (changes_at - timedelta(microseconds=1), changes_at)
            )
            assert (before, then) == (active, not active)
            between = [begin for begin in walked if at < begin < changes_at]
            ends = [begin + length for begin in walked if at < begin + length < changes_at]
            assert active or not between
            assert active or not ends


WRONG: list[tuple[str, Wanted, str, str]] = [
    ("it says why", wanted(comment="  "), "comment", "says why"),
    ("not at length", wanted(comment="x" * 2001), "comment", "longer than 2000"),
    ("it ends after it starts", wanted(length=timedelta()), "order", "after starts_at"),
    ("it isn't over already", wanted(NOW - 3 * H), "past", "in the future"),
    ("it doesn't last for years", wanted(length=400 * D), "far", "366 days"),
    ("nor start in years", wanted(NOW + 400 * D), "far", "366 days"),
    ("its kind is known", wanted(kind="storm"), "kind", "silence or maintenance"),
    ("until is of a recurrence", wanted(until=NOW + D), "until", "with a recurrence"),
    ("until is after the start", wanted(recurrence="FREQ=DAILY", until=NOW), "until", "after starts_at"),
    ("a rule is parts", wanted(recurrence="every day"), "recurrence", "is not a part like"),
    ("an empty rule is none", wanted(recurrence=""), "recurrence", "is not a part like"),
    ("a rule has a frequency", wanted(recurrence="BYDAY=SA"), "recurrence", "FREQ must be"),
    ("not every hour", wanted(recurrence="FREQ=HOURLY"), "recurrence", "FREQ must be"),
    ("no UNTIL in the rule", wanted(recurrence="FREQ=DAILY;UNTIL=20270101"), "recurrence", "say until beside"),
    ("no unknown parts", wanted(recurrence="FREQ=DAILY;BYSECOND=1"), "recurrence", "BYSECOND is not taken"),
    ("no part twice", wanted(recurrence="FREQ=DAILY;FREQ=WEEKLY"), "recurrence", "appears twice"),
    ("no interval of nothing", wanted(recurrence="FREQ=DAILY;INTERVAL=0"), "recurrence", "INTERVAL must be"),
    ("days there are", wanted(recurrence="FREQ=WEEKLY;BYDAY=XX"), "recurrence", "is not a rule of RFC 5545"),
    ("it comes true at least once", wanted(recurrence="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "recurrence",
     "no occurrence"),
    ("not too often", wanted(recurrence="FREQ=DAILY;BYHOUR=0,4,8,12,16,20"), "recurrence", "more than 12000"),
    ("not over by its count", wanted(NOW - 9 * D, recurrence="FREQ=DAILY;COUNT=2"), "past", "in the future"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "reason", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_cannot_be_kept_is_refused(wrong: Wanted, reason: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        checked(wrong, now=NOW, zone=ZONE)
    assert refused.value.reason == reason


def test_a_rule_is_kept_in_one_form() -> None:
    said = wanted(NOW + timedelta(microseconds=7), recurrence=" rrule:freq=weekly;byday=sa; ", comment=" vá lỗi ")
    good = checked(said, now=NOW, zone=ZONE)
    assert (good.recurrence, good.comment) == ("FREQ=WEEKLY;BYDAY=SA", "vá lỗi")
    assert (good.starts_at, good.ends_at - good.starts_at) == (NOW, 2 * H + timedelta(seconds=1))


def test_a_recurrence_without_an_end_ends_after_ten_years() -> None:
    assert over_at(wanted(recurrence="FREQ=DAILY"), ZONE) == NOW + 3660 * D + 2 * H


@pytest.mark.parametrize(
    ("scope", "units", "unit", "covered"),
    [
        (None, None, "", True),
        ("A", {"A", "A1"}, "A1", True),
        ("A", {"A", "A1"}, "B", False),
        ("A", {"A", "A1"}, "", False),
        ("A", None, "A", False),
    ],
    ids=["without a scope of every unit", "of a unit below", "not of another", "not of none", "a scope not read"],
)
def test_a_scope_limits_what_is_meant(scope: str | None, units: set[str] | None, unit: str, covered: bool) -> None:
    silence = kept(replace(wanted(), scope=scope), units=None if units is None else frozenset(units))
    assert silence.covers({"system": "igate"}, unit) is covered
    assert not silence.covers({"system": "idesk"}, unit)
    assert asdict(silence)["scope"] == scope
