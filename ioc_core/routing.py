"""The routing tree that the alert engine's leader goes by, as others read it: which routes an alert takes, and why not
the others.

The leader records the tree when it begins to lead. The walk is that of `alerts/routes.py`, with its reasons. Pure, but
for `record` and `recorded`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from ioc_core.db.pool import Connection
from ioc_core.label_matchers import LabelMatcher

_RECORD = """
INSERT INTO alert_routing (routing, recorded_at) VALUES ($1, $2)
ON CONFLICT (single) DO UPDATE SET routing = excluded.routing, recorded_at = excluded.recorded_at
"""


class RouteNode(Struct, frozen=True, kw_only=True):
    """A route. `group_by`: None: every label. Waits are seconds. `go_on`: the siblings after it are asked too."""

    receiver: str
    group_by: tuple[str, ...] | None
    group_wait: float
    group_interval: float
    repeat_interval: float
    matchers: tuple[LabelMatcher, ...] = ()
    go_on: bool = False
    routes: tuple["RouteNode", ...] = ()


class ChannelState(Struct, frozen=True):
    """A channel of a receiver: `disabled` says why it doesn't work; empty: it does."""

    name: str
    disabled: str = ""


class ReceiverState(Struct, frozen=True):
    """A receiver: its channels, and the policy of config/oncall.yaml by which it goes on to people; empty: none."""

    name: str
    channels: tuple[ChannelState, ...] = ()
    escalate: str = ""

    @property
    def reachable(self) -> bool:
        """Whether anybody can be told by it."""
        return bool(self.escalate) or any(not channel.disabled for channel in self.channels)


class Routing(Struct, frozen=True):
    """The whole of it; receivers in the order of the file."""

    root: RouteNode
    receivers: tuple[ReceiverState, ...]

    def reachable(self, name: str) -> bool:
        """Whether anybody can be told by the receiver of that name."""
        return any(receiver.name == name and receiver.reachable for receiver in self.receivers)


class Asked(StrEnum):
    """What came of asking a route."""

    TAKEN = "taken"
    PASSED_DOWN = "passed_down"  # it matches, and a route below it took the alert
    NO_MATCH = "no_match"
    NOT_ASKED = "not_asked"  # a sibling before it took the alert


class Visit(Struct, frozen=True):
    """One route of the walk: `place`: indexes from the root down; `failed`: the first matcher that didn't hold."""

    place: tuple[int, ...]
    node: RouteNode
    asked: Asked
    failed: LabelMatcher | None = None


def walk(root: RouteNode, labels: Mapping[str, str]) -> list[Visit]:
    """Return every route that was asked, or wasn't because a sibling took the alert, from the root down.

    What lies below a route that didn't match isn't there. `labels` are those of `routing_labels`. An alert that no
    route takes is the root's.
    """
    visits = list(_walk(root, labels, ()))
    if not any(visit.asked is Asked.TAKEN for visit in visits):
        visits[0] = Visit((), root, Asked.TAKEN, visits[0].failed)
    return visits


def taken(root: RouteNode, labels: Mapping[str, str]) -> list[RouteNode]:
    """Return the routes that an alert takes, in their order."""
    return [visit.node for visit in walk(root, labels) if visit.asked is Asked.TAKEN]


def group_labels(node: RouteNode, labels: Mapping[str, str]) -> dict[str, str]:
    """Return what the alerts of the group have in common to which an alert belongs under `node`."""
    names = sorted(labels) if node.group_by is None else node.group_by
    return {name: labels[name] for name in names if name in labels}


def _walk(node: RouteNode, labels: Mapping[str, str], place: tuple[int, ...]) -> Iterator[Visit]:
    failed = next((matcher for matcher in node.matchers if not matcher.matches(labels)), None)
    if failed is not None:
        yield Visit(place, node, Asked.NO_MATCH, failed)
        return
    below: list[Visit] = []
    took = stopped = False
    for index, child in enumerate(node.routes):
        if stopped:
            below.append(Visit((*place, index), child, Asked.NOT_ASKED))
            continue
        found = list(_walk(child, labels, (*place, index)))
        below += found
        matched = found[0].asked is not Asked.NO_MATCH
        took = took or matched
        stopped = matched and not child.go_on
    yield Visit(place, node, Asked.PASSED_DOWN if took else Asked.TAKEN)
    yield from below


async def record(connection: Connection, routing: Routing, now: datetime) -> None:
    """Keep what the leader goes by; call inside its transaction."""
    await connection.execute(_RECORD, msgspec.to_builtins(routing), now)


async def recorded(connection: Connection) -> Routing | None:
    """Return what the present leader, or the last one, goes by; None: there was none yet."""
    plain = await connection.fetchval("SELECT routing FROM alert_routing")
    return None if plain is None else msgspec.convert(plain, Routing)
