"""What changed between two states, and a state after a change. Pure."""

from collections.abc import Mapping
from typing import Any

from ioc_api.projector.state import State
from ioc_core.live import Topic


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys whose value is new or other, and None for each key that is gone."""
    changed = {key: value for key, value in new.items() if key not in old or old[key] != value}
    changed |= dict.fromkeys(key for key in old if key not in new)
    return changed


def differences(old: State, new: State) -> dict[Topic, dict[str, Any]]:
    """Return the changed items of each topic that changed."""
    found = {topic: difference(old.get(topic, {}), items) for topic, items in new.items()}
    return {topic: items for topic, items in found.items() if items}


def apply(values: dict[str, Any], items: Mapping[str, Any]) -> None:
    """Change the values of one topic in place; doing so twice changes nothing more."""
    for key, value in items.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
