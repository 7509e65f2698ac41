"""States of a province to look at: all normal, some alarms, a flood, an emergency; built from the feed's own types."""

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from ioc_core import catalogue
from ioc_core.catalogue import Unit, UnitKind
from ioc_core.live import (
    AlarmSummary,
    AlertGroup,
    RecentDossier,
    Severity,
    SourceHealth,
    SourceState,
    SystemState,
    Tile,
    UnitState,
)

CONFIG = Path(__file__).resolve().parents[2] / "config"
DAY = datetime(2026, 11, 21, tzinfo=UTC).date()

Topics = dict[str, dict[str, Any]]

SUMMARIES: tuple[tuple[Severity, str, str], ...] = (
    (1, "Trục liên thông văn bản quốc gia mất kết nối, văn bản không gửi đi được", "IOC"),
    (2, "12 hồ sơ quá hạn", "24133"),
    (2, "Cổng thông tin điện tử không truy cập được", "SYT"),
    (3, "57 lần đăng nhập sai từ 203.0.113.5 vào máy chủ một cửa", "IOC"),
    (3, "3 hồ sơ chưa được tiếp nhận sau 8 giờ làm việc", "24235"),
    (3, "Chứng thư số của cổng dịch vụ công còn 6 ngày", "VPUBND"),
    (4, "8 hồ sơ đến hạn trong 8 giờ làm việc tới", "22015"),
)
PROCEDURES = (
    "Đăng ký khai sinh",
    "Cấp bản sao Trích lục hộ tịch",
    "Chứng thực bản sao từ bản chính giấy tờ, văn bản do cơ quan có thẩm quyền cấp",
    "Đăng ký biến động quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất",
    "Cấp Giấy xác nhận tình trạng hôn nhân",
)
SYSTEMS = (
    "Một cửa điện tử iGate",
    "Cổng dịch vụ công tỉnh",
    "Quản lý văn bản iDesk",
    "Thư điện tử công vụ",
    "Trục liên thông văn bản quốc gia",
    "Cơ sở dữ liệu đất đai",
    "Thanh toán trực tuyến",
    "Chữ ký số chuyên dùng",
    "Phòng họp không giấy",
    "Hội nghị truyền hình",
    "Phản ánh hiện trường 1022",
    "Cổng thông tin điện tử tỉnh",
)


@cache
def units() -> tuple[Unit, ...]:
    """The departments and communes of today."""
    known = catalogue.load(CONFIG)
    return (*known.units_on(DAY, UnitKind.DEPARTMENT), *known.units_on(DAY, UnitKind.COMMUNE))


def build(  # one switch for each thing that can be shown
    *,
    groups: tuple[AlertGroup, ...] = (),
    now: datetime | None = None,
    stale_tile: bool = False,
    silent_units: int = 0,
    new_10min: int = 0,
) -> Topics:
    """The topics of the feed for these alarms; everything else normal. Seeded: the same each time."""
    now = now or datetime.now(UTC)
    luck = random.Random(7)
    state: Topics = {
        "overview": {
            **{key: _plain(tile) for key, tile in _tiles(now, groups, luck, stale=stale_tile).items()},
            "alarms": _plain(_alarms(groups, new_10min)),
            "health": _plain(_health(silent=silent_units > 0)),
        },
        "alerts": {f"{group.rule}/{group.unit}/{index}": _plain(group) for index, group in enumerate(groups)},
        "units": {},
        "systems": {name: _plain(_system(name, now, index)) for index, name in enumerate(SYSTEMS)},
        "sources": {f"source-{index}": _plain(_source(index, now)) for index in range(9)},
        "recent": {"dossiers": [dossier(now, index) for index in range(8)]},
    }
    worst = {group.unit: group.severity for group in sorted(groups, key=lambda group: -group.severity)}
    for index, unit in enumerate(units()):
        known = not 60 <= index < 60 + silent_units
        state["units"][unit.code] = _plain(
            UnitState(
                name=unit.name,
                kind=unit.kind,
                open=luck.randrange(200),
                overdue=0,
                due_soon_1=0,
                due_soon_2=0,
                due_soon_3=0,
                waiting=0,
                unaccepted=0,
                received_today=luck.randrange(30),
                ended_today=luck.randrange(30),
                measured_month=400,
                on_time_month=396,
                severity=worst.get(unit.code),
                last_event_at=now - timedelta(minutes=luck.randrange(90)) if known else None,
            )
        )
    return state


def group(severity: Severity, summary: str, unit: str, started_at: datetime, **more: Any) -> AlertGroup:
    """An alert group of a unit of the catalogue."""
    names = {known.code: known.name for known in units()}
    values: dict[str, Any] = {"rule": f"rule-{severity}", "count": 1, "acknowledged_by": None, "acknowledged_at": None}
    values |= {"fingerprints": ("00",), **more}
    return AlertGroup(
        severity=severity, summary=summary, unit=unit, unit_name=names.get(unit, ""), started_at=started_at, **values
    )


def some_alarms(now: datetime, *, emergency: bool = False) -> tuple[AlertGroup, ...]:
    """A usual bad morning: seven groups, some acknowledged; the first is P1 if asked for."""
    groups = []
    for index, (severity, summary, unit) in enumerate(SUMMARIES):
        if severity == 1 and not emergency:
            continue
        started = now - timedelta(seconds=26 + 613 * index)
        taken = index in {2, 4, 5}
        groups.append(
            group(
                severity,
                summary,
                unit,
                started,
                count=12 if index == 1 else 1,
                acknowledged_by="lan" if taken else None,
                acknowledged_at=started + timedelta(minutes=3) if taken else None,
            )
        )
    return tuple(groups)


