"""Alerts that begin again and again: one that flaps is muted until it is calm. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from alerts.mutes.causes import FlapRule
from alerts.mutes.mute import Kind, Mute, Target
from ioc_core.durations import format_duration


def rule_of(rules: Sequence[FlapRule], target: Target) -> FlapRule | None:
    """Return the first rule that an alert meets."""
    return next((rule for rule in rules if all(matcher.matches(target.labels) for matcher in rule.matchers)), None)


def lately(rules: Sequence[FlapRule], targets: Sequence[Target], now: datetime) -> Iterator[tuple[Target, FlapRule]]:
    """Yield the alerts that may flap: those that meet a rule, and began so lately that they aren't calm."""
    longest = max((rule.calm for rule in rules), default=timedelta())
    for target in targets:
        if target.firing_at is None or target.firing_at + longest <= now:
            continue
        rule = rule_of(rules, target)
        if rule is not None and target.firing_at + rule.calm > now:
            yield target, rule


def flapping(suspects: Sequence[tuple[Target, FlapRule]], beginnings: Mapping[int, int]) -> Iterator[tuple[int, Mute]]:
    """Yield (alert, mute) for those that flap; `beginnings`: how often each began within its rule's while."""
    for target, rule in suspects:
        times = beginnings.get(target.alert_id, 0)
        if times >= rule.begins and target.firing_at is not None:
            reason = f"Chập chờn, {times} lần trong {format_duration(rule.within)}: {target.summary}"
            yield target.alert_id, Mute(Kind.FLAPPING, target.fingerprint, reason, target.firing_at + rule.calm)
