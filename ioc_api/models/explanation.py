"""Body of /alerts/{alert_id}/explain: what is known in fields, and each part in a sentence (Vietnamese)."""

from datetime import datetime

from pydantic import BaseModel, Field

from ioc_api.explain.answering import Code


class ReceiverAnswer(BaseModel):
    """Why one receiver was, or wasn't, told."""

    receiver: str = Field(examples=["truc-ban"])
    code: Code
    text: str = Field(examples=["Đã báo lúc 03:04:06 qua webhook/0."])


class ExplainedRule(BaseModel):
    """Who says that it holds: a rule of ours, or another system."""

    name: str
    origin: str = Field(description="rule or external")
    place: str = Field(description="File and line; empty: another system's.", examples=["rules/systems.yaml:12"])
    value: float | None
    text: str


class ExplainedStep(BaseModel):
    """One thing that happened."""

    at: datetime
    kind: str
    actor: str
    text: str


class ExplainedRoute(BaseModel):
    """One route of the tree, from the root down."""

    depth: int = Field(description="0: the root.")
    matchers: list[str]
    receiver: str
    asked: str = Field(description="taken, passed_down, no_match, not_asked")
    failed: str | None = Field(description="The first matcher that didn't hold.")
    text: str


class ExplainedGroup(BaseModel):
    """A group in which a receiver is told of it."""

    receiver: str
    labels: dict[str, str]
    members: int
    group_wait_seconds: float
    group_interval_seconds: float
    repeat_interval_seconds: float
    notified_at: datetime | None
    due_at: datetime | None
    text: str


class ExplainedMute(BaseModel):
    """What keeps it from being told of now; what did before is among the steps."""

    kind: str
    ref: str
    reason: str
    since: datetime
    until: datetime | None
    text: str


class EscalationStep(BaseModel):
    """One step that was done."""

    done_at: datetime
    called: list[str] = Field(description="Receivers; people as `person:NAME`.")
    text: str


class ExplainedEscalation(BaseModel):
    """How a receiver's group goes from person to person."""

    receiver: str
    policy: str
    state: str = Field(description="running, stopped, finished")
    next_step_at: datetime | None = Field(description="Of a running one.")
    steps: list[EscalationStep]
    text: str


class Delivery(BaseModel):
    """One message to one channel."""

    id: int
    receiver: str
    channel: str
    reason: str
    severity: int
    state: str = Field(description="queued, sent, failed")
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None = Field(description="Of a queued one.")
    finished_at: datetime | None
    error: str = Field(description="What the other side answered last, when it wasn't acceptance.")
    text: str


class Explanation(BaseModel):
    """Everything about who was told of an alert, as of one instant."""

    alert_id: int
    summary: str
    severity: int
    state: str
    labels: dict[str, str] = Field(description="What routes and silences match.")
    as_of: datetime
    answers: list[ReceiverAnswer]
    rule: ExplainedRule
    steps: list[ExplainedStep] = Field(description="The oldest first; at most 200, the newest.")
    routes: list[ExplainedRoute]
    groups: list[ExplainedGroup]
    mutes: list[ExplainedMute]
    escalations: list[ExplainedEscalation] = Field(description="The oldest first.")
    deliveries: list[Delivery] = Field(description="The oldest first; at most 200, the newest.")
    leader: str = Field(description="The alert process that leads, and since when.")
