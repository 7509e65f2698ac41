"""The part of config/routes.yaml that says which alerts explain others."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alerts.matchers import Matcher, parse_matcher
from alerts.mutes.causes import Causes, Dependencies, InhibitRule
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


class DependenciesModel(BaseModel):
    """Which alerts say that a system is down, and which are muted when one that theirs stands on is."""

    model_config = _STRICT
    down_matchers: _Matchers
    target_matchers: _Matchers


def causes_of(
    source: YamlSource,
    rules: Sequence[InhibitRuleModel],
    dependencies: DependenciesModel | None,
    errors: list[ConfigError],
) -> Causes:
    """Return what the file says of alerts that explain others; mistakes are added to `errors`."""
    names: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name in names:
            location: Location = ("inhibit_rules", index, "name")
            errors.append(source.error(location, "is the name of another inhibit rule too"))
        names.add(rule.name)
    inhibit = tuple(
        InhibitRule(rule.name, tuple(rule.source_matchers), tuple(rule.target_matchers), tuple(rule.equal))
        for rule in rules
    )
    if dependencies is None:
        return Causes(inhibit)
    return Causes(inhibit, Dependencies(tuple(dependencies.down_matchers), tuple(dependencies.target_matchers)))
