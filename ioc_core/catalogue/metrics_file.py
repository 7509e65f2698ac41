"""Reads config/metrics.yaml: the metrics of the watched systems, wrong lines noted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from ioc_core import yaml_source
from ioc_core.catalogue.types import Metric, MetricKind
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.yaml_source import Location

BaseUnit = Literal["seconds", "bytes", "ratio", "celsius", "vnd", "timestamp", "info", "none"]
"""Base units: of Prometheus, and đồng. A timestamp is seconds since 1970; `none` counts things."""

NAME = re.compile(r"[a-z][a-z0-9_]*")
SUFFIX = {unit: f"_{unit}" for unit in get_args(BaseUnit)} | {"timestamp": "_seconds", "none": ""}
FOREIGN_UNITS = ("_ms", "_milliseconds", "_minutes", "_hours", "_days", "_percent", "_kb", "_mb", "_gb", "_kilobytes")
FOREIGN_NAMES = ("node_", "probe_")
"""Metrics of the Prometheus exporters keep the exporters' names, whatever their form."""

Text = Annotated[str, Field(min_length=1, max_length=300)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(max_length=200, pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    kind: MetricKind
    unit: BaseUnit
    range: tuple[float | None, float | None] | None = None
    labels: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ...] = ()
    help_vi: Text
    help_en: Text


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    metrics: Annotated[list[_Entry], Field(min_length=1)]


def read(path: Path, errors: list[ConfigError]) -> dict[str, Metric] | None:
    """The metrics by name, None when a line is wrong; the mistakes are added to `errors`."""
    try:
        source = yaml_source.load(path)
        entries = yaml_source.validate(_File, source).metrics
    except ConfigErrors as found:
        errors += found.errors
        return None
    wrong = [source.error(location, reason) for location, reason in _wrong(entries)]
    errors += wrong
    return None if wrong else {entry.name: _metric(entry) for entry in entries}


def _metric(entry: _Entry) -> Metric:
    minimum, maximum = _range(entry)
    return Metric(
        name=entry.name,
        kind=entry.kind,
        unit=entry.unit,
        help_vi=entry.help_vi,
        help_en=entry.help_en,
        minimum=minimum,
        maximum=maximum,
        labels=entry.labels,
    )


def _range(entry: _Entry) -> tuple[float | None, float | None]:
    if entry.range is not None:
        return entry.range
    if entry.unit == "ratio":
        return 0.0, 1.0
    return (None if entry.unit == "celsius" else 0.0), None


def _wrong(entries: list[_Entry]) -> Iterator[tuple[Location, str]]:
    names: list[str] = []
    for index, entry in enumerate(entries):
        if entry.name in names:
            yield ("metrics", index, "name"), "appears twice"
        names.append(entry.name)
        if not entry.name.startswith(FOREIGN_NAMES):
            yield from ((("metrics", index, "name"), reason) for reason in _unconventional(entry))
        minimum, maximum = _range(entry)
        if minimum is not None and maximum is not None and maximum <= minimum:
            yield ("metrics", index, "range"), f"the end, {maximum:g}, must be above the start, {minimum:g}"
        if entry.kind is MetricKind.COUNTER and minimum != 0:
            yield ("metrics", index, "range"), "a counter starts at 0"


def _unconventional(entry: _Entry) -> Iterator[str]:
    """Where a name breaks the conventions of https://prometheus.io/docs/practices/naming/."""
    if NAME.fullmatch(entry.name) is None:
        yield "must be lower_case_with_underscores"
    counted = entry.kind is MetricKind.COUNTER
    if counted and not entry.name.endswith("_total"):
        yield "the name of a counter ends in _total"
    if not counted and entry.name.endswith(("_total", "_count", "_sum", "_bucket")):
        yield "only a counter may end like this"
    stem = entry.name.removesuffix("_total")
    if not stem.endswith(SUFFIX[entry.unit]):
        yield f"must end in {SUFFIX[entry.unit]}, for its unit is {entry.unit}"
    if stem.endswith(FOREIGN_UNITS):
        yield "must be in a base unit: seconds, bytes, ratio"
