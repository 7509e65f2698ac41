"""Summaries of dossiers against naive counts of the table, on each engine."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_api import ages, words
from ioc_core import calendar_file
from ioc_core.db import connect as connect_database
from tests.api.conftest import Centre
from tests.conftest import CONFIG

CALENDAR = calendar_file.load(CONFIG)
DAY = timedelta(days=1)
OPEN_STANDINGS = ("overdue", "due_soon_1", "due_soon_2", "due_soon_3", "waiting", "unaccepted")
ROWS = """
SELECT d.*, p.field_code AS p_field, p.level, p.service_level, p.service_mode,
       dossier_standing(accepted_at, ended_at, lateness, entered_late, waiting_since, late_at, late_clock, accept_by,
                        now(), working_clock(now()), (SELECT due_soon FROM clock_rules)) AS standing
FROM dossiers d LEFT JOIN procedures p ON p.code = d.procedure_code
"""
Row = Any


async def table(centre: Centre) -> list[Row]:
    database = await connect_database(centre.dsn, application="test")
    rows = await database.fetch(ROWS)
    await database.close()
    return list(rows)


async def summary(centre: Centre, by: str, **query: Any) -> dict[str | None, dict[str, Any]]:
    period = {"from": (centre.now - 15 * DAY).isoformat(), "to": (centre.now - 5 * DAY).isoformat()}
    async with centre.client() as client:
        answer = await client.get("/dossiers/summary", params={"by": by, **period, **query})
    assert answer.status_code == 200, answer.text
    return {item.pop("key"): item for item in answer.json()["items"]}


def counted(centre: Centre, rows: list[Row]) -> dict[str, int]:
    """What a summary of these rows must say."""
    since, until = centre.now - 15 * DAY, centre.now - 5 * DAY
    ended = [row for row in rows if row["ended_at"] is not None and since <= row["ended_at"] < until]
    return {
        "received": sum(since <= row["filed_at"] < until for row in rows),
        "resolved": sum(row["accepted_at"] is not None for row in ended),
        "measured": sum(row["lateness"] is not None for row in ended),
        "on_time": sum(row["lateness"] in (1, 2) for row in ended),
        "early": sum(row["lateness"] == 1 for row in ended),
        "late": sum(row["lateness"] == 3 for row in ended),
        "entered_late": sum(row["entered_late"] for row in ended),
        "open": sum(row["is_open"] for row in rows),
        **{standing: sum(row["standing"] == standing for row in rows) for standing in OPEN_STANDINGS},
    }


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("unit", lambda row: row["resolving_unit"] or row["receiving_unit"]),
        ("receiving_unit", lambda row: row["receiving_unit"]),
        ("procedure", lambda row: row["procedure_code"]),
        ("field", lambda row: row["p_field"]),
        ("channel", lambda row: str(row["channel"])),
        ("status", lambda row: str(row["status"])),
        ("level", lambda row: row["level"]),
        ("service_level", lambda row: row["service_level"]),
        ("service_mode", lambda row: row["service_mode"]),
        ("standing", lambda row: row["standing"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_summaries_count_what_is_in_the_table(each_api: Centre, by: str, key: Callable[[Row], str]) -> None:
    rows = await table(each_api)
    found = await summary(each_api, by)
    names = {group: item.pop("name") for group, item in found.items()}
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    expected = {group: counted(each_api, members) for group, members in groups.items()}
    none = {"median_working_hours": None, "p90_working_hours": None}
    kept = {group: counts | none for group, counts in expected.items() if any(counts.values())}
    assert {group: item for group, item in found.items() if any(item.values())} == kept
    assert all(names.values())
    assert sum(item["open"] for item in found.values()) == sum(row["is_open"] for row in rows)
    for counter in ("early", "late", "entered_late", *OPEN_STANDINGS):
        assert sum(item[counter] for item in found.values()) > 0, counter


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        pytest.param({"channel": "online"}, lambda row: row["channel"] == 2, id="a channel"),
        pytest.param(
            {"service_level": "level4"}, lambda row: row["service_level"] == "level4", id="a level of service"
        ),
        pytest.param({"procedure": "1.000656"}, lambda row: row["procedure_code"] == "1.000656", id="a procedure"),
        pytest.param({"receiving_unit": "22015"}, lambda row: row["receiving_unit"] == "22015", id="handed in there"),
        pytest.param(
            {"unit": "22015", "channel": "counter"},
            lambda row: row["work_unit"] == "22015" and row["channel"] == 1,
            id="a unit and a channel",
        ),
    ],
)
async def test_filters_of_a_summary(each_api: Centre, query: dict[str, str], kept: Callable[[Row], bool]) -> None:
    rows = [row for row in await table(each_api) if kept(row)]
    found = await summary(each_api, "status", **query)
    wanted = counted(each_api, rows)
    assert wanted["open"] > 0
    assert {name: sum(item[name] for item in found.values()) for name in wanted} == wanted


async def test_how_long_processing_took_comes_when_it_is_asked_for(each_api: Centre) -> None:
    since, until = each_api.now - 15 * DAY, each_api.now - 5 * DAY
    hours: dict[str, list[float]] = {}
    for row in await table(each_api):
        if row["ended_at"] and row["accepted_at"] and since <= row["ended_at"] < until:
            worked = CALENDAR.working_seconds(row["filed_at"], row["ended_at"]) / 3600
            hours.setdefault(str(row["channel"]), []).append(worked)
    found = await summary(each_api, "channel", durations=True)
    assert {key: item["median_working_hours"] for key, item in found.items()} == {
        key: pytest.approx(np.percentile(values, 50), abs=0.001) for key, values in hours.items()
    }
    assert {key: item["p90_working_hours"] for key, item in found.items()} == {
        key: pytest.approx(np.percentile(values, 90), abs=0.001) for key, values in hours.items()
    }


async def test_ages_are_working_days_since_filing_of_open_dossiers(each_api: Centre) -> None:
    rows = [row for row in await table(each_api) if row["is_open"]]
    found = await summary(each_api, "age")
    expected = dict.fromkeys(ages.BUCKETS, 0)
    for row in rows:
        expected[bucket(row["filed_at"], each_api.now)] += 1
    assert {key: item["open"] for key, item in found.items()} == {key: n for key, n in expected.items() if n}
    assert list(found) == [key for key in ages.BUCKETS if expected[key]], "the youngest first"
    assert {key: item["name"] for key, item in found.items()} == {key: words.AGES[str(key)] for key in found}


async def test_standings_come_the_most_urgent_first(each_api: Centre) -> None:
    found = list(await summary(each_api, "standing"))
    assert found[:2] == ["overdue", "due_soon_1"]
    assert found == [standing for standing in words.STANDINGS if standing in found]


def bucket(filed_at: datetime, now: datetime) -> str:
    """The bucket of a dossier's age, naively."""
    days = CALENDAR.working_seconds(filed_at, now) // CALENDAR.day_seconds
    return next(key for key, last in zip(ages.BUCKETS, (1, 3, 5, 10, 20, 10**6), strict=True) if days <= last)


@given(
    st.timedeltas(timedelta(0), timedelta(days=270)).map(lambda later: datetime(2026, 3, 1, tzinfo=UTC) + later),
    st.timedeltas(timedelta(0), timedelta(days=60)),
)
def test_thresholds_divide_as_counting_does(now: datetime, ago: timedelta) -> None:
    filed_at = now - ago
    reached = sum(filed_at >= threshold for threshold in ages.thresholds(CALENDAR, now))
    assert ages.BUCKETS[len(ages.BUCKETS) - 1 - reached] == bucket(filed_at, now)
