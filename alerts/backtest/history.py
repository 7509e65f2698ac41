"""Which views can be asked as of the past, how truly, and what they read then."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import asyncpg

from alerts.rule import Rule
from alerts.views import read_by
from ioc_core.db.retention_floors import read_floors
from ioc_core.errors import EngineError, IocError
from ioc_core.settings import Settings


class BacktestError(IocError):
    """A backtest can't be made; the message says why."""


class Fidelity(StrEnum):
    """What a view says of a past instant."""

    EXACT = "exact"  # what it said then, but for facts that arrived late
    KNOWN_TODAY = "as known today"  # what is known today of that instant
    PRESENT = "present state only"  # nothing: refused


@dataclass(frozen=True, slots=True)
class Past:
    """How a view is asked of the past: how truly, in which respect not, from which table (kept for a time)."""

    fidelity: Fidelity
    because: str = ""
    table: str = ""


_DOSSIER = (
    "status, unit, terms, requests, acceptance and step of a dossier are those of today; its telling and end are dated"
)
_INTAKE = "it counts dossiers by what is known of them today"
_CATALOGUE = "it holds what config/ says today"
_NO_PAST = "what it said in the past isn't kept"

PASTS: Mapping[str, Past] = MappingProxyType(
    {
        "v_samples": Past(Fidelity.EXACT, table="samples"),
        "v_series": Past(Fidelity.EXACT, table="samples"),
        "v_probes": Past(Fidelity.EXACT, table="probe_results"),
        "v_security_events": Past(Fidelity.EXACT, table="security_events"),
        "v_rejected": Past(Fidelity.EXACT, table="rejected"),
        "v_dossiers": Past(Fidelity.KNOWN_TODAY, _DOSSIER),
        "v_open_dossiers": Past(Fidelity.KNOWN_TODAY, _DOSSIER),
        "v_silent_units": Past(Fidelity.KNOWN_TODAY, _INTAKE),
        "v_source_intake": Past(Fidelity.KNOWN_TODAY, _INTAKE),
        "v_unit_intake": Past(Fidelity.KNOWN_TODAY, _INTAKE),
        "v_backdated_entry": Past(Fidelity.KNOWN_TODAY, _INTAKE),
        "v_entry_lag": Past(Fidelity.KNOWN_TODAY, _INTAKE),
        "v_stuck_dossiers": Past(Fidelity.PRESENT, "where a dossier stood, and what was last said of it, isn't kept"),
        "v_national_sync": Past(Fidelity.PRESENT, "it reads the newest value of each series"),
        "v_unmapped": Past(Fidelity.PRESENT, "what was mapped in the meantime is gone"),
        "v_sources": Past(Fidelity.PRESENT, "when a source was heard of is kept for the last time only"),
        "v_rule_evaluations": Past(Fidelity.PRESENT, _NO_PAST),
        "v_rule_files": Past(Fidelity.PRESENT, _NO_PAST),
        "v_notifications": Past(Fidelity.PRESENT, _NO_PAST),
        "v_oncall_gaps": Past(Fidelity.PRESENT, _NO_PAST),
        "v_mutes": Past(Fidelity.PRESENT, _NO_PAST),
        "units": Past(Fidelity.KNOWN_TODAY, _CATALOGUE),
        "procedures": Past(Fidelity.KNOWN_TODAY, _CATALOGUE),
        "systems": Past(Fidelity.KNOWN_TODAY, _CATALOGUE),
        "working_periods": Past(Fidelity.KNOWN_TODAY, _CATALOGUE),
        "clock_rules": Past(Fidelity.KNOWN_TODAY, _CATALOGUE),
    }
)
"""Every documented view. A function of an instant (`silent_units(at)`) counts as its view."""

