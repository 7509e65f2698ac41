"""Reads config/rules/*.yaml: every rule, or every wrong place by file and line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alerts.condition import common_value
from alerts.rule import Annotations, Hold, NoData, Place, Rule, When
from alerts.rule_model import GroupModel, RuleFileModel, RuleModel
from alerts.sql_text import SqlTextError, relations
from alerts.templates import ANNOTATION_NAMES, TemplateFault, Templates
from alerts.views import VIEWS
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.live import Facts
from ioc_core.yaml_source import Location, YamlSource, load, validate

FOLDER = "rules"
_BLOCK = re.compile(r":\s*[|>][0-9+-]*\s*(#.*)?\Z")


def load_rules(config_dir: Path, templates: Templates) -> tuple[Rule, ...]:
    """Return the rules of every file in `config_dir`/rules, in order of file name and line.

    Raises:
        ConfigErrors: every wrong place in every file; or there is no folder or no file in it.
    """
    folder = config_dir / FOLDER
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise ConfigErrors([ConfigError(file=str(folder), line=None, what="folder", reason="has no *.yaml file")])
    reading = _Reading(templates)
    for path in paths:
        try:
            source = load(path)
            model = validate(RuleFileModel, source)
        except ConfigErrors as error:
            reading.errors.extend(error.errors)
            continue
        reading.add(_File(source, tuple(path.read_text(encoding="utf-8-sig").splitlines())), model)
    if reading.errors:
        raise ConfigErrors(reading.errors)
    return tuple(reading.rules)


@dataclass(frozen=True, slots=True)
class _File:
    source: YamlSource
    text: tuple[str, ...]

    def first_line(self, location: Location) -> int:
        """The line in which the text of a value begins: after the key's own when it is a block (`|`)."""
        line = self.source.line(location)
        return line + 1 if _BLOCK.search(self.text[line - 1]) else line

    def place(self, location: Location) -> Place:
        return Place(self.source.file, self.first_line(location))

    def error_within(self, location: Location, line: int, reason: str) -> ConfigError:
        """An error in line `line` (from 0) of the value at `location`."""
        first = self.first_line(location)
        is_block = first != self.source.line(location)
        what = self.source.error(location, reason, show_value=False).what
        return ConfigError(file=self.source.file, line=first + (line if is_block else 0), what=what, reason=reason)


@dataclass(slots=True)
class _Reading:
    """What was found so far, over all files."""

    templates: Templates
    rules: list[Rule] = field(default_factory=list)
    errors: list[ConfigError] = field(default_factory=list)
    _alerts: dict[str, str] = field(default_factory=dict)
    _groups: dict[str, str] = field(default_factory=dict)

    def add(self, file: _File, model: RuleFileModel) -> None:
        for number, group in enumerate(model.groups):
            location: Location = ("groups", number)
            self._unique(self._groups, group.name, file, (*location, "name"))
            for index, rule in enumerate(group.rules):
                self._rule(file, group, rule, (*location, "rules", index))

    def _unique(self, seen: dict[str, str], name: str, file: _File, location: Location) -> None:
        if name in seen:
            self.errors.append(file.source.error(location, f"was used before, in {seen[name]}"))
        seen.setdefault(name, str(Place(file.source.file, file.source.line(location))))

    def _rule(self, file: _File, group: GroupModel, model: RuleModel, location: Location) -> None:
        before = len(self.errors)
        self._unique(self._alerts, model.alert, file, (*location, "alert"))
        self.errors.extend(_template_errors(self.templates, file, model, location))
        facts = self._facts(file, "expr", model.expr, location)
        if model.wake is not None:
            self._facts(file, "wake", model.wake, location)
        if model.severity in model.details or model.severity in model.labels:
            reason = "is the column of the severity, so it can't be a label or a detail"
            self.errors.append(file.source.error((*location, "severity"), reason))
        self.errors.extend(_condition_errors(file, model, location))
        for name in sorted(set(model.details) & set(model.labels)):
            self.errors.append(file.source.error((*location, "labels", name), "is a detail too"))
        if len(self.errors) == before:
            self.rules.append(_made(file, group, model, location, facts))

    def _facts(self, file: _File, key: str, sql: str, location: Location) -> frozenset[Facts]:
        place = (*location, key)
        try:
            read = relations(sql)
        except SqlTextError as error:
            self.errors.append(file.error_within(place, error.line, error.reason))
            return frozenset()
        facts: set[Facts] = set()
        for relation in read:
            if relation.name in VIEWS:
                facts |= VIEWS[relation.name]
                continue
            reason = f"reads {relation.name!r}, which is not one of the documented views: {', '.join(VIEWS)}"
            self.errors.append(file.error_within(place, relation.line, reason))
        return frozenset(facts)


def _template_errors(templates: Templates, file: _File, model: RuleModel, location: Location) -> Iterator[ConfigError]:
    for name in (*ANNOTATION_NAMES, "no_data"):
        try:
            templates.check(getattr(model.annotations, name))
        except TemplateFault as error:
            yield file.error_within((*location, "annotations", name), error.line, str(error))


def _condition_errors(file: _File, model: RuleModel, location: Location) -> Iterator[ConfigError]:
    if model.fire_when is None:
        for name in ("clear_when", "no_data"):
            if getattr(model, name) is not None:
                reason = "needs fire_when: without it a row that isn't there means that all is well"
                yield file.source.error((*location, name), reason)
    elif model.clear_when is not None:
        both = common_value(model.fire_when, model.clear_when)
        if both is not None:
            yield file.source.error((*location, "clear_when"), f"holds together with fire_when, at {both:g}")
    says, policy = bool(model.annotations.no_data), model.no_data is NoData.ALERT
    if policy and not says:
        yield file.source.error((*location, "annotations"), "no_data: alert needs the text no_data here")
    if says and not policy:
        yield file.source.error((*location, "annotations", "no_data"), "is never used: it is for no_data: alert")


def _when(model: RuleModel) -> When | None:
    if model.fire_when is None:
        return None
    return When(model.fire_when, model.clear_when, model.no_data or NoData.OK)


def _made(file: _File, group: GroupModel, model: RuleModel, location: Location, facts: frozenset[Facts]) -> Rule:
    return Rule(
        alert=model.alert,
        group=group.name,
        expr=model.expr.rstrip(),
        interval=model.interval or group.interval,
        hold=Hold(model.firing_after, model.keep_firing_for),
        severity=model.severity,
        labels=model.labels,
        details=tuple(model.details),
        annotations=Annotations(**model.annotations.model_dump()),
        facts=facts if model.facts is None else frozenset(model.facts),
        wake=None if model.wake is None else model.wake.rstrip(),
        place=Place(file.source.file, file.source.line((*location, "alert"))),
        expr_place=file.place((*location, "expr")),
        wake_place=None if model.wake is None else file.place((*location, "wake")),
        when=_when(model),
    )
