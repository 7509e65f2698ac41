"""An explanation as its page shows it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from dashboards.explain.models import Answer, Explanation
from dashboards.labels import LABEL_NAMES
from dashboards.links import CONSOLE, link
from dashboards.templates import template
from dashboards.vietnamese import SEVERITY_MARKS, SEVERITY_NAMES, STATE_NAMES, ZONE, day_and_time

_TOLD, _TROUBLE = frozenset({"told"}), frozenset({"failed", "channels_off", "no_leader"})
_WAITING = frozenset({"sending", "pending", "group_wait", "soon"})
_ASKED: Mapping[str, tuple[str, str]] = {
    "taken": ("✓", "took"),
    "passed_down": ("↓", "passed"),
    "no_match": ("×", "apart"),
    "not_asked": ("–", "apart"),
}
_DELIVERED: Mapping[str, tuple[str, str]] = {"sent": ("✓", ""), "failed": ("!", "p2"), "queued": ("…", "p3")}
_BAD_STEPS = frozenset({"notification_failed", "way_failed"})


class Badge(NamedTuple):
    """A shape and a word; `tone` is a class of paper.css."""

    mark: str
    words: str
    tone: str


def render(explanation: Explanation) -> str:
    """Return the page; all text is escaped."""
    return template("explain/explain.html.j2").render(
        one=explanation,
        back=link(CONSOLE, alert=explanation.alert_id),
        badge=badge(explanation),
        answers=[(verdict(answer), answer) for answer in explanation.answers],
        routes=[(*_ASKED.get(route.asked, ("", "")), route) for route in explanation.routes],
        deliveries=[
            (*_DELIVERED.get(row.state, ("", "")), moment(row.created_at), row) for row in explanation.deliveries
        ],
        steps=[(moment(step.at), step.kind in _BAD_STEPS, step.text) for step in reversed(explanation.steps)],
        labels=[(LABEL_NAMES.get(name, name), value) for name, value in sorted(explanation.labels.items())],
        made_at=day_and_time(explanation.as_of),
    )


def badge(explanation: Explanation) -> Badge:
    """Return how grave the alert is, and how it stands."""
    severity = explanation.severity
    words = f"P{severity} {SEVERITY_NAMES[severity]} · {STATE_NAMES.get(explanation.state, explanation.state)}"
    return Badge(SEVERITY_MARKS[severity], words, f"p{severity}" if explanation.state == "firing" else "")


def verdict(answer: Answer) -> Badge:
    """Return the answer in a word."""
    if answer.code in _TOLD:
        return Badge("✓", "Đã báo", "")
    if answer.code in _TROUBLE:
        return Badge("!", "Không báo được", "p2")
    if answer.code in _WAITING:
        return Badge("…", "Chưa báo", "p3")
    return Badge("○", "Không báo", "p4")


def moment(at: datetime) -> str:
    """Return day and time to the second: `21/11 07:42:18`."""
    return at.astimezone(ZONE).strftime("%d/%m %H:%M:%S")
