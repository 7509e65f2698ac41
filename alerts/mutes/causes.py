"""Alerts that other alerts explain: inhibition, as Alertmanager has it, what systems stand on, missing data. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerts.matchers import Matcher
from alerts.mutes.mute import Kind, Mute, Target
from alerts.rule import Labels


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """While a source fires, targets that have the labels `equal` in common with it are muted.

    `kind` is STORM where the source says that data is missing, from which alone the targets follow.
    """

    name: str
    sources: tuple[Matcher, ...]
    targets: tuple[Matcher, ...]
    equal: tuple[str, ...]
    kind: Kind = Kind.INHIBITED


@dataclass(frozen=True, slots=True)
class FlapRule:
    """An alert that began `begins` times `within` a while is muted until it hasn't begun for `calm`."""

    matchers: tuple[Matcher, ...]
    begins: int
    within: timedelta
    calm: timedelta


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Which alerts say that a system (their label `system`) is down, and which are muted when one below theirs is."""

    down: tuple[Matcher, ...]
    muted: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class System:
    """A system of the catalogue; `owner` is a unit's code."""

    code: str
    name: str
    owner: str
    depends_on: frozenset[str]


@dataclass(frozen=True, slots=True)
class Causes:
    """What config/routes.yaml says of alerts that explain others."""

    inhibit: tuple[InhibitRule, ...] = ()
    dependencies: Dependencies | None = None
    flapping: tuple[FlapRule, ...] = ()

    def source_rules(self) -> frozenset[str] | None:
        """Return the rules whose alerts may explain others; None: any may. Empty: none does."""
        named: set[str] = set()
        sources = [rule.sources for rule in self.inhibit]
        if self.dependencies is not None:
            sources.append(self.dependencies.down)
        for matchers in sources:
            names = {matcher.value for matcher in matchers if (matcher.label, matcher.operator) == ("alertname", "=")}
            if not names:
                return None
            named |= names
        return frozenset(named)


def explained(
    causes: Causes, systems: Mapping[str, System], firing: Sequence[Target], targets: Sequence[Target]
) -> Iterator[tuple[int, Mute]]:
    """Yield (alert, mute) for each of `targets` that an alert of `firing` explains."""
    for rule in causes.inhibit:
        yield from inhibited(rule, firing, targets)
    if causes.dependencies is not None:
        yield from depending(causes.dependencies, systems, firing, targets)


def inhibited(rule: InhibitRule, firing: Iterable[Target], targets: Iterable[Target]) -> Iterator[tuple[int, Mute]]:
    """Yield what one rule mutes.

    As in Alertmanager: a label of `equal` that neither has is equal; and what is source and target at once isn't
    muted by another that is both, else two such alerts would keep each other quiet.
    """
    sources: dict[tuple[str, ...], list[tuple[Target, bool]]] = {}
    for alert in firing:
        if _match(rule.sources, alert.labels):
            both = _match(rule.targets, alert.labels)
            sources.setdefault(_values(rule, alert.labels), []).append((alert, both))
    if not sources:
        return
    for target in targets:
        found = sources.get(_values(rule, target.labels))
        if found is None or not _match(rule.targets, target.labels):
            continue
        is_source = _match(rule.sources, target.labels)
        source = next((alert for alert, both in found if not (both and is_source)), None)
        if source is not None:
            word = "Nguồn dữ liệu im lặng" if rule.kind is Kind.STORM else "Đã có cảnh báo khác"
            yield target.alert_id, Mute(rule.kind, rule.name, f"{word}: {source.summary}")


def depending(
    dependencies: Dependencies, systems: Mapping[str, System], firing: Iterable[Target], targets: Iterable[Target]
) -> Iterator[tuple[int, Mute]]:
    """Yield the alerts of systems that stand, however indirectly, on one that is down.

    A system that is down at a unit (an alert of that unit) explains alerts of that unit only; one that is down at its
    owner, or at no unit, those of all.
    """
    down: dict[str, list[Target]] = {}
    for alert in firing:
        system = alert.labels.get("system", "")
        if system in systems and _match(dependencies.down, alert.labels):
            down.setdefault(system, []).append(alert)
    if not down:
        return
    for target in targets:
        system = target.labels.get("system", "")
        if system not in systems or not _match(dependencies.muted, target.labels):
            continue
        for below in sorted(stands_on(system, systems) & down.keys()):
            units = {"", systems[below].owner, target.unit}
            cause = next((alert for alert in down[below] if alert.unit in units), None)
            if cause is not None:
                reason = f"Phụ thuộc {systems[below].name}: {cause.summary}"
                yield target.alert_id, Mute(Kind.DEPENDENCY, below, reason)


def stands_on(system: str, systems: Mapping[str, System]) -> frozenset[str]:
    """Return the systems without which this one can't work, those below them among them; never itself."""
    found: set[str] = set()
    ahead = [system]
    while ahead:
        code = ahead.pop()
        for below in systems[code].depends_on if code in systems else ():
            if below not in found and below != system:
                found.add(below)
                ahead.append(below)
    return frozenset(found)


def _match(matchers: Iterable[Matcher], labels: Labels) -> bool:
    return all(matcher.matches(labels) for matcher in matchers)


def _values(rule: InhibitRule, labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in rule.equal)
