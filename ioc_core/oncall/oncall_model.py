"""config/oncall.yaml as an operator writes it: its keys and the values they may have."""

from datetime import date, time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ioc_core.calendar_file import Clock, Day, zone
from ioc_core.durations import Duration

MOST_PEOPLE = 500
MOST_STEPS = 20
LONGEST_WAIT = timedelta(days=7)
LEAST_REPEAT_AFTER = timedelta(minutes=1)

_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""It stands in addresses and in receivers (`person:NAME`)."""
Title = Annotated[str, Field(min_length=1, max_length=100)]
TimeZone = Annotated[str, AfterValidator(zone)]


class WayModel(BaseModel):
    """One contact way: its kind, and the address or the variable of the environment that says it."""

    model_config = _STRICT
    kind: Annotated[str, Field(min_length=1, max_length=30)]
    address: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    address_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        if (self.address is None) == (self.address_env is None):
            raise ValueError("needs one of address, address_env")
        return self


class PersonModel(BaseModel):
    """Somebody who can be called."""

    model_config = _STRICT
    name: Name
    title: Title | None = None
    user: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    ways: Annotated[list[WayModel], Field(min_length=1, max_length=20)]


class RotationModel(BaseModel):
    """Members who are on call in turn."""

    model_config = _STRICT
    name: Name
    title: Title | None = None
    kind: Literal["daily", "weekly", "shifts"]
    members: Annotated[list[Name], Field(min_length=1, max_length=MOST_PEOPLE)]
    start: Day
    last: Day | None = None
    hand_over: Clock | None = None
    hand_overs: Annotated[list[Clock], Field(min_length=2, max_length=24)] | None = None
    timezone: TimeZone | None = None
    days_off: Name | None = None
    holidays: Name | None = None

    @property
    def clocks(self) -> tuple[time, ...]:
        """The hours of hand-over."""
        return tuple(self.hand_overs or [self.hand_over or time()])

    @property
    def first_and_last(self) -> tuple[date, date]:
        """Its first and its last day; the end of all days when it has none."""
        return self.start, self.last or date.max

    @model_validator(mode="after")
    def _hours(self) -> Self:
        if self.kind == "shifts" and (self.hand_overs is None or self.hand_over is not None):
            raise ValueError("of kind shifts needs hand_overs, several hours such as [06:00, 14:00, 22:00]")
        if self.kind != "shifts" and (self.hand_over is None or self.hand_overs is not None):
            raise ValueError(f"of kind {self.kind} needs hand_over, one hour such as 07:30")
        return self


class TargetModel(BaseModel):
    """Whom a step calls: exactly one of these."""

    model_config = _STRICT
    person: Name | None = None
    rotation: Name | None = None
    receiver: Annotated[str, Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(name is not None for name in (self.person, self.rotation, self.receiver)) != 1:
            raise ValueError("needs one of person, rotation, receiver")
        return self


class StepModel(BaseModel):
    """One step of a policy."""

    model_config = _STRICT
    wait: Annotated[Duration, Field(le=LONGEST_WAIT)] = timedelta()
    whom: Annotated[list[TargetModel], Field(min_length=1, max_length=50)]
    how: Literal["all", "first"] | list[str] = "first"


class PolicyModel(BaseModel):
    """Whom an alert goes to, one after another, until somebody has it."""

    model_config = _STRICT
    name: Name
    title: Title | None = None
    steps: Annotated[list[StepModel], Field(min_length=1, max_length=MOST_STEPS)]
    repeat: Annotated[int, Field(ge=0, le=100)] = 0
    repeat_after: Annotated[Duration, Field(ge=LEAST_REPEAT_AFTER, le=LONGEST_WAIT)] | None = None

    @model_validator(mode="after")
    def _pause(self) -> Self:
        if bool(self.repeat) != (self.repeat_after is not None):
            raise ValueError("repeat and repeat_after go together")
        return self


class OnCallModel(BaseModel):
    """The whole file."""

    model_config = _STRICT
    timezone: TimeZone | None = None
    ways: dict[str, dict[str, Any]] = {}
    people: Annotated[list[PersonModel], Field(max_length=MOST_PEOPLE)] = []
    rotations: list[RotationModel] = []
    policies: list[PolicyModel] = []
