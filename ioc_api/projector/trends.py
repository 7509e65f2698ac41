"""24 hourly values of each tile, from what happened in each hour. Pure."""

from collections.abc import Sequence

from ioc_api.projector.facts import Trends, UnitWork
from ioc_api.projector.instants import HOURS
from ioc_api.queries.live_trends import Hourly


def trends(hourly: Hourly, work: Sequence[UnitWork]) -> Trends:
    """Return the values at the end of each hour (the last: now), as known today; None where nothing was measured."""
    ended = [0] * HOURS
    measured = [0] * HOURS
    on_time = [0] * HOURS
    late_running = [0] * HOURS
    for row in hourly.ended:
        ended[row.hour] += row.ended
        measured[row.hour] += row.measured
        on_time[row.hour] += row.on_time
        if row.due_hour is not None:
            for hour in range(max(row.due_hour, 0), row.hour):
                late_running[hour] += row.ended
    filed_after = _after([hourly.filed.get(hour, 0) for hour in range(HOURS)])
    due_after = _after([hourly.due.get(hour, 0) for hour in range(HOURS)])
    ended_after = _after(ended)
    open_now = sum(unit.open for unit in work)
    overdue_now = sum(unit.overdue for unit in work)
    return Trends(
        values={
            "received_today": tuple(float(hourly.filed.get(hour, 0)) for hour in range(HOURS)),
            "processing": tuple(
                float(max(open_now - filed + done, 0)) for filed, done in zip(filed_after, ended_after, strict=True)
            ),
            "overdue": tuple(
                float(max(overdue_now - due + late, 0)) for due, late in zip(due_after, late_running, strict=True)
            ),
            "on_time_month": _shares(measured, on_time, work),
            "systems_up": tuple(
                None if (up := hourly.systems_up.get(hour)) is None else float(up) for hour in range(HOURS)
            ),
            "security_24h": tuple(float(hourly.security.get(hour, 0)) for hour in range(HOURS)),
        },
        rejected_24h=hourly.rejected_24h,
    )


def _shares(measured: list[int], on_time: list[int], work: Sequence[UnitWork]) -> tuple[float | None, ...]:
    all_measured = sum(unit.measured_month for unit in work)
    all_on_time = sum(unit.on_time_month for unit in work)
    shares: list[float | None] = []
    for later_measured, later_on_time in zip(_after(measured), _after(on_time), strict=True):
        then = all_measured - later_measured
        shares.append(round(100 * (all_on_time - later_on_time) / then, 2) if then > 0 else None)
    return tuple(shares)


def _after(counts: list[int]) -> list[int]:
    """For each hour, what happened after it."""
    total = sum(counts)
    after = []
    for count in counts:
        total -= count
        after.append(total)
    return after
