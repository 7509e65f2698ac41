"""What is different between two sets of rules. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.rule import Rule


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Names, in the order of the files; `renamed`: old name → new name, in neither `added` nor `removed`."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: dict[str, str]


def rule_changes(old: Sequence[Rule], new: Sequence[Rule]) -> RuleChanges:
    """Return what changed from `old` to `new`; that a rule only moved within its file is no change.

    A rule was renamed when it is gone and exactly one new rule asks the same and says it with the same labels.
    """
    before, after = {rule.alert: rule for rule in old}, {rule.alert: rule for rule in new}
    gone = [rule for rule in old if rule.alert not in after]
    come = [rule for rule in new if rule.alert not in before]
    renamed: dict[str, str] = {}
    for rule in gone:
        heirs = [heir.alert for heir in come if _same_question(rule, heir)]
        if len(heirs) == 1 and heirs[0] not in renamed.values():
            renamed[rule.alert] = heirs[0]
    return RuleChanges(
        added=tuple(rule.alert for rule in come if rule.alert not in renamed.values()),
        removed=tuple(rule.alert for rule in gone if rule.alert not in renamed),
        changed=tuple(name for name in after if name in before and _content(before[name]) != _content(after[name])),
        renamed=renamed,
    )


def _same_question(one: Rule, other: Rule) -> bool:
    return one.expr.split() == other.expr.split() and dict(one.labels) == dict(other.labels)


def _content(rule: Rule) -> tuple[object, ...]:
    return (rule.group, rule.expr, rule.interval, rule.hold, rule.severity, dict(rule.labels), rule.details,
            rule.annotations, rule.facts, rule.wake, rule.when)  # fmt: skip
