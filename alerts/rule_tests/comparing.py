"""What was found at a check beside what was expected: lines of a difference, as `diff` writes them. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from alerts.rule_tests.model import CheckModel, ExpectedAlert, ExpectedNotification

ExpectedT = TypeVar("ExpectedT")
FoundT = TypeVar("FoundT")


@dataclass(frozen=True, slots=True)
class FoundAlert:
    """An alert of the simulated centre."""

    rule: str
    state: str
    severity: int
    labels: Mapping[str, str]
    summary: str
    value: float | None

    def __str__(self) -> str:
        labels = ", ".join(f"{name}={self.labels[name]!r}" for name in sorted(self.labels))
        return f"{self.rule} {self.state} P{self.severity} {{{labels}}} value {_number(self.value)} {self.summary!r}"


@dataclass(frozen=True, slots=True)
class FoundNotification:
    """A notification that was sent; `alerts`: how many it tells of."""

    receiver: str
    reason: str
    severity: int
    title: str
    alerts: int

    def __str__(self) -> str:
        return f"{self.receiver} {self.reason} P{self.severity} {self.title!r} ({self.alerts})"


@dataclass(frozen=True, slots=True)
class Found:
    """What there is at a check."""

    alerts: Sequence[FoundAlert] = ()
    notifications: Sequence[FoundNotification] = ()


def difference(expected: CheckModel, found: Found) -> list[str]:
    """Return the lines that say how `found` differs from what was expected; none: it doesn't."""
    lines: list[str] = []
    if expected.alerts is not None:
        lines += _lines("alerts", expected.alerts, found.alerts, _is_alert, _said_alert)
    if expected.notifications is not None:
        lines += _lines("notifications", expected.notifications, found.notifications, _is_notification, _said)
    return lines


def _lines(
    title: str,
    expected: Sequence[ExpectedT],
    found: Sequence[FoundT],
    fits: Callable[[ExpectedT, FoundT], bool],
    said: Callable[[ExpectedT], str],
) -> list[str]:
    partner = _matching([[index for index, one in enumerate(found) if fits(wish, one)] for wish in expected])
    taken = set(partner.values())
    missing = [f"    - expected  {said(wish)}" for index, wish in enumerate(expected) if index not in partner]
    surplus = [f"    + found     {one}" for index, one in enumerate(found) if index not in taken]
    same = [f"      both      {found[index]}" for index in sorted(taken)]
    return [f"  {title}:", *missing, *surplus, *same] if missing or surplus else []


def _matching(candidates: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return wish → what fulfils it, for as many wishes as can be fulfilled at once (by augmenting paths)."""
    owner: dict[int, int] = {}

    def fulfil(wish: int, tried: set[int]) -> bool:
        for one in candidates[wish]:
            if one not in tried:
                tried.add(one)
                if one not in owner or fulfil(owner[one], tried):
                    owner[one] = wish
                    return True
        return False

    for wish in range(len(candidates)):
        fulfil(wish, set())
    return {wish: one for one, wish in owner.items()}


def _is_alert(expected: ExpectedAlert, found: FoundAlert) -> bool:
    return (
        expected.state == found.state
        and expected.rule in {None, found.rule}
        and expected.severity in {None, found.severity}
        and expected.summary in {None, found.summary}
        and (expected.value is None or expected.value == found.value)
        and all(found.labels.get(name, "") == value for name, value in expected.labels.items())
    )


def _is_notification(expected: ExpectedNotification, found: FoundNotification) -> bool:
    return (
        expected.receiver == found.receiver
        and expected.reason in {None, found.reason}
        and expected.severity in {None, found.severity}
        and expected.title in {None, found.title}
        and expected.alerts in {None, found.alerts}
    )


def _said_alert(expected: ExpectedAlert) -> str:
    parts = [expected.rule or "", expected.state, "" if expected.severity is None else f"P{expected.severity}"]
    if expected.labels:
        parts.append("{" + ", ".join(f"{name}={value!r}" for name, value in sorted(expected.labels.items())) + "}")
    if expected.value is not None:
        parts.append(f"value {_number(expected.value)}")
    if expected.summary is not None:
        parts.append(repr(expected.summary))
    return _joined(parts)


def _said(expected: ExpectedNotification) -> str:
    severity = "" if expected.severity is None else f"P{expected.severity}"
    title = "" if expected.title is None else repr(expected.title)
    count = "" if expected.alerts is None else f"({expected.alerts})"
    return _joined([expected.receiver, expected.reason or "", severity, title, count])


def _joined(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
