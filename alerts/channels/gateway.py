"""What an HTTP gateway is sent and when it has accepted, both as the configuration says."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from alerts.channels.http import Answer
from alerts.channels.outcome import Ok, Outcome, Permanent, Temporary

_MOST_SHOWN = 200
_STEP = re.compile(r"[^.\[\]]+")
Status = Annotated[int, Field(ge=100, le=599)]
Pattern = Annotated[str, StringConstraints(max_length=500)]


class AnswerModel(BaseModel):
    """When the gateway has accepted: `status` and, if given, what `json` says at a path and what the body matches."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    status: list[Status] = []
    json_path: Annotated[str, StringConstraints(pattern=r"^[^.\[\]]+([.\[][^.\[\]]+\]?)*$")] | None = None
    equals: list[str] | None = None
    regex: Pattern | None = None

    @field_validator("equals", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        values = value if isinstance(value, list) else [value]
        return [_as_text(item) for item in values]

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.json_path is None) != (self.equals is None):
            raise ValueError("json_path and equals belong together")
        if self.regex is not None:
            try:
                re.compile(self.regex)
            except re.error as error:
                raise ValueError(f"regex is none: {error}") from error
        return self

    def met(self, answer: Answer) -> bool:
        """Whether the answer is like this."""
        accepted = answer.status in self.status if self.status else 200 <= answer.status < 300
        if accepted and self.json_path is not None:
            accepted = _as_text(at_path(answer.json(), self.json_path)) in (self.equals or ())
        if accepted and self.regex is not None:
            accepted = re.search(self.regex, answer.body.decode(errors="replace")) is not None
        return accepted


def judge(answer: Answer, success: AnswerModel, temporary: AnswerModel | None) -> Outcome:
    """Return acceptance if `success` is met; temporary: by status, or if that is met; everything else is final."""
    reason = f"HTTP {answer.status}{': ' if answer.said else ''}{answer.said}"[:_MOST_SHOWN]
    if success.met(answer):
        return Ok(reason)
    by_status = answer.outcome()
    if isinstance(by_status, Temporary):
        return by_status
    return Temporary(reason) if temporary is not None and temporary.met(answer) else Permanent(reason)


def at_path(found: Any, path: str) -> Any:
    """Return what stands at `a.b[0].c`; None when nothing does."""
    for step in _STEP.findall(path):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
