"""What a client may see and asked to see. Pure."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ioc_api.projector.state import State, unit_of_group
from ioc_core.live import Topic

SCOPED_TOPICS = frozenset({Topic.ALERTS, Topic.UNITS})
"""The topics whose values belong to a unit each: all that somebody with a scope below the province can see."""


class View(Struct, frozen=True):
    """Topics, and the units they are limited to (None: the province). Clients with equal views share each frame."""

    topics: frozenset[Topic]
    units: frozenset[str] | None = None

    def select(self, topic: Topic, items: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the items of a topic that this view shows."""
        if topic not in self.topics:
            return {}
        if self.units is None:
            return items
        if topic is Topic.UNITS:
            return {key: value for key, value in items.items() if key in self.units}
        return {key: value for key, value in items.items() if unit_of_group(key) in self.units}

    def of(self, state: State) -> State:
        """Return what of `state` this view shows."""
        return {topic: dict(self.select(topic, state.get(topic, {}))) for topic in Topic if topic in self.topics}
