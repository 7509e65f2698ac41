"""The shape of a file of rule tests: what keys there are and what each may hold."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from alerts.rule_model import Text
from ioc_core.durations import Duration, parse_duration

KINDS = (
    "sample", "series", "dossier", "probe", "security", "heartbeat", "rejected", "source", "channel", "silence",
    "override", "rule_files", "evaluation",
)  # fmt: skip
"""What an event can be; one of them stands beside its `at`."""
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)
_MOST_TIMES = 10_000
_MOST_AT_ONCE = 1000


def _from_start(value: object) -> object:
    if isinstance(value, str) and value.startswith("-"):
        return -parse_duration(value[1:])
    return timedelta() if value == 0 else parse_duration(str(value))


FromStart = Annotated[timedelta, BeforeValidator(_from_start)]
"""When something happens, counted from the start; `-3d`: it was told three days before it."""


class SeriesModel(BaseModel):
    """Samples of one series, one each `every`: numbers, and `_` where there is none."""

    model_config = _STRICT
    metric: Text
    labels: dict[str, str] = {}
    source: Text = "test"
    every: Duration = timedelta(minutes=1)
    values: Text


class SourceModel(BaseModel):
    """A source as config/sources describes it."""

    model_config = _STRICT
    name: Text
    title: str | None = None
    unit: str | None = None
    system: str | None = None
    expected_within: Duration | None = None
    working_time_only: bool = False


class ChannelModel(BaseModel):
    """How deliveries to a receiver go from now on."""

    model_config = _STRICT
    receiver: Text
    outcome: Literal["ok", "temporary", "permanent"]


class SilenceModel(BaseModel):
    """A silence that somebody makes, on from now."""

    model_config = _STRICT
    matchers: Annotated[list[Text], Field(min_length=1)]
    lasts: Duration
    kind: Literal["silence", "maintenance"] = "silence"
    by: Text = "test"
    comment: Text = "test"


class OverrideModel(BaseModel):
    """Who is on call in a rotation, whatever the turn says; no `person`: nobody."""

    model_config = _STRICT
    rotation: Text
    person: Text | None = None
    begins_in: Duration = timedelta()
    lasts: Duration


class RuleFilesModel(BaseModel):
    """Edited rule files are refused for these problems; none: the newest files are in use."""

    model_config = _STRICT
    problems: list[Text]


class EvaluationModel(BaseModel):
    """From now on a rule can't be evaluated, and why; no `error`: it can again."""

    model_config = _STRICT
    rule: Text
    error: Text | None = None


Act = ChannelModel | SilenceModel | OverrideModel | RuleFilesModel | EvaluationModel
"""What isn't a fact that a source tells: what people do, and what befalls the centre itself."""


class EventModel(BaseModel):
    """Something that happens, once or `times` times, each `every` later, and each time `each_time` of it at once."""

    model_config = _STRICT
    at: FromStart
    times: Annotated[int, Field(ge=1, le=_MOST_TIMES)] = 1
    every: Duration = timedelta(seconds=1)
    each_time: Annotated[int, Field(ge=1, le=_MOST_AT_ONCE)] = 1
    sample: dict[str, Any] | None = None
    series: SeriesModel | None = None
    dossier: dict[str, Any] | None = None
    probe: dict[str, Any] | None = None
    security: dict[str, Any] | None = None
    heartbeat: dict[str, Any] | None = None
    rejected: dict[str, Any] | None = None
    source: SourceModel | None = None
    channel: ChannelModel | None = None
    silence: SilenceModel | None = None
    override: OverrideModel | None = None
    rule_files: RuleFilesModel | None = None
    evaluation: EvaluationModel | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"must be exactly one of {', '.join(KINDS)}")
        return self


class ExpectedAlert(BaseModel):
    """An alert that must be there; what isn't said may be anything, labels that aren't named too."""

    model_config = _STRICT
    rule: str | None = None
    state: Literal["pending", "firing", "resolved"]
    severity: Annotated[int, Field(ge=1, le=4)] | None = None
    labels: dict[str, str] = {}
    summary: str | None = None
    value: float | None = None


class ExpectedNotification(BaseModel):
    """A notification that must have been sent; what isn't said may be anything."""

    model_config = _STRICT
    receiver: Text
    reason: str | None = None
    severity: Annotated[int, Field(ge=1, le=4)] | None = None
    title: str | None = None
    alerts: Annotated[int, Field(ge=1)] | None = None


class CheckModel(BaseModel):
    """What must be so at an instant: all live alerts and those resolved since the check before; all notifications
    since the check before."""

    model_config = _STRICT
    at: Duration
    alerts: list[ExpectedAlert] | None = None
    notifications: list[ExpectedNotification] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.alerts is None and self.notifications is None:
            raise ValueError("must say what alerts or what notifications there are ([]: none)")
        return self


class TestModel(BaseModel):
    """One timeline."""

    __test__ = False
    model_config = _STRICT
    name: Text
    rules: Annotated[list[str], Field(min_length=1)]
    start: datetime
    interval: Duration | None = None
    events: list[EventModel] = []
    expect: Annotated[list[CheckModel], Field(min_length=1)]


class TestFileModel(BaseModel):
    """A whole file."""

    __test__ = False
    model_config = _STRICT
    tests: Annotated[list[TestModel], Field(min_length=1)]
