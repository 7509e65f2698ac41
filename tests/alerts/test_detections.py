"""Slow entry of results, steps that don't move, and what doesn't reach the national portal: found, and not found."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from ioc_core.db import Pool
from tests.alerts.entries import CALENDAR, COMMUNES, MINUTE, Entries, found_at, local, working_days
from tests.alerts.facts import set_gauge

FRIDAY = date(2026, 11, 20)
EVENING = local(FRIDAY, "17:30")
UNIT = COMMUNES[0]
FAR_AWAY = local(date(2026, 12, 31), "17:00")


def at(day: str, clock: str) -> datetime:
    """A local time of a day of 2026, written MM-DD."""
    return local(date.fromisoformat(f"2026-{day}"), clock)


def entered(entries: Entries, unit: str, number: int, ended: datetime, told: datetime | None, **columns: Any) -> None:
    """Dossiers that ended then, of which the system was told then (None: it isn't known when)."""
    for index in range(number):
        minutes = index * timedelta(seconds=1)
        entries.add(
            unit, at("10-26", "09:00"), is_open=False, status=9, ended_at=ended + minutes,
            entered_at=None if told is None else told + minutes, lateness=1, **columns,
        )  # fmt: skip


LAGS: list[tuple[str, int, str, str | None, bool]] = [
    ("a day and a half", 20, "11-17 10:00", "11-18 15:30", True),
    ("exactly a day", 20, "11-17 10:00", "11-18 10:00", False),
    ("nineteen say nothing", 19, "11-17 10:00", "11-19 10:00", False),
    ("over the weekend", 20, "11-13 16:30", "11-16 14:00", False),
    ("before the result, so it seems", 20, "11-17 10:00", "11-16 10:00", False),
    ("not known when", 30, "11-17 10:00", None, False),
    ("forty days ago", 30, "10-11 10:00", "10-20 10:00", False),
]


async def test_entry_lag(alert_pool: Pool) -> None:
    entries = Entries()
    units = dict(zip((sentence for sentence, *_ in LAGS), COMMUNES, strict=False))
    for sentence, number, ended, told, _ in LAGS:
        entered(entries, units[sentence], number, at(*ended.split()), at(*told.split()) if told else None)
    worse = COMMUNES[20]  # its median is what counts: 11 of 21 after two days
    entered(entries, worse, 11, at("11-17", "10:00"), at("11-19", "10:00"))
    entered(entries, worse, 10, at("11-17", "10:00"), at("11-17", "10:00"))
    await entries.store(alert_pool)
    found = await found_at(alert_pool, "EntryLag", EVENING)
    assert {sentence: unit in found for sentence, unit in units.items()} == {
        sentence: fires for sentence, *_, fires in LAGS
    }
    lag = found[units["a day and a half"]]
    assert lag.annotations["summary"].endswith(": kết quả được nhập chậm, trung vị 11,5 giờ làm việc")
    assert (lag.value, lag.details["ended"], lag.details["rank"], lag.severity) == (11.5, 20, 2, 4)
    assert (found[worse].value, found[worse].details["rank"]) == (16, 1)
    rows = await alert_pool.fetch("SELECT unit, rank FROM entry_lag($1) WHERE ended < 20", EVENING)
    assert [tuple(row) for row in rows] == [(units["nineteen say nothing"], None)]


async def test_entry_lag_counts_no_day_off(alert_pool: Pool) -> None:
    entries = Entries()
    entered(entries, UNIT, 20, at("02-13", "15:00"), at("02-23", "09:00"))
    await entries.store(alert_pool)
    assert await found_at(alert_pool, "EntryLag", at("02-24", "09:00")) == {}
    (row,) = await alert_pool.fetch("SELECT * FROM entry_lag($1)", at("02-24", "09:00"))
    assert row["median_hours"] == pytest.approx(4)  # two on the Friday, two on the Monday nine days later


async def test_overdue_by_entry(alert_pool: Pool) -> None:
    """By the present: the rule looks at the last seven days."""
    now, entries = await alert_pool.fetchval("SELECT now()"), Entries()
    late = {"entered_late": True, "late_at": now - timedelta(days=3)}
    entered(entries, UNIT, 3, now - timedelta(days=5), now - timedelta(days=2), **late)
    entered(entries, UNIT, 3, now - timedelta(days=20), now - timedelta(days=8), **late)
    entered(entries, COMMUNES[1], 2, now - timedelta(days=5), now - timedelta(days=2), **late)
    entered(entries, COMMUNES[2], 9, now - timedelta(days=5), now - timedelta(days=2))
    await entries.store(alert_pool)
    found = await found_at(alert_pool, "DossierOverdueByEntry", now)
    assert set(found) == {UNIT}
    assert found[UNIT].severity == 4
    assert found[UNIT].annotations["summary"].endswith(": 3 hồ sơ giải quyết đúng hạn nhưng cập nhật trễ trong 7 ngày")


LONG, SHORT = working_days(FRIDAY, 12), working_days(FRIDAY, 10)
IDLE, MOVED = local(LONG[-1], "09:00"), local(SHORT[-1], "09:00")
STUCK: list[tuple[str, dict[str, Any], bool]] = [
    ("its step should have ended", {"step_due_at": EVENING - MINUTE}, True),
    ("its step ends in a minute", {"step_due_at": EVENING + MINUTE}, False),
    ("nothing said for eleven working days", {"effective_at": IDLE}, True),
    ("something said nine working days ago", {"effective_at": MOVED}, False),
    ("idle, without any term", {"effective_at": IDLE, "late_at": None}, True),
    ("idle, but the citizen has to answer", {"effective_at": IDLE, "waiting_since": IDLE}, False),
    ("idle, and overdue already: that is another alert", {"effective_at": IDLE, "late_at": EVENING - MINUTE}, False),
    ("idle, because it has ended", {"effective_at": IDLE, "is_open": False, "ended_at": IDLE}, False),
    ("idle, and never accepted", {"effective_at": IDLE, "accepted_at": None}, False),
]


async def test_stuck_dossiers(alert_pool: Pool) -> None:
    entries, codes = Entries(), dict[str, str]()
    for sentence, columns, _ in STUCK:
        values = {"effective_at": EVENING - MINUTE, "late_at": FAR_AWAY, "step_department": "Phòng Kinh tế"}
        entries.add(UNIT, IDLE, **{**values, **columns})
        codes[entries.rows[-1]["code"]] = sentence
    await entries.store(alert_pool)
    rows = await alert_pool.fetch("SELECT * FROM stuck_dossiers($1)", EVENING)
    assert {codes[row["code"]] for row in rows} == {sentence for sentence, _, stuck in STUCK if stuck}
    expected = CALENDAR.working_seconds(IDLE, EVENING) / 28800
    assert max(row["idle_days"] for row in rows) == pytest.approx(expected)
    (alert,) = (await found_at(alert_pool, "DossierStuck", EVENING)).values()
    assert alert.annotations["summary"].endswith(": 3 hồ sơ đứng yên, lâu nhất 11 ngày làm việc")
    assert alert.annotations["description"].startswith("1 hồ sơ quá hạn của bước đang xử lý.")
    assert "đang ở Phòng Kinh tế" in alert.annotations["description"]


async def test_one_or_two_stuck_dossiers_are_no_alert(alert_pool: Pool) -> None:
    entries = Entries()
    for unit in COMMUNES[:2]:
        for _ in range(2):
            entries.add(unit, IDLE, effective_at=IDLE, late_at=FAR_AWAY)
    await entries.store(alert_pool)
    assert await found_at(alert_pool, "DossierStuck", EVENING) == {}


async def test_tet_moves_nothing_and_is_no_idleness(alert_pool: Pool) -> None:
    entries, before = Entries(), at("02-06", "09:00")
    for _ in range(3):
        entries.add(UNIT, before, effective_at=before, late_at=FAR_AWAY)
    await entries.store(alert_pool)
    assert await found_at(alert_pool, "DossierStuck", at("02-27", "08:59")) == {}  # ten working days, less a minute
    assert set(await found_at(alert_pool, "DossierStuck", at("02-27", "09:01"))) == {UNIT}


# What reaches the national portal


async def count_up(
    pool: Pool, metric: str, hours: Sequence[float], *, upto: datetime = EVENING, **labels: str
) -> None:
    """A counter as its hours were rolled up: so much more in each hour, the last one being that of `upto`."""
    await set_gauge(pool, 0.0, metric=metric, **labels)
    series = await pool.fetchval("SELECT id FROM series WHERE metric = $1 AND labels = $2", metric, labels)
    value, records = 1000.0, []
    for index, more in enumerate(hours):
        bucket = upto.replace(minute=0) - timedelta(hours=len(hours) - 1 - index)
        first, value = value, value + more if more >= 0 else -more  # below 0: it began anew, and counted so many
        records.append((series, bucket, 2, 0.0, 0.0, 0.0, first if more >= 0 else 0.0, value))
    await pool.copy_records_to_table("rollup_1h", records=records)
    await pool.execute("UPDATE series_current SET time = $2, value = $3 WHERE series_id = $1", series, upto, value)


async def say(pool: Pool, metric: str, value: float, *, when: datetime = EVENING, **labels: str) -> None:
    """The newest value of a gauge."""
    await set_gauge(pool, value, metric=metric, **labels)
    await pool.execute(
        "UPDATE series_current SET time = $3 WHERE series_id ="
        " (SELECT id FROM series WHERE metric = $1 AND labels = $2)", metric, labels, when,
    )  # fmt: skip


async def test_synchronisation_with_the_national_portal(alert_pool: Pool) -> None:
    ratio, lag, synced, errors, received = (
        "dossiers_synchronised_ratio", "dossier_sync_lag_seconds", "dossiers_synchronised_total",
        "national_sync_errors_total", "dossiers_received_total",
    )  # fmt: skip
    fine, share, slow, stalled, refused, counted, silent = COMMUNES[:7]
    for unit in (fine, share):
        await count_up(alert_pool, synced, [10] * 24, unit=unit)
    await say(alert_pool, ratio, 0.951, unit=fine)
    await say(alert_pool, ratio, 0.949, unit=share)
    await say(alert_pool, lag, 18000, unit=slow)
    await count_up(alert_pool, synced, [10] * 18 + [0] * 6, unit=stalled)
    await count_up(alert_pool, received, [10] * 24, unit=stalled, channel="online")
    await count_up(alert_pool, synced, [10] * 24, unit=refused)
    for code in ("02", "99"):
        await count_up(alert_pool, errors, [1] * 24, unit=refused, code=code)
    await count_up(alert_pool, synced, [4] * 12 + [-4] + [4] * 11, unit=counted)  # it began anew at noon
    await say(alert_pool, ratio, 0.5, when=EVENING - timedelta(hours=2), unit=silent)  # its source is silent
    entries = Entries()
    entries.days(counted, [FRIDAY], 150)
    await entries.store(alert_pool)

    rows = {row["unit"]: row for row in await alert_pool.fetch("SELECT * FROM national_sync($1)", EVENING)}
    assert (rows[fine]["synchronised"], rows[fine]["stalled_seconds"]) == (240, 0)
    assert (rows[counted]["received"], rows[counted]["synchronised"]) == (150, 96)
    assert rows[counted]["share"] == pytest.approx(0.64)
    assert (rows[stalled]["received"], rows[stalled]["grew_at"]) == (240, local(FRIDAY, "12:00"))
    assert rows[stalled]["stalled_seconds"] == 3.5 * 3600

    found = await found_at(alert_pool, "NationalSyncLagging", EVENING)
    said = {unit: item.annotations["summary"].split("quốc gia ")[1] for unit, item in found.items()}
    assert said == {
        share: "mới đạt 94 %",
        slow: "chậm 5 giờ",
        stalled: "mới đạt 75 %",
        refused: "bị từ chối 48 lượt trong 24 giờ",
        counted: "mới đạt 64 %",
    }
    assert {item.severity for item in found.values()} == {3}


async def test_synchronisation_that_stopped_this_morning(alert_pool: Pool) -> None:
    await count_up(alert_pool, "dossiers_synchronised_total", [10] * 14 + [0] * 10, unit="66")
    await say(alert_pool, "dossiers_synchronised_ratio", 0.98, unit="66")
    entries = Entries()
    entries.days(UNIT, [FRIDAY], 20)  # of any unit: the province speaks for all
    await entries.store(alert_pool)
    (alert,) = (await found_at(alert_pool, "NationalSyncLagging", EVENING)).values()
    assert alert.annotations["summary"] == (
        "Tỉnh Đắk Lắk: đồng bộ lên Cổng Dịch vụ công quốc gia đã dừng từ 08:00 ngày 20/11"
    )
    assert alert.annotations["description"].startswith("24 giờ qua: tiếp nhận 20, đồng bộ 140, bị từ chối 0.")


async def test_synchronisation_rests_when_nothing_was_received(alert_pool: Pool) -> None:
    sunday = local(date(2026, 11, 22), "17:30")
    await count_up(alert_pool, "dossiers_synchronised_total", [0] * 24, upto=sunday, unit="66")
    entries = Entries()
    entries.days(UNIT, [FRIDAY], 200)
    await entries.store(alert_pool)
    assert await found_at(alert_pool, "NationalSyncLagging", sunday) == {}
