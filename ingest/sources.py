"""The sources of events: loaded from config/sources and checked, every wrong line at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from ingest.source_entries import DossierSource, ProbesSource, PushEntry, Source, SourceEntry, SyslogSource
from ingest.source_file import read_sources
from ingest.targets import AnyTarget, HttpTarget
from ioc_core.catalogue import Catalogue
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.settings import Settings
from ioc_core.yaml_source import Location, YamlSource

FOLDER = "sources"
UNKNOWN = "unknown"
"""The source of input whose sender can't be told."""

SourceT = TypeVar("SourceT", bound=SourceEntry)


@dataclass(frozen=True, slots=True)
class Sources:
    """Every source by name, in the order of the files."""

    by_name: Mapping[str, Source]

    def of(self, kind: type[SourceT]) -> tuple[SourceT, ...]:
        """The sources of one kind."""
        return tuple(source for source in self.by_name.values() if isinstance(source, kind))


def load_sources(settings: Settings, catalogue: Catalogue) -> Sources:
    """The sources of config/sources/*.yaml and of the folder `extra_sources`.

    Raises:
        ConfigErrors: every wrong place of every file: file, line, value and reason.
    """
    errors: list[ConfigError] = []
    placed: list[_Placed] = []
    folders = [settings.config_dir / FOLDER, *([settings.extra_sources] if settings.extra_sources else [])]
    for folder in folders:
        if not folder.is_dir():
            errors.append(ConfigError(file=str(folder), line=None, what="folder", reason="does not exist"))
        for path in sorted(folder.glob("*.yaml")):
            placed += _read(path, errors)
    for where, reason in [*_wrong_names(placed), *_wrong_codes(placed, catalogue), *_shared(placed)]:
        errors.append(where.error(reason))
    if errors:
        raise ConfigErrors(sorted(errors, key=lambda error: (error.file, error.line or 0)))
    addresses = {
        "{api}": settings.api_address,
        "{wall}": settings.wall_address,
        "{ingest}": settings.ingest_address,
        "{simulator}": settings.ingest_address.rsplit(":", 1)[0] + f":{settings.simulator_port}",
    }
    return Sources(MappingProxyType({item.source.name: _addressed(item.source, addresses) for item in placed}))


@dataclass(frozen=True, slots=True)
class _Placed:
    source: Source
    file: YamlSource
    location: Location

    def at(self, *location: str | int) -> "_Place":
        return _Place(self.file, (*self.location, *location))


@dataclass(frozen=True, slots=True)
class _Place:
    file: YamlSource
    location: Location

    def error(self, reason: str) -> ConfigError:
        return self.file.error(self.location, reason)


_Wrong = tuple[_Place, str]


def _read(path: Path, errors: list[ConfigError]) -> list[_Placed]:
    file, sources = read_sources(path, errors)
    return [] if file is None else [_Placed(source, file, place) for place, source in sources.items()]


def _wrong_names(placed: list[_Placed]) -> Iterator[_Wrong]:
    for item in placed:
        if item.source.name == UNKNOWN:
            yield item.at("name"), "is kept for senders that can't be told"


def _wrong_codes(placed: list[_Placed], catalogue: Catalogue) -> Iterator[_Wrong]:
    for item in placed:
        source = item.source
        holders: list[tuple[str | None, str | None, Location]] = [(source.unit, source.system, ())]
        if isinstance(source, ProbesSource):
            holders += [
                (target.unit, target.system, ("targets", index)) for index, target in enumerate(source.targets)
            ]
        for unit, system, location in holders:
            if unit is not None and catalogue.unit_by_code(unit) is None:
                yield item.at(*location, "unit"), "no unit has this code (units.csv)"
            if system is not None and system not in catalogue.systems:
                yield item.at(*location, "system"), "no system has this code (systems.yaml)"
        for index, code in enumerate(source.scope if isinstance(source, PushEntry) else ()):
            if catalogue.unit_by_code(code) is None:
                yield item.at("scope", index), "no unit has this code (units.csv)"


def _shared(placed: list[_Placed]) -> Iterator[_Wrong]:
    """Names, users, addresses and targets that two sources claim."""
    seen: dict[tuple[str, object], _Place] = {}
    for item in placed:
        source = item.source
        claims: list[tuple[tuple[str, object], _Place]] = [(("name", source.name), item.at("name"))]
        if isinstance(source, DossierSource):
            claims.append((("user", source.user), item.at("username")))
        if isinstance(source, SyslogSource):
            claims += [
                (("address", network), item.at("addresses", index)) for index, network in enumerate(source.networks)
            ]
        if isinstance(source, ProbesSource):
            claims += [
                (("target", target.name), item.at("targets", index, "name"))
                for index, target in enumerate(source.targets)
            ]
        for claim, place in claims:
            first = seen.setdefault(claim, place)
            if first is not place:
                yield place, f"is also the {claim[0]} at {first.file.file}:{first.file.line(first.location)}"


def _addressed(source: Source, addresses: Mapping[str, str]) -> Source:
    if not isinstance(source, ProbesSource):
        return source
    targets: list[AnyTarget] = []
    for target in source.targets:
        if isinstance(target, HttpTarget):
            key, _, rest = target.url.partition("}")
            if key + "}" in addresses:
                targets.append(target.model_copy(update={"url": addresses[key + "}"] + rest}))
                continue
        targets.append(target)
    return source.model_copy(update={"targets": targets})
