"""Reads config/systems.yaml: the e-government systems that are watched, wrong lines noted."""

import re
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ioc_core import yaml_source
from ioc_core.catalogue.graph import first_cycle
from ioc_core.catalogue.types import System
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.yaml_source import Location

URL = re.compile(r"https?://[^\s/]+(/\S*)?")


def _url(value: str) -> str:
    if URL.fullmatch(value) is None:
        raise ValueError("must be an address that begins with https:// or http://")
    return value


Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=50)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    name: Text
    name_en: Text
    owner: Text
    security_level: Annotated[int, Field(ge=1, le=5)]
    contact: Text
    depends_on: tuple[Text, ...] = ()
    measures: tuple[Text, ...] = ()
    url: Annotated[str, AfterValidator(_url)] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    systems: Annotated[list[_Entry], Field(min_length=1)]


def read(
    path: Path, errors: list[ConfigError], *, units: Set[str] | None, metrics: Set[str] | None
) -> dict[str, System]:
    """The systems by code. Mistakes are added to `errors`.

    `units` are the codes an owner may have, `metrics` the names that may be measured; None: not known, not checked.
    """
    try:
        source = yaml_source.load(path)
        entries = yaml_source.validate(_File, source).systems
    except ConfigErrors as found:
        errors += found.errors
        return {}
    wrong = [*_wrong_codes(entries), *_wrong_names(entries, units, metrics)]
    errors += [source.error(location, reason) for location, reason in wrong]
    return {entry.code: System(**entry.model_dump()) for entry in entries}


def _wrong_codes(entries: list[_Entry]) -> Iterator[tuple[Location, str]]:
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if first.setdefault(entry.code, index) != index:
            yield ("systems", index, "code"), f"appears twice, first as systems[{first[entry.code]}]"
        for place, code in enumerate(entry.depends_on):
            if code not in {other.code for other in entries}:
                yield ("systems", index, "depends_on", place), "no system has this code"
    cycle = first_cycle({entry.code: entry.depends_on for entry in entries})
    if cycle:
        yield ("systems", first[cycle[0]], "depends_on"), f"makes a circle: {' → '.join(cycle)}"


def _wrong_names(
    entries: list[_Entry], units: Set[str] | None, metrics: Set[str] | None
) -> Iterator[tuple[Location, str]]:
    for index, entry in enumerate(entries):
        if units is not None and entry.owner not in units:
            yield ("systems", index, "owner"), "no unit has this code (units.csv)"
        for place, name in enumerate(entry.measures):
            if metrics is not None and name not in metrics:
                yield ("systems", index, "measures", place), "no metric has this name (metrics.yaml)"
