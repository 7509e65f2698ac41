"""The routing tree: which receiver is told of an alert, and with which others. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from alerts.matchers import Matcher
from alerts.rule import Labels
from ioc_core.events import content_id
from ioc_core.label_matchers import routing_labels

__all__ = ["Group", "Route", "Waits", "can_flood", "flood_group_for", "group_for", "routes_for", "routing_labels"]

FLOOD_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Waits:
    """When a group is told of: after how long at first, how often at most, how often again with no news."""

    group_wait: timedelta
    group_interval: timedelta
    repeat_interval: timedelta


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the tree. `group_by`: label names; None: every label, so each alert is its own group."""

    path: str  # the matchers from the root down: what the route is, wherever it stands in the file
    receiver: str
    group_by: tuple[str, ...] | None
    waits: Waits
    matchers: tuple[Matcher, ...]
    go_on: bool  # `continue`: the siblings after it are asked too
    routes: tuple["Route", ...]
    flood_over: int | None = None  # more alerts of a rule than this, begun within a minute, are one group; None: never

    @property
    def can_flood(self) -> bool:
        """Whether a flood would be many groups: alerts of one rule aren't one group already."""
        return self.flood_over is not None and (self.group_by is None or not {"alertname"}.issuperset(self.group_by))


@dataclass(frozen=True, slots=True)
class Group:
    """The alerts of one route that have the labels it groups by in common."""

    key: str
    receiver: str
    labels: Mapping[str, str]
    waits: Waits


def routes_for(root: Route, labels: Labels) -> list[Route]:
    """Return the routes an alert takes: the deepest that match, the root when none does."""
    return list(_matching(root, labels)) or [root]


def group_for(route: Route, labels: Labels) -> Group:
    """Return the group that an alert with `labels` belongs to under `route`."""
    names = sorted(labels) if route.group_by is None else route.group_by
    common = {name: labels[name] for name in names if name in labels}
    parts = (part for name in sorted(common) for part in (name, common[name]))
    return Group(content_id(route.path, route.receiver, *parts), route.receiver, common, route.waits)


def flood_group_for(route: Route, labels: Labels) -> Group:
    """Return the group of a flood of alerts of one rule under `route`: told of at most once a minute."""
    common = {"alertname": labels["alertname"]}
    waits = replace(route.waits, group_interval=max(route.waits.group_interval, FLOOD_WITHIN))
    key = content_id(route.path, route.receiver, "flood", labels["alertname"])
    return Group(key, route.receiver, common, waits)


def can_flood(route: Route) -> bool:
    """Whether a flood would be many groups under this route or one below it."""
    return route.can_flood or any(can_flood(below) for below in route.routes)


def _matching(route: Route, labels: Labels) -> Iterator[Route]:
    if not all(matcher.matches(labels) for matcher in route.matchers):
        return
    below = False
    for child in route.routes:
        found = list(_matching(child, labels))
        yield from found
        below = below or bool(found)
        if found and not child.go_on:
            break
    if not below:
        yield route
