"""Who is on call: examples a person can check, and any rotation against a naive look at the clock every minute."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc_core import calendar_file
from ioc_core.calendar import WorkingCalendar
from ioc_core.oncall import Override, Rotation, gaps, on_call, shifts
from ioc_core.oncall.hand_over import instant
from ioc_core.oncall.model import Kind
from tests.conftest import CONFIG
from tests.oncall.oracle import by_the_minute

HCM = ZoneInfo("Asia/Ho_Chi_Minh")
BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = WorkingCalendar(replace(calendar_file.load(CONFIG).rules, first_year=2010))
LEAST = timedelta(minutes=1)


def rotation(kind: Kind = "daily", *clocks: time, zone: ZoneInfo = HCM, **more: object) -> Rotation:
    """A rotation of a, b and c from Monday 2 November 2026 on, handed over at 07:30."""
    values: dict[str, object] = {
        "name": "duty", "title": "Trực", "kind": kind, "members": ("a", "b", "c"), "start": date(2026, 11, 2),
        "last": None, "hand_overs": clocks or (time(7, 30),), "timezone": zone,
    }  # fmt: skip
    return Rotation(**(values | more))  # type: ignore[arg-type]


def local(text: str, zone: ZoneInfo = HCM) -> datetime:
    """An instant, written as clocks in the province show it."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


WEEKEND = rotation(name="weekend", members=("x", "y"))
HOLIDAY = rotation(name="holiday", members=("z",))
EXAMPLES = [
    ("before its start nobody is on call", rotation(), "2026-11-02T07:29:59", None),
    ("the first member begins at the hour", rotation(), "2026-11-02T07:30", "a"),
    ("in the night it is still his turn", rotation(), "2026-11-03T07:29:59", "a"),
    ("then the next one's", rotation(), "2026-11-03T07:30", "b"),
    ("and again after the last", rotation(), "2026-11-05T12:00", "a"),
    ("a week is a week", rotation("weekly"), "2026-11-09T07:29", "a"),
    ("the second week", rotation("weekly"), "2026-11-09T07:30", "b"),
    ("three shifts a day", rotation("shifts", time(6), time(14), time(22)), "2026-11-02T22:00", "c"),
    ("the night shift goes on after midnight", rotation("shifts", time(6), time(14), time(22)),
     "2026-11-03T05:59", "c"),
    ("with two members shifts change hands", rotation("shifts", time(6), time(14), time(22), members=("a", "b")),
     "2026-11-03T06:00", "b"),
    ("after its last day nobody is", rotation(last=date(2026, 11, 4)), "2026-11-05T07:30", None),
    ("its last night is served", rotation(last=date(2026, 11, 4)), "2026-11-05T07:29", "c"),
    ("on a Saturday another rotation is", rotation(days_off=WEEKEND, calendar=CALENDAR), "2026-11-07T12:00", "y"),
    ("until Monday's hand-over", rotation(days_off=WEEKEND, calendar=CALENDAR), "2026-11-09T07:29", "x"),
    ("Friday's turn ends on Saturday", rotation(days_off=WEEKEND, calendar=CALENDAR), "2026-11-07T07:29", "b"),
    ("a public holiday has its own", rotation(days_off=WEEKEND, holidays=HOLIDAY, calendar=CALENDAR),
     "2027-01-01T12:00", "z"),
    ("a made-up Saturday is worked", rotation(days_off=WEEKEND, calendar=CALENDAR, start=date(2026, 8, 20)),
     "2026-08-22T12:00", "c"),
    ("beyond the calendar weekdays decide", rotation(days_off=WEEKEND, calendar=CALENDAR), "2040-11-03T12:00", "y"),
]  # fmt: skip


@pytest.mark.parametrize(("rota", "at", "person"), [case[1:] for case in EXAMPLES], ids=[case[0] for case in EXAMPLES])
def test_who_is_on_call(rota: Rotation, at: str, person: str | None) -> None:
    assert on_call(rota, local(at)) == person


def test_the_newest_override_wins_and_may_leave_a_hole() -> None:
    night = (local("2026-11-02T20:00"), local("2026-11-03T06:00"))
    away = Override(1, "duty", None, *night)
    instead = Override(2, "duty", "c", local("2026-11-02T22:00"), local("2026-11-03T02:00"))
    elsewhere = Override(3, "weekend", "y", *night)
    found = shifts(rotation(), local("2026-11-02T00:00"), local("2026-11-03T12:00"), [away, instead, elsewhere])
    assert [(shift.starts_at.astimezone(HCM).strftime("%d %H:%M"), shift.person) for shift in found] == [
        ("02 00:00", None), ("02 07:30", "a"), ("02 20:00", None), ("02 22:00", "c"), ("03 02:00", None),
        ("03 06:00", "a"), ("03 07:30", "b"),
    ]  # fmt: skip
    holes = gaps(rotation(), local("2026-11-02T12:00"), local("2026-11-03T12:00"), [away, instead])
    assert [hole.ends_at - hole.starts_at for hole in holes] == [timedelta(hours=2), timedelta(hours=4)]


