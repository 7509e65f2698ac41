"""The live state as screens see it, from facts made by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ioc_api import wall_file
from ioc_api.projector.facts import (
    Alarms,
    DossierFreshness,
    Facts,
    FiringGroup,
    Probe,
    Security,
    SecurityCount,
    Source,
    Trends,
    Unit,
    UnitWork,
    restrict,
)
from ioc_api.projector.state import freshness, project, unit_of_group
from ioc_core.live import AlarmSummary, AlertGroup, Severity, SourceHealth, SystemState, Tile, Topic, UnitState
from tests.conftest import CONFIG

NOW = datetime(2026, 7, 1, 3, 0, tzinfo=UTC)
WALL = wall_file.load(CONFIG)
EMPTY = Facts(read_at=NOW, today=date(2026, 7, 1))


def tile(facts: Facts, tile_id: str) -> Tile:
    found = project(facts, WALL)[Topic.OVERVIEW][tile_id]
    assert isinstance(found, Tile)
    return found


def with_work(*work: UnitWork) -> Facts:
    return replace(EMPTY, work=work, freshness=DossierFreshness(NOW, {"overdue": 7200.0}))


def probe(target: str, *, up: bool, system: str = "", unit: str = "") -> Probe:
    return Probe(
        target=target,
        name=f"Tên {target}",
        system=system,
        unit=unit,
        up=up,
        changed_at=NOW,
        observed_at=NOW,
        duration_seconds=0.123456,
        certificate_not_after=NOW + timedelta(days=20, hours=5),
        error="",
    )


def group(rule: str, unit: str, severity: Severity, *, minutes: int = 5, unacknowledged: int = 1) -> FiringGroup:
    return FiringGroup(
        rule=rule,
        unit=unit,
        unit_name=unit,
        severity=severity,
        summary="s",
        count=2,
        started_at=NOW - timedelta(minutes=minutes),
        unacknowledged=unacknowledged,
        acknowledged_by="lan",
        acknowledged_at=NOW,
        fingerprints=("f",),
    )


def source(name: str, *, silent: float | None, expected: float | None = 60.0) -> Source:
    return Source(
        name=name,
        title=f"Nguồn {name}",
        kind="push",
        unit=None,
        expected_within_seconds=expected,
        last_seen_at=None if silent is None else NOW - timedelta(seconds=silent),
        silent_seconds=silent,
        events_total=1,
        rejected_total=0,
    )


def test_what_was_never_measured_is_none_and_not_zero() -> None:
    overview = project(EMPTY, WALL)[Topic.OVERVIEW]
    tiles = [value for value in overview.values() if isinstance(value, Tile)]
    assert len(tiles) == 6
    assert [one.value for one in tiles] == [None] * 6
    assert [one.severity for one in tiles] == [None] * 6
    assert [one.trend for one in tiles] == [()] * 6


def test_dossier_tiles_add_up_all_units_and_say_what_they_are_made_of() -> None:
    facts = with_work(
        UnitWork(unit="A", open=1200, overdue=30, due_soon_1=1, due_soon_2=3, received_today=10, measured_month=90),
        UnitWork(unit=None, open=50, overdue=0, received_today=1, measured_month=10, on_time_month=9),
    )
    assert tile(facts, "received_today").value == 11
    assert tile(facts, "received_today").note == "tại 2 đơn vị"
    assert tile(facts, "processing").value == 1250
    assert tile(facts, "processing").note == "4 hồ sơ sắp đến hạn"
    assert tile(facts, "overdue").note == "2,4 % số hồ sơ đang xử lý"
    assert tile(facts, "overdue").stale_after_seconds == 7200.0
    on_time = tile(facts, "on_time_month")
    assert on_time.value == 9.0
    assert on_time.note == "9/100 hồ sơ đã kết thúc có thời hạn"


@pytest.mark.parametrize(
    ("overdue", "severity"),
    [
        pytest.param(0, None, id="none overdue is normal"),
        pytest.param(1, 3, id="one is medium"),
        pytest.param(99, 3, id="just under a level"),
        pytest.param(100, 2, id="at a level it holds"),
        pytest.param(5000, 1, id="the worst that is reached"),
    ],
)
def test_levels_above(overdue: int, severity: int | None) -> None:
    assert tile(with_work(UnitWork(unit="A", open=6000, overdue=overdue)), "overdue").severity == severity


@pytest.mark.parametrize(
    ("on_time", "severity"),
    [
        pytest.param(950, None, id="at the target it is normal"),
        pytest.param(949, 3, id="just under the target"),
        pytest.param(899, 2, id="under the second level"),
        pytest.param(0, 1, id="nothing in time"),
    ],
)
def test_levels_below(on_time: int, severity: int | None) -> None:
    work = UnitWork(unit="A", measured_month=1000, on_time_month=on_time)
    assert tile(with_work(work), "on_time_month").severity == severity


def test_a_system_is_up_when_all_its_targets_are() -> None:
    probes = (
        probe("https://a", up=True, system="igate"),
        probe("tcp://a", up=False, system="igate"),
        probe("https://b", up=True, system="idesk"),
        probe("https://c", up=True),
    )
    systems = tile(replace(EMPTY, probes=probes), "systems_up")
    assert (systems.value, systems.unit) == (2.0, "/ 3")
    assert systems.note == "không hoạt động: Tên tcp://a"
    assert systems.severity == 2
    states = project(replace(EMPTY, probes=probes), WALL)[Topic.SYSTEMS]
    state = states["https://a"]
    assert isinstance(state, SystemState)
    assert state.certificate_days_left == 20.2
    assert state.duration_seconds == 0.1235
    assert list(states) == ["https://a", "tcp://a", "https://b", "https://c"]


def test_serious_security_events_of_all_units_are_counted() -> None:
    security = Security((SecurityCount("A", 3, NOW), SecurityCount(None, 8, NOW)), NOW)
    found = tile(replace(EMPTY, security=security), "security_24h")
    assert (found.value, found.severity, found.observed_at) == (11.0, 2, NOW)
    quiet = tile(replace(EMPTY, security=Security((), NOW)), "security_24h")
    assert (quiet.value, quiet.severity) == (0.0, None)


def test_alert_groups_stand_worst_and_oldest_first_and_say_who_has_them() -> None:
    groups = (
        group("Late", "A", 3),
        group("Down", "B", 1, minutes=1),
        group("Down", "C", 1, minutes=9, unacknowledged=0),
    )
    state = project(replace(EMPTY, alarms=Alarms(groups, 4, 9)), WALL)
    alerts = state[Topic.ALERTS]
    assert list(alerts) == ["Down:C", "Down:B", "Late:A"]
    assert [unit_of_group(key) for key in alerts] == ["C", "B", "A"]
    held, free = alerts["Down:C"], alerts["Down:B"]
    assert isinstance(held, AlertGroup)
    assert isinstance(free, AlertGroup)
    assert held.acknowledged_by == "lan"
    assert free.acknowledged_by is None, "one of its alerts is nobody's"
    alarms = state[Topic.OVERVIEW]["alarms"]
    assert alarms == AlarmSummary(
        firing={"1": 2, "2": 0, "3": 1, "4": 0},
        unacknowledged={"1": 1, "2": 0, "3": 1, "4": 0},
        new_10min=4,
        new_24h=9,
    )


def test_units_are_those_of_today_those_with_work_and_the_unmapped() -> None:
    facts = replace(
        with_work(UnitWork(unit="A", open=3, overdue=1), UnitWork(unit="OLD", open=1), UnitWork(unit=None, open=2)),
        units=(
            Unit("A", "commune", "Xã A", True),
            Unit("B", "commune", "Xã B", True),
            Unit("OLD", "district", "Huyện cũ", False),
            Unit("GONE", "district", "Huyện hết việc", False),
        ),
        alarms=Alarms(
            (group("Late", "A", 3), group("Down", "A", 2), group("Late", "unmapped", 3), group("Note", "B", 4))
        ),
    )
    units = project(facts, WALL)[Topic.UNITS]
    assert list(units) == ["A", "B", "OLD", "unmapped"]
    assert all(isinstance(unit, UnitState) for unit in units.values())
    assert [unit.severity for unit in units.values()] == [2, None, None, 3], "a P4 colours nothing"
    assert (units["A"].open, units["A"].overdue, units["B"].open) == (3, 1, 0)


@pytest.mark.parametrize(
    ("silent", "expected", "state"),
    [
        pytest.param(None, 60.0, "never", id="never heard of"),
        pytest.param(48.0, 60.0, "alive", id="within the late share"),
        pytest.param(48.1, 60.0, "late", id="past the late share"),
        pytest.param(60.0, 60.0, "late", id="at the limit"),
        pytest.param(60.1, 60.0, "silent", id="past the limit"),
        pytest.param(1e9, None, "alive", id="nothing is expected of it"),
    ],
)
def test_freshness_of_a_source(silent: float | None, expected: float | None, state: str) -> None:
    assert freshness(silent, expected, late_share=0.8) == state


def test_the_health_of_sources() -> None:
    sources = (
        source("a", silent=10.4),
        source("b", silent=55.0),
        source("c", silent=500.0),
        source("d", silent=None),
        source("e", silent=1e6, expected=None),
    )
    facts = replace(EMPTY, sources=sources, events_per_second=12.0, trends=Trends({}, rejected_24h=7))
    assert project(facts, WALL)[Topic.OVERVIEW]["health"] == SourceHealth(
        alive=3,
        expected=5,
        oldest_seconds=500.0,
        silent=("Nguồn c", "Nguồn d"),
        rejected_24h=7,
        events_per_second=12.0,
    )


def test_the_last_value_of_a_running_trend_is_the_value_itself() -> None:
    trends = Trends({"processing": (1.0, 2.0), "received_today": (5.0, 6.0)})
    facts = replace(with_work(UnitWork(unit="A", open=9, received_today=11)), trends=trends)
    assert tile(facts, "processing").trend == (1.0, 9.0)
    assert tile(facts, "received_today").trend == (5.0, 6.0), "an hour's count stays an hour's count"


def test_a_restriction_leaves_nothing_of_other_units() -> None:
    facts = replace(
        with_work(UnitWork(unit="A", open=3), UnitWork(unit="B", open=100), UnitWork(unit=None, open=9)),
        units=(Unit("A", "commune", "Xã A", True), Unit("B", "commune", "Xã B", True)),
        probes=(probe("https://a", up=True, unit="A"), probe("https://b", up=False, unit="B")),
        security=Security((SecurityCount("A", 1, NOW), SecurityCount("B", 50, NOW)), NOW),
        alarms=Alarms((group("Late", "A", 3), group("Late", "B", 1)), 5, 6),
        sources=(source("a", silent=1.0),),
    )
    state = project(restrict(facts, frozenset({"A"})), WALL)
    assert state[Topic.OVERVIEW]["processing"].value == 3
    assert state[Topic.OVERVIEW]["systems_up"].unit == "/ 1"
    assert state[Topic.OVERVIEW]["security_24h"].value == 1
    assert list(state[Topic.UNITS]) == ["A"]
    assert list(state[Topic.ALERTS]) == ["Late:A"]
    assert state[Topic.SOURCES] == {}
    assert state[Topic.OVERVIEW]["alarms"].new_24h == 0
