"""Intake far under a unit's own weeks and its peers', and old dossiers entered in bulk."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest

from ioc_core.db import Pool
from tests.alerts.entries import COMMUNES, DAY, MINUTE, ONLINE, Entries, found_at, local, working_days

FRIDAY = date(2026, 11, 20)
EVENING = local(FRIDAY, "17:30")
LATELY, BEFORE = working_days(FRIDAY, 5), working_days(FRIDAY, 50)[5:]
PEERS = COMMUNES[-7:]


def intake(lately: int, before: int) -> Callable[[Entries, str], None]:
    """So many dossiers a day in the last five working days, and in the nine weeks before them."""

    def enter(entries: Entries, unit: str) -> None:
        entries.days(unit, LATELY, lately)
        entries.days(unit, BEFORE, before)

    return enter


def erratic(entries: Entries, unit: str) -> None:
    entries.days(unit, LATELY, 1)
    for week in range(9):
        entries.days(unit, BEFORE[5 * week : 5 * week + 5], (0, 6, 18, 8, 20, 2, 16, 4, 10)[week])


def no_longer_at_the_counter(entries: Entries, unit: str) -> None:
    entries.days(unit, [*LATELY, *BEFORE], 4, channel=ONLINE)
    entries.days(unit, BEFORE, 3, at="10:00")


SITUATIONS: list[tuple[str, Callable[[Entries, str], None], bool]] = [
    ("a sixth of its usual", intake(1, 6), True),
    ("nothing at all for five days", intake(0, 4), True),
    ("half of its usual", intake(3, 6), False),
    ("one a day, now none: too few to tell", intake(0, 1), False),
    ("its weeks always differed", erratic, False),
    ("online goes on, the counter takes nothing", no_longer_at_the_counter, True),
    ("more than usual", intake(12, 6), False),
]


async def test_low_intake(alert_pool: Pool) -> None:
    entries = Entries()
    units = dict(zip((sentence for sentence, *_ in SITUATIONS), COMMUNES, strict=False))
    for sentence, enter, _ in SITUATIONS:
        enter(entries, units[sentence])
    for unit in PEERS:
        intake(6, 6)(entries, unit)
    await entries.store(alert_pool)
    found = await found_at(alert_pool, "IntakeLow", EVENING)
    assert {sentence: unit in found for sentence, unit in units.items()} == {
        sentence: fires for sentence, _, fires in SITUATIONS
    }
    assert not set(PEERS) & set(found)
    sixth = found[units["a sixth of its usual"]]
    assert (sixth.severity, sixth.value) == (4, 5)
    assert sixth.annotations["summary"].endswith(": chỉ tiếp nhận 5 hồ sơ trong 5 ngày làm việc, bình thường 30")
    assert sixth.annotations["description"].startswith("Từ 16/11/2026 đến 20/11/2026.")
    counter = found[units["online goes on, the counter takes nothing"]]
    assert "chỉ tiếp nhận 0 hồ sơ tại quầy trong 5 ngày làm việc, bình thường 15" in counter.annotations["summary"]


@pytest.mark.parametrize(
    ("last", "peers", "unit", "fires"),
    [
        pytest.param(FRIDAY, 6, 1, True, id="the others work as usual"),
        pytest.param(FRIDAY, 1, 1, False, id="a storm: all fell alike"),
        pytest.param(FRIDAY, 1, 0, False, id="a storm, and so little expected that nothing can be told"),
        pytest.param(FRIDAY, 4, 0, True, id="all have less, this one nothing"),
        pytest.param(date(2026, 2, 27), 2, 2, False, id="the week after Tết"),
        pytest.param(date(2026, 2, 27), 4, 0, True, id="the week after Tết, and this one nothing"),
        pytest.param(date(2026, 11, 26), 6, 6, False, id="five working days around a holiday"),
    ],
)
async def test_low_intake_beside_peers(alert_pool: Pool, last: date, peers: int, unit: int, fires: bool) -> None:
    entries, days = Entries(), working_days(last, 50)
    for number, code in enumerate(COMMUNES[:7]):
        entries.days(code, days[:5], unit if number == 0 else peers)
        entries.days(code, days[5:], 6)
    await entries.store(alert_pool)
    found = await found_at(alert_pool, "IntakeLow", local(last, "17:30"))
    assert set(found) == ({COMMUNES[0]} if fires else set())


async def test_units_of_a_source_that_was_away_are_compared_with_each_other(alert_pool: Pool) -> None:
    well, away = Entries("well"), Entries("away")
    for code in COMMUNES[:7]:
        intake(6, 6)(well, code)
    for code in COMMUNES[7:11]:  # few: they are compared whatever their kind
        intake(1, 6)(away, code)
    await well.store(alert_pool)
    await away.store(alert_pool)
    assert await found_at(alert_pool, "IntakeLow", EVENING) == {}


@pytest.mark.parametrize(("weeks", "fires"), [(3, False), (4, True)])
async def test_a_new_centre_waits_for_three_whole_weeks_to_compare_with(
    alert_pool: Pool, weeks: int, fires: bool
) -> None:
    entries, days = Entries(), working_days(FRIDAY, 5 * weeks + 1)
    for number, code in enumerate(COMMUNES[:7]):
        entries.days(code, days[:5], 1 if number == 0 else 6)
        entries.days(code, days[5:], 6)
    await entries.store(alert_pool)
    assert set(await found_at(alert_pool, "IntakeLow", EVENING)) == ({COMMUNES[0]} if fires else set())


async def test_a_unit_that_has_ended_takes_nothing_in(alert_pool: Pool) -> None:
    entries, days = Entries(), working_days(date(2025, 7, 9), 50)
    for code in ("643", "644"):
        entries.days(code, [day for day in days if day <= date(2025, 6, 30)], 6)
    for code in COMMUNES[:7]:
        entries.days(code, days, 6)
    await entries.store(alert_pool)
    assert await found_at(alert_pool, "IntakeLow", local(date(2025, 7, 9), "17:30")) == {}


# Entered in bulk, long after it was filed

THURSDAY, MONDAY = date(2026, 11, 19), date(2026, 11, 16)
LONG_KNOWN = working_days(MONDAY - DAY, 3)


def told(entries: Entries, unit: str, filed: Sequence[datetime], at: datetime) -> None:
    """Dossiers filed at these instants and told from `at` on, a second apart."""
    for index, instant in enumerate(filed):
        entries.add(unit, instant, first_told_at=at + index * timedelta(seconds=1))


def every_minute(first: datetime, number: int) -> list[datetime]:
    return [first + index * MINUTE for index in range(number)]


MONDAY_MORNING, THURSDAY_AFTERNOON = local(MONDAY, "09:00"), local(THURSDAY, "16:00")
FRIDAY_BEFORE = local(date(2026, 11, 13), "16:30")
BULK: list[tuple[str, Callable[[Entries, str], None], bool]] = [
    ("fifteen of Monday on Thursday", lambda e, u: told(
        e, u, every_minute(MONDAY_MORNING, 15), THURSDAY_AFTERNOON), True),
    ("nine", lambda e, u: told(e, u, every_minute(MONDAY_MORNING, 9), THURSDAY_AFTERNOON), False),
    ("on Thursday what was filed on Wednesday after the same hour: under one working day", lambda e, u: told(
        e, u, every_minute(local(date(2026, 11, 18), "10:00"), 15), local(THURSDAY, "10:00")), False),
    ("on Monday what was filed on Friday evening", lambda e, u: told(
        e, u, every_minute(FRIDAY_BEFORE, 15), local(MONDAY, "14:00")), False),
    ("a week ago", lambda e, u: told(
        e, u, every_minute(local(date(2026, 11, 9), "09:00"), 15), local(date(2026, 11, 12), "16:00")), False),
]  # fmt: skip


async def test_backdated_entry(alert_pool: Pool) -> None:
    entries = Entries()
    units = dict(zip((sentence for sentence, *_ in BULK), COMMUNES, strict=False))
    for sentence, enter, _ in BULK:
        entries.days(units[sentence], LONG_KNOWN, 2)
        enter(entries, units[sentence])
    entries.day(units["fifteen of Monday on Thursday"], THURSDAY, 5)
    few = COMMUNES[20]  # a tenth of what it enters
    entries.days(few, [*LONG_KNOWN, THURSDAY], 110)
    told(entries, few, every_minute(MONDAY_MORNING, 12), THURSDAY_AFTERNOON)
    for unit in COMMUNES[30:60]:
        entries.days(unit, [*LONG_KNOWN, THURSDAY], 2)
    await entries.store(alert_pool)
    found = await found_at(alert_pool, "BackdatedEntry", local(THURSDAY, "17:30"))
    assert {sentence: unit in found for sentence, unit in units.items()} == {
        sentence: fires for sentence, _, fires in BULK
    }
    assert set(found) == {units["fifteen of Monday on Thursday"]}
    (only,) = found.values()
    assert (only.severity, only.value, only.details["percent"]) == (4, 15, 75)
    assert only.details["lag_days"] == pytest.approx(3 + 5 / 8, abs=1 / 200)  # 16:00 is five working hours after 9:00
    assert only.annotations["summary"].endswith(": nhập bù 15 hồ sơ cũ trong ngày 19/11")
    assert "từ 16:00 ngày 19/11 đến 16:00 ngày 19/11, chiếm 75 %" in only.annotations["description"]
    assert set(await found_at(alert_pool, "BackdatedEntry", local(FRIDAY, "07:05"))) == set(found)
    assert await found_at(alert_pool, "BackdatedEntry", local(date(2026, 11, 23), "07:05")) == {}


@pytest.mark.parametrize(
    ("filed", "at", "fires"),
    [
        pytest.param(
            "2026-02-13 09:00", "2026-02-23 16:00", True, id="filed on the last day before Tết, told after it"
        ),
        pytest.param("2026-02-13 16:00", "2026-02-23 08:00", False, id="the same, hours of working time later"),
        pytest.param("2026-11-23 09:00", "2026-11-25 08:30", False, id="a holiday between is no working day"),
        pytest.param("2026-11-23 09:00", "2026-11-25 09:30", True, id="and after it a whole day has passed"),
        pytest.param("2023-02-13 09:00", "2026-11-25 09:30", True, id="years ago"),
    ],
)
async def test_backdated_by_working_days(alert_pool: Pool, filed: str, at: str, fires: bool) -> None:
    first, entered = (local(date.fromisoformat(text[:10]), text[11:]) for text in (filed, at))
    entries = Entries()
    entries.days(COMMUNES[0], working_days(entered.date() - 8 * DAY, 2), 2)
    told(entries, COMMUNES[0], every_minute(first, 15), entered)
    await entries.store(alert_pool)
    found = await found_at(alert_pool, "BackdatedEntry", local(entered.date(), "17:30"))
    assert set(found) == ({COMMUNES[0]} if fires else set())


async def bulk_of(pool: Pool, units: Sequence[str], *, known: Sequence[str], first_seen: datetime) -> set[str]:
    """Which of `units`, that all enter fifteen dossiers of Monday on Thursday, are found."""
    entries = Entries()
    for unit in known:
        entries.days(unit, LONG_KNOWN, 2)
    for number, unit in enumerate(units):
        told(entries, unit, every_minute(MONDAY_MORNING, 15), THURSDAY_AFTERNOON + number * MINUTE)
    await entries.store(pool, first_seen=first_seen)
    return set(await found_at(pool, "BackdatedEntry", local(THURSDAY, "17:30")))


LONG_AGO = datetime(2020, 1, 1, tzinfo=EVENING.tzinfo)


async def test_a_few_units_that_catch_up_at_the_same_time_are_found(alert_pool: Pool) -> None:
    assert await bulk_of(alert_pool, COMMUNES[:4], known=COMMUNES[:30], first_seen=LONG_AGO) == set(COMMUNES[:4])


async def test_many_units_at_once_are_a_source_that_was_away(alert_pool: Pool) -> None:
    assert await bulk_of(alert_pool, COMMUNES[:8], known=COMMUNES[:30], first_seen=LONG_AGO) == set()


async def test_the_first_day_of_a_source_is_its_history(alert_pool: Pool) -> None:
    day_before = THURSDAY_AFTERNOON - DAY
    assert await bulk_of(alert_pool, COMMUNES[:1], known=COMMUNES[:1], first_seen=day_before + MINUTE) == set()


async def test_after_its_first_day_a_source_is_judged(alert_pool: Pool) -> None:
    day_before = THURSDAY_AFTERNOON - DAY
    assert await bulk_of(alert_pool, COMMUNES[:1], known=COMMUNES[:1], first_seen=day_before) == {COMMUNES[0]}


async def test_the_first_day_of_a_unit_is_its_history(alert_pool: Pool) -> None:
    assert await bulk_of(alert_pool, COMMUNES[:1], known=COMMUNES[1:2], first_seen=LONG_AGO) == set()
