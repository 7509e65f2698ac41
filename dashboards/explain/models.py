"""What the API answers to "why was I told?", as far as the page reads it."""

from datetime import datetime

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True):
    """Why one receiver was, or wasn't, told."""

    receiver: str
    code: str
    text: str


class Rule(Struct, frozen=True, kw_only=True):
    """Who says that it holds."""

    name: str
    place: str
    text: str


class Step(Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    at: datetime
    kind: str
    text: str


class Route(Struct, frozen=True, kw_only=True):
    """One route of the tree, from the root down."""

    depth: int
    matchers: tuple[str, ...]
    receiver: str
    asked: str
    text: str


class Part(Struct, frozen=True, kw_only=True):
    """A group or a mute: its sentence."""

    text: str
    receiver: str = ""


class Called(Struct, frozen=True, kw_only=True):
    """A step of an escalation: its sentence."""

    text: str


class Escalation(Struct, frozen=True, kw_only=True):
    """How a receiver's group goes from person to person."""

    receiver: str
    text: str
    steps: tuple[Called, ...]


class Delivery(Struct, frozen=True, kw_only=True):
    """One message to one channel."""

    receiver: str
    channel: str
    state: str
    created_at: datetime
    text: str


class Explanation(Struct, frozen=True, kw_only=True):
    """Everything about who was told of an alert, as of one instant."""

    alert_id: int
    summary: str
    severity: int
    state: str
    labels: dict[str, str]
    as_of: datetime
    answers: tuple[Answer, ...]
    rule: Rule
    steps: tuple[Step, ...]
    routes: tuple[Route, ...]
    groups: tuple[Part, ...]
    mutes: tuple[Part, ...]
    escalations: tuple[Escalation, ...]
    deliveries: tuple[Delivery, ...]
    leader: str
