"""The live state, from facts: every topic's keyed values. Pure; a value changes only when what is shown changes."""

from typing import Any, Literal

from ioc_api.projector.facts import Facts, Source, UnitWork
from ioc_api.projector.tiles import tiles
from ioc_api.wall_file import WallConfig
from ioc_core.live import (
    AlarmSummary,
    AlertGroup,
    Severity,
    SourceHealth,
    SourceState,
    SystemState,
    Topic,
    UnitState,
)

State = dict[Topic, dict[str, Any]]
"""Topic → key → value (a struct of ioc_core.live, or the same as plain JSON data)."""

Freshness = Literal["alive", "late", "silent", "never"]
UNMAPPED = "unmapped"
NOTICE: Severity = 4
"""The severity that asks nobody to act now: in the list, but it colours no unit (grey when all is normal)."""
_SHOWN_SILENT = 5
_DAY = 86400.0


def project(facts: Facts, config: WallConfig) -> State:
    """Return the whole live state."""
    health = source_health(facts, config)
    overview: dict[str, Any] = {**tiles(facts, config), "alarms": alarm_summary(facts), "health": health}
    return {
        Topic.OVERVIEW: overview,
        Topic.ALERTS: alert_groups(facts),
        Topic.UNITS: unit_states(facts),
        Topic.SYSTEMS: system_states(facts),
        Topic.SOURCES: source_states(facts, config),
        Topic.RECENT: {"dossiers": list(facts.recent)},
    }


def alarm_summary(facts: Facts) -> AlarmSummary:
    """Return how many groups are firing, by severity."""
    firing = dict.fromkeys(("1", "2", "3", "4"), 0)
    unacknowledged = dict(firing)
    for group in facts.alarms.groups:
        firing[str(group.severity)] += 1
        unacknowledged[str(group.severity)] += group.unacknowledged > 0
    return AlarmSummary(
        firing=firing,
        unacknowledged=unacknowledged,
        new_10min=facts.alarms.new_10min,
        new_24h=facts.alarms.new_24h,
    )


def alert_groups(facts: Facts) -> dict[str, AlertGroup]:
    """Return the firing groups by `rule:unit`, the worst and oldest first."""
    ordered = sorted(facts.alarms.groups, key=lambda group: (group.severity, group.started_at, group.rule, group.unit))
    return {
        group_key(group.rule, group.unit): AlertGroup(
            rule=group.rule,
            severity=group.severity,
            summary=group.summary,
            unit=group.unit,
            unit_name=group.unit_name,
            count=group.count,
            started_at=group.started_at,
            acknowledged_by=None if group.unacknowledged else group.acknowledged_by,
            acknowledged_at=None if group.unacknowledged else group.acknowledged_at,
            fingerprints=group.fingerprints,
            muted=group.muted,
        )
        for group in ordered
    }


def group_key(rule: str, unit: str) -> str:
    """Return the key of an alert group."""
    return f"{rule}:{unit}"


def unit_of_group(key: str) -> str:
    """Return the unit of an alert group's key."""
    return key.rpartition(":")[2]


def unit_states(facts: Facts) -> dict[str, UnitState]:
    """Return every unit that exists today or has open dossiers; those of no known unit together as `unmapped`."""
    worst = worst_by_unit(facts)
    work = {unit.unit: unit for unit in facts.work}
    states: dict[str, UnitState] = {}
    for unit in facts.units:
        held = work.get(unit.code, _NO_WORK)
        if unit.current or held.open:
            states[unit.code] = _unit_state(unit.name, unit.kind, held, worst.get(unit.code))
    unmapped = work.get(None, _NO_WORK)
    if unmapped.open:
        states[UNMAPPED] = _unit_state("Chưa ánh xạ", UNMAPPED, unmapped, worst.get(UNMAPPED))
    return states


_NO_WORK = UnitWork(unit=None)


def worst_by_unit(facts: Facts) -> dict[str, Severity]:
    """Return the worst severity that fires of each unit, notices aside."""
    worst: dict[str, Severity] = {}
    for group in facts.alarms.groups:
        if group.severity != NOTICE:
            worst[group.unit] = min(worst.get(group.unit, group.severity), group.severity)
    return worst


def _unit_state(name: str, kind: str, work: UnitWork, severity: Severity | None) -> UnitState:
    return UnitState(name=name, kind=kind, severity=severity, **counters(work))


def counters(work: UnitWork) -> dict[str, Any]:
    """Return what screens are told of a unit's dossiers."""
    return {name: getattr(work, name) for name in _COUNTERS}


_COUNTERS = tuple(name for name in UnitWork.__struct_fields__ if name != "unit")


def system_states(facts: Facts) -> dict[str, SystemState]:
    """Return every probed target."""
    return {
        probe.target: SystemState(
            name=probe.name,
            system=probe.system,
            up=probe.up,
            changed_at=probe.changed_at,
            observed_at=probe.observed_at,
            duration_seconds=round(probe.duration_seconds, 4),
            certificate_days_left=None
            if probe.certificate_not_after is None
            else round((probe.certificate_not_after - facts.read_at).total_seconds() / _DAY, 1),
            error=probe.error,
        )
        for probe in facts.probes
    }


def source_states(facts: Facts, config: WallConfig) -> dict[str, SourceState]:
    """Return every source and how fresh it is."""
    return {
        source.name: SourceState(
            title=source.title,
            kind=source.kind,
            state=_freshness_of(source, config),
            last_seen_at=source.last_seen_at,
            events_total=source.events_total,
            rejected_total=source.rejected_total,
        )
        for source in facts.sources
    }


def source_health(facts: Facts, config: WallConfig) -> SourceHealth:
    """Return how many sources are alive. Those of which nothing is expected count as alive once heard of."""
    states = [(source, _freshness_of(source, config)) for source in facts.sources]
    silences = [
        source.silent_seconds
        for source, _ in states
        if source.silent_seconds is not None and source.expected_within_seconds is not None
    ]
    return SourceHealth(
        alive=sum(state in {"alive", "late"} for _, state in states),
        expected=len(states),
        oldest_seconds=float(round(max(silences))) if silences else None,
        silent=tuple(source.title for source, state in states if state in {"silent", "never"})[:_SHOWN_SILENT],
        rejected_24h=facts.trends.rejected_24h,
        events_per_second=facts.events_per_second,
    )


def _freshness_of(source: Source, config: WallConfig) -> Freshness:
    return freshness(source.silent_seconds, source.expected_within_seconds, late_share=config.late_share)


def freshness(silent_seconds: float | None, expected_within: float | None, *, late_share: float) -> Freshness:
    """Return whether a source tells as often as it should; `late` is a warning before `silent`."""
    if silent_seconds is None:
        return "never"
    if expected_within is None or silent_seconds <= late_share * expected_within:
        return "alive"
    return "late" if silent_seconds <= expected_within else "silent"
