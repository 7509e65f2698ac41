"""The part of config/routes.yaml that says which alerts explain others."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alerts.matchers import Matcher, parse_matcher
from alerts.mutes.causes import Causes, Dependencies, FlapRule, InhibitRule
from alerts.mutes.mute import Kind
from ioc_core.durations import Duration
from ioc_core.errors import ConfigError
from ioc_core.yaml_source import Location, YamlSource

_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


def _matcher(value: object) -> Matcher:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return parse_matcher(value)


MatcherText = Annotated[Matcher, BeforeValidator(_matcher)]
"""A matcher, written as text."""
_Matchers = Annotated[list[MatcherText], Field(min_length=1)]


class InhibitRuleModel(BaseModel):
    """That alerts keep others quiet, as written."""

    model_config = _STRICT
    name: Annotated[str, Field(min_length=1, max_length=100)]
    source_matchers: _Matchers
    target_matchers: _Matchers
    equal: list[Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")]] = []


class FlapRuleModel(BaseModel):
    """When an alert that begins again and again is one that flaps, as written."""

    model_config = _STRICT
    matchers: _Matchers
    begins: Annotated[int, Field(ge=2, le=100)] = 4
    within: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(minutes=30)
    calm: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(minutes=15)


class DependenciesModel(BaseModel):
    """Which alerts say that a system is down, and which are muted when one that theirs stands on is."""

    model_config = _STRICT
    down_matchers: _Matchers
    target_matchers: _Matchers


class CausesModel(BaseModel):
    """The keys of the file that say what keeps alerts quiet."""

    inhibit_rules: list[InhibitRuleModel] = []
    storms: list[InhibitRuleModel] = []
    dependencies: DependenciesModel | None = None
    flapping: list[FlapRuleModel] = []


def causes_of(source: YamlSource, model: CausesModel, errors: list[ConfigError]) -> Causes:
    """Return what the file says of alerts that explain others; mistakes are added to `errors`."""
    dependencies = None
    if model.dependencies is not None:
        down, muted = model.dependencies.down_matchers, model.dependencies.target_matchers
        dependencies = Dependencies(tuple(down), tuple(muted))
    return Causes(
        inhibit=(
            *_rules(source, "inhibit_rules", model.inhibit_rules, Kind.INHIBITED, errors),
            *_rules(source, "storms", model.storms, Kind.STORM, errors),
        ),
        dependencies=dependencies,
        flapping=tuple(FlapRule(tuple(rule.matchers), rule.begins, rule.within, rule.calm) for rule in model.flapping),
    )


def _rules(
    source: YamlSource, key: str, rules: Sequence[InhibitRuleModel], kind: Kind, errors: list[ConfigError]
) -> Iterator[InhibitRule]:
    names: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name in names:
            location: Location = (key, index, "name")
            errors.append(source.error(location, f"is the name of another of {key} too"))
        names.add(rule.name)
        yield InhibitRule(
            rule.name, tuple(rule.source_matchers), tuple(rule.target_matchers), tuple(rule.equal), kind=kind
        )