def test_an_override_of_the_weekend_rotation_counts_where_that_one_serves() -> None:
    rota = rotation(days_off=WEEKEND, calendar=CALENDAR)
    swap = Override(1, "weekend", "x", local("2026-11-02T00:00"), local("2026-11-08T00:00"))
    assert on_call(rota, local("2026-11-06T12:00"), [swap]) == "b"
    assert on_call(rota, local("2026-11-07T12:00"), [swap]) == "x"


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # never shown: 02:00 → 03:00
        (date(2026, 3, 29), time(3, 0), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # shown twice: the first time
        (date(2026, 7, 1), time(8, 0), datetime(2026, 7, 1, 6, 0, tzinfo=UTC)),
    ],
)
def test_hours_of_a_zone_with_summer_time(day: date, clock: time, expected: datetime) -> None:
    assert instant(day, clock, BERLIN) == expected


ZONES = {  # each with a day about which its clocks are changed
    "Asia/Ho_Chi_Minh": date(2026, 11, 27),
    "Europe/Berlin": date(2026, 3, 29),
    "America/New_York": date(2026, 11, 1),
    "Australia/Lord_Howe": date(2026, 4, 5),  # by half an hour
    "Pacific/Apia": date(2011, 12, 30),  # a day that never was
}


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Rotation, datetime, datetime, list[Override]]:
    """Any rotation, a stretch of about four days about a change of clocks, and overrides in it."""
    name = draw(st.sampled_from(sorted(ZONES)))
    about = ZONES[name]
    minutes = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
    first = datetime.combine(about, time(), UTC) - timedelta(minutes=draw(st.integers(1440, 3000)))
    last = first + timedelta(minutes=draw(st.integers(1440, 5760)))
    one = _drawn_rotation(draw, "weekend", name, about, minutes)
    two = _drawn_rotation(draw, "holiday", name, about, minutes)
    own = _drawn_rotation(draw, "duty", name, about, minutes)
    if draw(st.booleans()):
        more = {"days_off": one, "calendar": CALENDAR} | ({"holidays": two} if draw(st.booleans()) else {})
        own = replace(own, **more)  # type: ignore[arg-type]
    overrides = []
    for number in range(draw(st.integers(0, 4))):
        begin = first + draw(st.integers(-600, 5000)) * LEAST
        end = begin + draw(st.integers(1, 2000)) * LEAST
        who = draw(st.sampled_from(["a", "q", None]))
        overrides.append(Override(number, draw(st.sampled_from(["duty", "weekend"])), who, begin, end))
    return own, first, last, draw(st.permutations(overrides))


def _drawn_rotation(draw: st.DrawFn, name: str, zone: str, about: date, minutes: st.SearchStrategy[time]) -> Rotation:
    kind: Kind = draw(st.sampled_from(["daily", "weekly", "shifts"]))
    least, most = (2, 4) if kind == "shifts" else (1, 1)
    hours = draw(st.sets(minutes, min_size=least, max_size=most))
    start = about + timedelta(days=draw(st.integers(-9, 1)))
    last = start + timedelta(days=draw(st.integers(0, 9))) if draw(st.booleans()) else None
    members = tuple(draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4)))
    return Rotation(name, name, kind, members, start, last, tuple(sorted(hours)), ZoneInfo(zone))


@settings(max_examples=25)
@given(rotas())
def test_any_rotation_is_what_a_look_at_the_clock_every_minute_says(
    drawn: tuple[Rotation, datetime, datetime, list[Override]],
) -> None:
    rota, first, last, overrides = drawn
    said = list(by_the_minute(rota, first, last, overrides))
    found = shifts(rota, first, last, overrides)
    assert found[0].starts_at == first
    assert found[-1].ends_at == last
    assert all(before.ends_at == after.starts_at for before, after in pairwise(found))
    spread = iter(found)
    shift = next(spread)
    for at, person in said:
        while at >= shift.ends_at:
            shift = next(spread)
        assert shift.person == person, at
    for at, person in said[:: max(len(said) // 40, 1)]:
        assert on_call(rota, at, overrides) == person, at
    nobody = sum((hole.ends_at - hole.starts_at for hole in gaps(rota, first, last, overrides)), timedelta())
    assert nobody == LEAST * sum(person is None for _, person in said)