_PROBES = """
SELECT c.target, c.source, r.kind, c.system, c.unit, r.observed_at, r.success, r.duration_seconds, r.status_code,
       r.certificate_not_after, r.error,
       (SELECT min(x.observed_at) FROM probe_results x
        WHERE x.target = c.target AND x.observed_at <= r.observed_at AND x.observed_at > coalesce(
            (SELECT y.observed_at FROM probe_results y
             WHERE y.target = c.target AND y.success <> r.success AND y.observed_at <= r.observed_at
             ORDER BY y.observed_at DESC LIMIT 1), '-infinity')) AS changed_at
FROM probe_current c
CROSS JOIN LATERAL (SELECT * FROM probe_results l WHERE l.target = c.target AND l.observed_at <= now()
                    ORDER BY l.observed_at DESC LIMIT 1) r
"""
_SERIES = """
SELECT n.id AS series_id, l.time, l.value FROM series n
CROSS JOIN LATERAL (SELECT x.time, x.value FROM samples x WHERE x.series_id = n.id AND x.time <= now()
                    ORDER BY x.time DESC LIMIT 1) l
"""
_DOSSIERS = """
SELECT o.code, o.resolving_unit, o.receiving_unit, o.resolving_text, o.receiving_text, o.work_unit, o.procedure_code,
       o.procedure_name, o.field_name, o.channel, o.status, o.filed_at, o.accepted_at, o.due_at, o.deadline_at,
       o.late_at, o.late_clock, o.requests, o.waited_seconds, o.waiting_since, o.waiting_for_citizen, o.accept_by,
       o.step_department, o.step_due_at, o.effective_at, o.first_told_at, o.told_at, o.source, NOT o.over AS is_open,
       CASE WHEN o.over THEN o.ended_at END AS ended_at, CASE WHEN o.over THEN o.end_status END AS end_status,
       CASE WHEN o.over THEN o.entered_at END AS entered_at, o.over AND o.entered_late AS entered_late,
       CASE WHEN o.over THEN o.lateness END AS lateness
FROM (SELECT *, coalesce(coalesce(entered_at, ended_at) <= now(), false) AS over FROM dossiers
      WHERE first_told_at <= now()) o
"""
_THEN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "v_probes": ("probe_current", _PROBES),
        "v_series": ("series_current", _SERIES),
        "v_samples": ("samples", "SELECT * FROM samples WHERE time <= now()"),
        "v_security_events": ("security_events", "SELECT * FROM security_events WHERE received_at <= now()"),
        "v_rejected": ("rejected", "SELECT * FROM rejected WHERE received_at <= now()"),
        "v_dossiers": ("dossiers", _DOSSIERS),
        "v_open_dossiers": ("dossiers", _DOSSIERS),
    }
)
"""View → the table in it that says more than was known then, and what it said then."""

_DEFINITION = "SELECT pg_get_viewdef(format('public.%I', $1::text)::regclass)"
_KEPT: Mapping[str, str] = MappingProxyType(
    {
        "samples": "retention_samples_days",
        "probe_results": "retention_probes_days",
        "security_events": "retention_security_days",
        "rejected": "retention_rejected_days",
    }
)


def notes_of(rule: Rule) -> list[str]:
    """Return what a reader of a backtest of `rule` has to know of its views.

    Raises:
        BacktestError: one of them only knows the present.
    """
    views = read_by(rule)
    present = [f"{view} ({PASTS[view].because})" for view in views if PASTS[view].fidelity is Fidelity.PRESENT]
    if present:
        raise BacktestError(f"rule {rule.alert} reads what only shows the present state: {', '.join(present)}")
    return [
        f"{view} is read as known today: {PASTS[view].because}"
        for view in views
        if PASTS[view].fidelity is Fidelity.KNOWN_TODAY
    ]


def then(definition: str, table: str, sql: str) -> str:
    """Return the definition of a view with one table in it replaced, under its own alias. Raises: EngineError."""
    text, count = re.subn(
        rf"(?P<before>\b(?:FROM|JOIN)\s+\(*){table}\b(?P<alias>\s+[a-z]+)?",
        lambda match: f"{match['before']}({sql}){match['alias'] or f' {table}'}",
        definition.rstrip().rstrip(";"),
    )
    if count != 1:
        raise EngineError(f"a view must read {table} once to be asked of the past, reads it {count} times")
    return text


async def views_then(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, str]:
    """Return the views that have to be other ones to say what was known at a past `now()`, with their definitions."""
    found = {}
    for view, (table, sql) in _THEN.items():
        found[view] = then(await connection.fetchval(_DEFINITION, view), table, sql)
    return found


async def check_kept(
    connection: "asyncpg.Connection[asyncpg.Record]", settings: Settings, rule: Rule, start: datetime, now: datetime
) -> None:
    """See that what `rule` reads is kept from `start` on. Raises: BacktestError, saying since when it is."""
    floors = await read_floors(connection)
    for table in sorted({PASTS[view].table for view in read_by(rule)} - {""}):
        setting = _KEPT[table]
        days: int = getattr(settings, setting)
        floor = floors.get(table) or now - timedelta(days=days)
        if start < floor:
            since = floor.astimezone(start.tzinfo).isoformat(timespec="seconds")
            raise BacktestError(
                f"--from {start.isoformat()}: {table} is kept since {since} only (IOC_{setting.upper()}={days})"
            )
