"""Units that enter nothing, and sources that tell of nothing new: what must be found, and what must not."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from ioc_core.db import Pool
from tests.alerts.entries import CALENDAR, COMMUNES, DAY, ONLINE, ZONE, Entries, found_at, local, working_days

THURSDAY, FRIDAY, SATURDAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)
BEFORE = working_days(THURSDAY, 25)
INSTANTS = {
    "Fri 15:00": local(FRIDAY, "15:00"),
    "Fri 17:00": local(FRIDAY, "17:00"),
    "Sat 10:00": local(SATURDAY, "10:00"),
    "Mon 07:05": local(date(2026, 11, 23), "07:05"),
}
ALWAYS, NEVER = list(INSTANTS), list[str]()


def usual(entries: Entries, unit: str) -> None:
    entries.days(unit, BEFORE, 10)


def until_closing(entries: Entries, unit: str) -> None:
    usual(entries, unit)
    entries.day(unit, FRIDAY, 1, at="16:58")


def at_once(entries: Entries, unit: str) -> None:
    entries.days(unit, BEFORE, 10, told="16:40")


def weekend(entries: Entries, unit: str) -> None:
    usual(entries, unit)
    entries.day(unit, FRIDAY, 2, at="19:00", channel=ONLINE)
    entries.day(unit, SATURDAY, 2, channel=ONLINE)


def online_goes_on(entries: Entries, unit: str) -> None:
    usual(entries, unit)
    entries.days(unit, [*BEFORE, FRIDAY], 10, at="09:00", channel=ONLINE)


SITUATIONS: list[tuple[str, Callable[[Entries, str], None], list[str]]] = [
    ("nothing all day", usual, ALWAYS),
    ("one dossier before closing", until_closing, ["Fri 15:00"]),
    ("it always tells its day at 16:40", at_once, ["Fri 17:00", "Sat 10:00", "Mon 07:05"]),
    ("what citizens file online after closing isn't the unit's work", weekend, ALWAYS),
    ("nothing at the counter, though online goes on", online_goes_on, ALWAYS),
    ("two a day: one silent day says nothing", lambda e, u: e.days(u, BEFORE, 2), NEVER),
    ("three a day, silent for three days", lambda e, u: e.days(u, BEFORE[2:], 3), ALWAYS),
    ("it only takes dossiers on Mondays", lambda e, u: e.days(u, [d for d in BEFORE if d.weekday() == 0], 50), NEVER),
    ("it began two weeks ago", lambda e, u: e.days(u, BEFORE[:10], 10), NEVER),
    ("three silent days among twenty are a habit, and found again", lambda e, u: e.days(
        u, [d for i, d in enumerate(BEFORE) if i not in {3, 9, 15}], 10), ALWAYS),
    ("four silent days among twenty: not every day has entries", lambda e, u: e.days(
        u, [d for i, d in enumerate(BEFORE) if i not in {3, 7, 9, 15}], 10), NEVER),
    ("as usual", lambda e, u: e.days(u, [FRIDAY, *BEFORE], 10), NEVER),
]  # fmt: skip


async def test_silent_units(alert_pool: Pool) -> None:
    entries = Entries()
    units = dict(zip((sentence for sentence, *_ in SITUATIONS), COMMUNES, strict=False))
    for sentence, enter, _ in SITUATIONS:
        enter(entries, units[sentence])
    for unit in COMMUNES[-4:]:
        entries.days(unit, [FRIDAY, *BEFORE], 40)
    await entries.store(alert_pool)
    found = {name: await found_at(alert_pool, "SilentUnit", at) for name, at in INSTANTS.items()}
    assert {sentence: [name for name in INSTANTS if unit in found[name]] for sentence, unit in units.items()} == {
        sentence: instants for sentence, _, instants in SITUATIONS
    }
    assert not set(COMMUNES[-4:]) & set(found["Fri 17:00"])

    whole_day = found["Fri 17:00"][units["nothing all day"]]
    assert (whole_day.severity, whole_day.value) == (4, 1)
    assert whole_day.annotations["summary"].endswith(": không nhập hồ sơ mới nào từ ngày 20/11")
    assert "khoảng 10 hồ sơ mỗi ngày" in whole_day.annotations["description"]
    today = found["Fri 15:00"][units["nothing all day"]]
    assert today.annotations["summary"].endswith(": không nhập hồ sơ mới nào hôm nay")
    counter = found["Fri 17:00"][units["nothing at the counter, though online goes on"]]
    assert counter.annotations["summary"].endswith(": tại quầy không nhập hồ sơ mới nào từ ngày 20/11")
    assert found["Fri 17:00"][units["three a day, silent for three days"]].severity == 3


async def test_a_silent_source_is_one_alert_and_no_silent_unit(alert_pool: Pool) -> None:
    dead, slow, alive = Entries("dead"), Entries("slow"), Entries("alive")
    for unit in COMMUNES[:8]:
        dead.days(unit, BEFORE, 10)
    for unit in COMMUNES[8:16]:
        slow.days(unit, BEFORE, 10)
    for unit in COMMUNES[9:16]:
        slow.day(unit, FRIDAY, 3)  # it stopped at three minutes past eight, before the first dossier of one unit
    for unit in COMMUNES[16:20]:
        alive.days(unit, BEFORE, 40)
        alive.day(unit, FRIDAY, 40, at="16:15")
    for entries in (dead, slow, alive):
        await entries.store(alert_pool)
    for at in INSTANTS.values():
        assert await found_at(alert_pool, "SilentUnit", at) == {}
    stopped = await found_at(alert_pool, "NewDossiersStopped", INSTANTS["Fri 17:00"])
    assert {name: item.annotations["summary"] for name, item in stopped.items()} == {
        "dead": "DEAD: không có hồ sơ mới từ 08:10 ngày 19/11, dù vẫn kết nối",
        "slow": "SLOW: không có hồ sơ mới từ 08:03 ngày 20/11, dù vẫn kết nối",
    }


async def test_a_source_that_sends_nothing_at_all_is_not_told_of_twice(alert_pool: Pool) -> None:
    entries = Entries()
    for unit in COMMUNES[:8]:
        entries.days(unit, BEFORE, 10)
    await entries.store(alert_pool)
    friday = local(FRIDAY, "17:00")
    assert set(await found_at(alert_pool, "NewDossiersStopped", friday)) == {"igate"}
    await alert_pool.execute("UPDATE sources SET expected_within_seconds = 60")  # SourceSilent has it now
    assert await found_at(alert_pool, "NewDossiersStopped", friday) == {}


async def test_a_storm_that_empties_every_counter_silences_no_unit(alert_pool: Pool) -> None:
    entries = Entries()
    for number, unit in enumerate(COMMUNES[:20]):
        entries.days(unit, BEFORE, 10)
        entries.day(unit, FRIDAY, number % 5 == 0)
    await entries.store(alert_pool)
    assert await found_at(alert_pool, "SilentUnit", local(FRIDAY, "17:00")) == {}


@pytest.mark.parametrize(
    ("at", "last", "silent"),
    [
        pytest.param("2026-02-18 12:00", date(2026, 2, 13), True, id="in Tết, of the day before it"),
        pytest.param("2026-02-18 12:00", date(2026, 2, 13), False, id="in Tết nobody is silent"),
        pytest.param("2026-02-23 07:05", date(2026, 2, 13), False, id="on the first morning after Tết"),
        pytest.param("2026-11-24 17:30", date(2026, 11, 23), False, id="on a public holiday"),
        pytest.param("2026-08-23 09:00", date(2026, 8, 22), True, id="of a Saturday worked instead"),
        pytest.param("2026-08-31 17:30", date(2026, 8, 28), False, id="on the day off for it"),
    ],
)
async def test_days_off(alert_pool: Pool, at: str, last: date, silent: bool) -> None:
    """All enter until `last`, the last working day; one of them not on that day itself when `silent`."""
    entries, days = Entries(), working_days(last, 25)
    assert days[0] == last
    for unit in COMMUNES[:6]:
        entries.days(unit, days, 20)
    entries.days(COMMUNES[6], days[silent:], 10)
    await entries.store(alert_pool)
    found = await found_at(alert_pool, "SilentUnit", datetime.fromisoformat(at).replace(tzinfo=ZONE))
    assert set(found) == ({COMMUNES[6]} if silent else set())


async def test_a_unit_that_has_ended_owes_nothing(alert_pool: Pool) -> None:
    last_day, entries = date(2025, 6, 30), Entries()
    days = working_days(last_day, 25)
    entries.days("643", days, 10)
    entries.days("644", days[1:], 10)
    entries.days("SNV", [*working_days(date(2025, 7, 2), 2), *days], 40)
    await entries.store(alert_pool)
    assert set(await found_at(alert_pool, "SilentUnit", local(last_day, "17:00"))) == {"644"}
    assert await found_at(alert_pool, "SilentUnit", local(date(2025, 7, 2), "17:00")) == {}


async def test_a_first_connection_is_judged_by_whole_days_only(alert_pool: Pool) -> None:
    entries, connected = Entries(), local(FRIDAY, "12:00")
    for unit in COMMUNES[:6]:
        entries.days(unit, BEFORE, 20, first_told_at=connected, told_at=connected)
        entries.day(unit, FRIDAY, 20, at="13:40")
    entries.days(COMMUNES[6], BEFORE, 10, first_told_at=connected, told_at=connected)
    await entries.store(alert_pool, first_seen=connected)
    assert await found_at(alert_pool, "SilentUnit", local(FRIDAY, "16:59")) == {}
    assert set(await found_at(alert_pool, "SilentUnit", local(FRIDAY, "17:00"))) == {COMMUNES[6]}


async def test_working_days_are_the_calendars(alert_pool: Pool) -> None:
    """Around Tết, holidays, swapped days and weekends, at any time of day."""
    at = local(date(2026, 1, 30), "06:59")
    while at < local(date(2026, 3, 2), "00:00"):
        rows = await alert_pool.fetch("SELECT * FROM recent_working_days($1, 12) ORDER BY number DESC", at)
        today = at.date() if at >= local(at.date(), "07:00") else at.date() - DAY
        days = working_days(today, 12)
        assert [row["number"] for row in rows] == [-index for index in range(12)]
        assert [row["opens_at"] for row in rows] == [local(day, "07:00") for day in days]
        assert [row["closes_at"] for row in rows] == [local(day, "17:00") for day in days]
        following = [local(CALENDAR.working_day_after(day, 1), "07:00") for day in days]
        assert [row["until"] for row in rows] == following
        at += timedelta(hours=7, minutes=1)
