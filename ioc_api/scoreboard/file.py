"""Reads config/scoreboard.yaml: what is wrong is told with its line."""

import math
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from ioc_api.scoreboard.definition import Group, Scoreboard, Version
from ioc_core import yaml_source
from ioc_core.catalogue import metrics_file
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.yaml_source import Location, YamlSource

FILE_NAME = "scoreboard.yaml"
METRIC_PARAMETERS = ("synchronised", "reported", "handled", "disliked")
Wrong = tuple[Location, str]


def load(config_dir: Path) -> Scoreboard:
    """Return the scoreboard's definition, each version complete.

    Raises:
        ConfigErrors: every wrong line of config/scoreboard.yaml (and of metrics.yaml, whose names it uses).
    """
    errors: list[ConfigError] = []
    metrics = metrics_file.read(config_dir / "metrics.yaml", errors)
    if errors or metrics is None:
        raise ConfigErrors(errors)
    return read(yaml_source.load(config_dir / FILE_NAME), metrics)


def read(source: YamlSource, metrics: Collection[str]) -> Scoreboard:
    """Return the definition in a parsed file; `metrics` are the names that it may use.

    Raises:
        ConfigErrors: every wrong line.
    """
    stated = yaml_source.validate(Scoreboard, source)
    wrong = [*_wrong_grades(stated), *_wrong_dates(stated), *_wrong_indicators(stated, metrics), *_wrong_sums(stated)]
    if wrong:
        errors = [source.error(location, reason) for location, reason in wrong]
        raise ConfigErrors(sorted(errors, key=lambda error: error.line or 0))
    versions: list[Version] = []
    for version in stated.versions:
        groups = _carried(versions[-1].groups if versions else (), version.groups)
        versions.append(version.model_copy(update={"groups": groups, "grades": stated.grades}))
    return stated.model_copy(update={"versions": tuple(versions)})


def _carried(before: tuple[Group, ...], stated: tuple[Group, ...]) -> tuple[Group, ...]:
    """The groups that hold: those of the version before, replaced or followed by those stated."""
    held = {group.id: group for group in before}
    held |= {group.id: group for group in stated}
    return tuple(held.values())


def _wrong_grades(stated: Scoreboard) -> Iterator[Wrong]:
    above = math.inf
    for index, grade in enumerate(stated.grades):
        if grade.at_least >= above:
            yield ("grades", index, "at_least"), f"is not below the grade above it, {above:g}"
        above = grade.at_least
    if above != 0:
        yield ("grades", len(stated.grades) - 1, "at_least"), "of the last grade must be 0"
    yield from _repeated(("grades",), [grade.id for grade in stated.grades])


def _wrong_dates(stated: Scoreboard) -> Iterator[Wrong]:
    before: date | None = None
    for index, version in enumerate(stated.versions):
        if before is not None and version.from_ <= before:
            yield ("versions", index, "from"), f"is not after the version above it, {before}"
        before = version.from_


def _wrong_indicators(stated: Scoreboard, metrics: Collection[str]) -> Iterator[Wrong]:
    for index, version in enumerate(stated.versions):
        place: Location = ("versions", index, "groups")
        yield from _repeated(place, [group.id for group in version.groups])
        seen: dict[str, Location] = {}
        for number, group in enumerate(version.groups):
            for position, indicator in enumerate(group.indicators):
                at: Location = (*place, number, "indicators", position)
                if seen.setdefault(indicator.id, at) != at:
                    yield (*at, "id"), "stands here twice"
                for name in METRIC_PARAMETERS:
                    metric = getattr(indicator, name, None)
                    if metric is not None and metric not in metrics:
                        yield (*at, name), "is not a metric of metrics.yaml"


def _wrong_sums(stated: Scoreboard) -> Iterator[Wrong]:
    groups: tuple[Group, ...] = ()
    for index, version in enumerate(stated.versions):
        for number, group in enumerate(version.groups):
            total = math.fsum(indicator.maximum for indicator in group.indicators)
            if not math.isclose(total, group.maximum):
                place = ("versions", index, "groups", number, "maximum")
                yield place, f"its indicators add up to {total:g}"
        groups = _carried(groups, version.groups)
        ids = [indicator.id for group in groups for indicator in group.indicators]
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1} - _within(version.groups))
        if twice:
            yield ("versions", index, "groups"), f"has with the groups that go on {', '.join(twice)} twice"
        total = math.fsum(group.maximum for group in groups)
        if not math.isclose(total, version.maximum):
            yield ("versions", index, "maximum"), f"its groups add up to {total:g}"


def _within(groups: tuple[Group, ...]) -> set[str]:
    """The ids that are repeated among the groups stated: told already, with their line."""
    ids = [indicator.id for group in groups for indicator in group.indicators]
    return {id_ for id_ in ids if ids.count(id_) > 1}


def _repeated(place: Location, ids: list[str]) -> Iterator[Wrong]:
    for index, id_ in enumerate(ids):
        if id_ in ids[:index]:
            yield (*place, index, "id"), "stands here twice"
