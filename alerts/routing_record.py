"""What the leader goes by, in the form in which others read it. Pure."""

from alerts.matchers import Matcher
from alerts.receivers import Receivers
from alerts.route_file import Routing
from alerts.routes import Route
from ioc_core import routing as recorded
from ioc_core.label_matchers import LabelMatcher
from ioc_core.routing import ChannelState, ReceiverState, RouteNode


def to_record(routing: Routing, receivers: Receivers) -> recorded.Routing:
    """Return the tree, and the receivers with what of them doesn't work."""
    return recorded.Routing(
        node(routing.root),
        tuple(
            ReceiverState(
                name,
                tuple(
                    ChannelState(config.name, receivers.disabled.get((name, config.name), "")) for config in configs
                ),
                routing.escalations[name].policy if name in routing.escalations else "",
            )
            for name, configs in routing.receivers.items()
        ),
    )


def node(route: Route) -> RouteNode:
    """Return one route with those below it."""
    return RouteNode(
        receiver=route.receiver,
        group_by=route.group_by,
        group_wait=route.waits.group_wait.total_seconds(),
        group_interval=route.waits.group_interval.total_seconds(),
        repeat_interval=route.waits.repeat_interval.total_seconds(),
        matchers=tuple(map(_matcher, route.matchers)),
        go_on=route.go_on,
        routes=tuple(map(node, route.routes)),
    )


def _matcher(matcher: Matcher) -> LabelMatcher:
    return LabelMatcher(
        matcher.label, matcher.value, is_regex="~" in matcher.operator, is_equal=not matcher.operator.startswith("!")
    )
