"""Reads config/hooks/*.yaml: inbound webhooks and their mappings, or every wrong place by file and line."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ioc_api.hooks.expressions import ExpressionFault, Expressions
from ioc_core import yaml_source
from ioc_core.durations import Duration
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.yaml_source import Location, YamlSource

FOLDER = "hooks"
_STRICT = ConfigDict(extra="forbid", frozen=True)
_EXPRESSION = Annotated[str, Field(min_length=1, max_length=4000)]
_LABEL = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=100)]


class SignatureModel(BaseModel):
    """An HMAC-SHA256 of the body, in hexadecimal, in a header; `prefix` stands before it."""

    model_config = _STRICT
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
    secret_env: str
    prefix: str = ""


class HookModel(BaseModel):
    """One hook as written."""

    model_config = _STRICT
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    token_env: str | None = None
    signature: SignatureModel | None = None
    each: _EXPRESSION | None = None
    status: _EXPRESSION
    alertname: _EXPRESSION
    labels: dict[_LABEL, _EXPRESSION] = Field(default_factory=dict)
    severity: _EXPRESSION = ""
    title: _EXPRESSION
    description: str = ""
    runbook_url: str = ""
    link: str = ""
    key: _EXPRESSION | None = None
    resolve_after: Annotated[Duration, Field(ge=timedelta(seconds=10))] = timedelta(days=1)

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if self.token_env is not None and self.signature is not None:
            raise ValueError("token_env and signature exclude each other")
        reserved = {"alertname", "severity"} & set(self.labels)
        if reserved:
            raise ValueError(f"labels can't say {', '.join(sorted(reserved))}: it has a key of its own")
        return self


class FileModel(BaseModel):
    """A whole file."""

    model_config = _STRICT
    hooks: Annotated[list[HookModel], Field(min_length=1)]


class Hook(Struct, frozen=True):
    """A hook, and where it stands."""

    model: HookModel
    file: str
    line: int


def load(config_dir: Path) -> Mapping[str, Hook]:
    """Return the hooks by name; none without the folder.

    Raises:
        ConfigErrors: every wrong place of every file.
    """
    hooks: dict[str, Hook] = {}
    errors: list[ConfigError] = []
    for path in sorted((config_dir / FOLDER).glob("*.yaml")):
        try:
            source = yaml_source.load(path)
            model = yaml_source.validate(FileModel, source)
        except ConfigErrors as error:
            errors += error.errors
            continue
        for index, hook in enumerate(model.hooks):
            place: Location = ("hooks", index)
            if hook.name in hooks:
                other = hooks[hook.name]
                errors.append(source.error((*place, "name"), f"is a hook already, in {other.file}:{other.line}"))
            errors += sorted(_faults(source, place, hook), key=lambda error: error.line or 0)
            hooks[hook.name] = Hook(hook, source.file, source.line(place))
    if errors:
        raise ConfigErrors(errors)
    return hooks


def _faults(source: YamlSource, place: Location, hook: HookModel) -> Iterator[ConfigError]:
    expressions = Expressions()
    for where, text in templates(hook):
        try:
            expressions.check(text, template=where != ("each",))
        except ExpressionFault as fault:
            yield source.error((*place, *where), f"line {fault.line + 1}: {fault}" if fault.line else str(fault))


def templates(hook: HookModel) -> Iterator[tuple[Location, str]]:
    """Yield every expression of a hook with its place in it."""
    names: tuple[
        Literal["each", "status", "alertname", "severity", "title", "description", "runbook_url", "link", "key"], ...
    ]
    names = ("each", "status", "alertname", "severity", "title", "description", "runbook_url", "link", "key")
    for name in names:
        text = getattr(hook, name)
        if text:
            yield (name,), text
    for label, text in hook.labels.items():
        yield ("labels", label), text
