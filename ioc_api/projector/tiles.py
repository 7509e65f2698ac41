"""The six headline numbers, from facts and config/wall.yaml. Pure."""

from dataclasses import dataclass
from datetime import datetime

from ioc_api.projector.facts import Facts
from ioc_api.wall_file import TileConfig, TileId, WallConfig
from ioc_core.live import Tile

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """One number before its words: `compared` is what the levels are held against, when it isn't the value."""

    value: float | None
    note: str = ""
    unit: str | None = None
    compared: float | None = None
    observed_at: datetime | None = None
    running: bool = True  # the trend's last value is this value, not a count of the running hour


def tiles(facts: Facts, config: WallConfig) -> dict[str, Tile]:
    """Return the tiles by id, in the order of the configuration."""
    numbers = {
        **_dossier_numbers(facts),
        "systems_up": _systems(facts),
        "security_24h": _security(facts, config),
    }
    return {tile.id: _tile(tile, numbers[tile.id], facts) for tile in config.tiles}


def _tile(config: TileConfig, number: _Number, facts: Facts) -> Tile:
    trend = facts.trends.values.get(config.id, ()) if number.value is not None else ()
    if number.running and trend:
        trend = (*trend[:-1], number.value)
    return Tile(
        label=config.label,
        value=number.value,
        unit=config.unit if number.unit is None else number.unit,
        decimals=config.decimals,
        limit=config.limit,
        severity=config.severity(number.value if number.compared is None else number.compared),
        trend=trend,
        note=number.note,
        observed_at=number.observed_at,
        stale_after_seconds=facts.freshness.stale_after.get(config.id, config.stale_after),
    )


def _dossier_numbers(facts: Facts) -> dict[TileId, _Number]:
    work = facts.work
    observed_at = facts.freshness.observed_at
    heard = observed_at is not None
    opened = sum(unit.open for unit in work)
    overdue = sum(unit.overdue for unit in work)
    received = sum(unit.received_today for unit in work)
    busy = sum(unit.received_today > 0 for unit in work)
    measured = sum(unit.measured_month for unit in work)
    on_time = sum(unit.on_time_month for unit in work)
    soon = sum(unit.due_soon_1 + unit.due_soon_2 + unit.due_soon_3 for unit in work)
    share = f"{decimal(100 * overdue / opened)} % số hồ sơ đang xử lý" if opened else "không có hồ sơ đang xử lý"
    return {
        "received_today": _Number(
            value=float(received) if heard else None,
            note=f"tại {whole(busy)} đơn vị",
            observed_at=observed_at,
            running=False,
        ),
        "processing": _Number(
            value=float(opened) if heard else None, note=f"{whole(soon)} hồ sơ sắp đến hạn", observed_at=observed_at
        ),
        "overdue": _Number(value=float(overdue) if heard else None, note=share, observed_at=observed_at),
        "on_time_month": _Number(
            value=round(100 * on_time / measured, 4) if measured else None,
            note=f"{whole(on_time)}/{whole(measured)} hồ sơ đã kết thúc có thời hạn",
            observed_at=observed_at,
        ),
    }


def _systems(facts: Facts) -> _Number:
    down: dict[str, str] = {}
    known: set[str] = set()
    for probe in facts.probes:
        key = probe.system or probe.target
        known.add(key)
        if not probe.up:
            down[key] = probe.name
    if not known:
        return _Number(value=None, note="chưa có phép đo")
    named = ", ".join(list(down.values())[:_NAMED]) + (", …" if len(down) > _NAMED else "")
    return _Number(
        value=float(len(known) - len(down)),
        note=f"không hoạt động: {named}" if down else "tất cả hoạt động",
        unit=f"/ {whole(len(known))}",
        compared=float(len(down)),
        observed_at=max(probe.observed_at for probe in facts.probes),
    )


def _security(facts: Facts, config: WallConfig) -> _Number:
    heard_at = facts.security.heard_at
    return _Number(
        value=float(sum(count.events for count in facts.security.counts)) if heard_at is not None else None,
        note=f"mức {config.serious_security_severity}/100 trở lên",
        observed_at=heard_at,
        running=False,
    )


def whole(number: int) -> str:
    """Return a whole number as Vietnamese write it: 12.345."""
    return f"{number:,}".replace(",", ".")


def decimal(number: float) -> str:
    """Return a number with one decimal as Vietnamese write it: 4,5."""
    return f"{number:,.1f}".translate(str.maketrans(",.", ".,"))
