"""The routing tree written as Alertmanager's configuration: amtool shows it and tests routes against it. Pure."""

import json
from collections.abc import Iterator
from datetime import timedelta

from ioc_core.durations import format_duration
from ioc_core.routing import RouteNode, Routing

_LEAST = timedelta(milliseconds=1)
"""Alertmanager refuses intervals of zero."""


def config_text(routing: Routing | None) -> str:
    """Return the tree and the names of the receivers as YAML; empty when nobody has led yet.

    How receivers are reached isn't in it: addresses may hold secrets.
    """
    if routing is None:
        return ""
    lines = ["route:", *("  " + line for line in _route(routing.root)), "receivers:"]
    lines += [f"  - name: {_text(receiver.name)}" for receiver in routing.receivers]
    return "\n".join(lines) + "\n"


def _route(node: RouteNode) -> Iterator[str]:
    yield f"receiver: {_text(node.receiver)}"
    if node.matchers:
        yield f"matchers: [{', '.join(_text(str(matcher)) for matcher in node.matchers)}]"
    names = ["..."] if node.group_by is None else node.group_by
    yield f"group_by: [{', '.join(map(_text, names))}]"
    yield f"group_wait: {format_duration(timedelta(seconds=node.group_wait))}"
    for name, seconds in (("group_interval", node.group_interval), ("repeat_interval", node.repeat_interval)):
        yield f"{name}: {format_duration(max(timedelta(seconds=seconds), _LEAST))}"
    if node.go_on:
        yield "continue: true"
    if node.routes:
        yield "routes:"
        for child in node.routes:
            first, *others = _route(child)
            yield f"  - {first}"
            yield from (f"    {line}" for line in others)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
