"""The documented views: what a rule may read, and which kind of fact changes each."""

from collections.abc import Mapping
from types import MappingProxyType

from alerts.rule import Rule
from alerts.sql_text import calls, relations
from ioc_core.live import Facts

NEVER = frozenset[Facts]()

VIEWS: Mapping[str, frozenset[Facts]] = MappingProxyType(
    {
        "v_open_dossiers": frozenset({Facts.DOSSIERS}),
        "v_unmapped": frozenset({Facts.DOSSIERS}),
        "v_dossiers": frozenset({Facts.DOSSIERS}),
        "v_silent_units": frozenset({Facts.DOSSIERS}),
        "v_source_intake": frozenset({Facts.DOSSIERS}),
        "v_unit_intake": frozenset({Facts.DOSSIERS}),
        "v_backdated_entry": frozenset({Facts.DOSSIERS}),
        "v_entry_lag": frozenset({Facts.DOSSIERS}),
        "v_stuck_dossiers": frozenset({Facts.DOSSIERS}),
        "v_national_sync": frozenset({Facts.DOSSIERS, Facts.SAMPLES}),
        "v_probes": frozenset({Facts.PROBES}),
        "v_sources": frozenset({Facts.SOURCES}),
        "v_security_events": frozenset({Facts.SECURITY}),
        "v_series": frozenset({Facts.SAMPLES}),
        "v_samples": frozenset({Facts.SAMPLES}),
        "v_rejected": frozenset({Facts.SOURCES}),
        "v_rule_evaluations": NEVER,
        "v_rule_files": NEVER,
        "v_notifications": NEVER,
        "v_oncall_gaps": NEVER,
        "v_mutes": NEVER,
        "units": NEVER,
        "procedures": NEVER,
        "systems": NEVER,
        "working_periods": NEVER,
        "clock_rules": NEVER,
    }
)
"""View → the kinds of fact that change it; none: only the interval and `wake` evaluate a rule over it."""

ROLLED_UP = frozenset({"v_national_sync"})
"""Views that read the minutes, hours or days of samples."""


def read_by(rule: Rule) -> tuple[str, ...]:
    """Return the documented views that the SQL of `rule` reads, each once; its functions count as views."""
    found: dict[str, None] = {}
    for sql in (rule.expr, rule.wake):
        if sql is not None:
            named = [relation.name for relation in relations(sql)]
            found |= dict.fromkeys([*named, *(f"v_{name}" for name in calls(sql))])
    return tuple(name for name in found if name in VIEWS)