def flood(now: datetime) -> tuple[AlertGroup, ...]:
    """Thirty groups at once."""
    communes = [unit for unit in units() if unit.kind is UnitKind.COMMUNE]
    severities: tuple[Severity, ...] = (1, 2, 2, 3, 3, 3, 3, 4, 4, 4)
    return tuple(
        group(
            severities[index % 10],
            f"{index + 3} hồ sơ quá hạn, trong đó có hồ sơ đã quá 30 ngày làm việc chưa ai nhận xử lý",
            communes[(index * 7) % len(communes)].code,
            now - timedelta(seconds=17 * index),
            count=index + 3,
        )
        for index in range(30)
    )


def dossier(now: datetime, index: int) -> dict[str, Any]:
    """One line of the ticker."""
    known = units()
    luck = random.Random(index)
    plain: dict[str, Any] = _plain(
        RecentDossier(
            code=f"000.00.01.H15-261121-{9000 - index:04d}",
            status=luck.choice((1, 2, 4, 5, 9, 10)),
            unit_name=luck.choice(known).name,
            procedure_name=luck.choice(PROCEDURES),
            told_at=now - timedelta(seconds=23 * index + 2),
        )
    )
    return plain


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


def _tiles(now: datetime, groups: tuple[AlertGroup, ...], luck: random.Random, *, stale: bool) -> dict[str, Tile]:
    def run(level: float, spread: float) -> tuple[float, ...]:
        values = [level]
        while len(values) < 24:
            values.append(max(0.0, values[-1] + luck.uniform(-spread, spread)))
        return tuple(values)

    overdue = next((group.severity for group in groups if "quá hạn" in group.summary), None)
    down = next((group.severity for group in groups if "Cổng" in group.summary), None)
    fresh = now - timedelta(seconds=4)
    long_ago = now - timedelta(minutes=14)
    return {
        "received_today": Tile(
            label="Hồ sơ tiếp nhận hôm nay",
            value=1024,
            unit="hồ sơ",
            note="tại 97 đơn vị",
            trend=run(40, 9),
            observed_at=fresh,
        ),
        "processing": Tile(
            label="Hồ sơ đang xử lý",
            value=18342,
            unit="hồ sơ",
            note="412 hồ sơ sắp đến hạn",
            trend=run(18000, 180),
            observed_at=fresh,
        ),
        "overdue": Tile(
            label="Hồ sơ quá hạn",
            value=12.0 if overdue else 0.0,
            unit="hồ sơ",
            limit="mục tiêu 0",
            severity=overdue,
            note="0,1 % số hồ sơ đang xử lý" if overdue else "0,0 % số hồ sơ đang xử lý",
            trend=run(3, 2),
            observed_at=fresh,
        ),
        "on_time_month": Tile(
            label="Tỷ lệ đúng hạn tháng này",
            value=97.36,
            decimals=1,
            unit="%",
            limit="mục tiêu ≥ 95 %",
            note="12.345/12.680 hồ sơ đã kết thúc có thời hạn",
            trend=run(97, 0.4),
            observed_at=fresh,
        ),
        "systems_up": Tile(
            label="Hệ thống hoạt động",
            value=31.0 if down else 32.0,
            unit="/ 32",
            limit="mục tiêu 100 %",
            severity=down,
            note="không hoạt động: Cổng Sở Y tế" if down else "tất cả hoạt động",
            trend=run(32, 0),
            observed_at=fresh,
        ),
        "security_24h": Tile(
            label="Sự kiện an ninh nghiêm trọng 24 giờ",
            value=0.0,
            unit="sự kiện",
            limit="mục tiêu 0",
            note="mức 70/100 trở lên",
            trend=run(0, 0),
            observed_at=long_ago if stale else fresh,
        ),
    }


def _alarms(groups: tuple[AlertGroup, ...], new_10min: int) -> AlarmSummary:
    def count(chosen: list[AlertGroup]) -> dict[str, int]:
        return {str(level): sum(group.severity == level for group in chosen) for level in (1, 2, 3, 4)}

    waiting = [group for group in groups if group.acknowledged_by is None]
    return AlarmSummary(
        firing=count(list(groups)), unacknowledged=count(waiting), new_10min=new_10min, new_24h=37 + new_10min
    )


def _health(*, silent: bool) -> SourceHealth:
    return SourceHealth(
        alive=7 if silent else 9,
        expected=9,
        oldest_seconds=1234.0 if silent else 4.2,
        silent=("Máy chủ thư điện tử", "Tường lửa trung tâm dữ liệu") if silent else (),
        rejected_24h=3,
        events_per_second=12.5,
    )


def _system(name: str, now: datetime, index: int) -> SystemState:
    return SystemState(
        name=name,
        system=f"system-{index}",
        up=index != 4,
        changed_at=now - timedelta(minutes=12),
        observed_at=now,
        duration_seconds=0.031 * (index + 1),
        certificate_days_left=6.4 if index == 7 else 200.0,
        error="kết nối bị từ chối" if index == 4 else "",
    )


def _source(index: int, now: datetime) -> SourceState:
    return SourceState(
        title=f"Một cửa điện tử {index + 1}" if index else "Tường lửa trung tâm dữ liệu",
        kind="dossiers",
        state="silent" if index == 0 else "alive",
        last_seen_at=now - timedelta(seconds=1200 if index == 0 else 3 * index),
        events_total=1000 * index,
        rejected_total=index,
    )
