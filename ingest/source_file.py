"""One file of config/sources: its entries, each checked as its kind asks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar

from ingest.source_entries import (
    DossierSource,
    EventsSource,
    HostSource,
    LogsSource,
    ProbesSource,
    Source,
    SourceEntry,
    SyslogSource,
)
from ingest.targets import (
    AnyTarget,
    DnsTarget,
    HttpTarget,
    IcmpTarget,
    Interval,
    Part,
    Some,
    TcpTarget,
    Timeout,
    TlsTarget,
)
from ioc_core import yaml_source
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.yaml_source import Location, YamlSource

PartT = TypeVar("PartT", bound=Part)


class _File(Part):
    sources: list[object]


class _ProbesEntry(SourceEntry):
    """A `ProbesSource` whose targets are yet to be checked, each by its kind."""

    kind: Literal["probes"]
    interval: Interval = 30.0
    timeout: Timeout = 5.0
    targets: Some[object]

    def complete(self, targets: tuple[AnyTarget, ...]) -> ProbesSource:
        """The source with its checked targets."""
        return ProbesSource.model_construct(**{**dict(self), "targets": targets})


_Entry = DossierSource | EventsSource | SyslogSource | _ProbesEntry | HostSource | LogsSource
_KINDS: Mapping[str, type[_Entry]] = {
    "dvcqg": DossierSource,
    "push": EventsSource,
    "syslog": SyslogSource,
    "probes": _ProbesEntry,
    "host": HostSource,
    "logs": LogsSource,
}

_TARGETS: Mapping[str, type[AnyTarget]] = {
    "http": HttpTarget,
    "tcp": TcpTarget,
    "tls": TlsTarget,
    "dns": DnsTarget,
    "icmp": IcmpTarget,
}


def read_sources(path: Path, errors: list[ConfigError]) -> tuple[YamlSource | None, dict[Location, Source]]:
    """The file and its well described sources by their places; what is wrong is added to `errors`."""
    try:
        file = yaml_source.load(path)
        entries = yaml_source.validate(_File, file).sources
    except ConfigErrors as found:
        errors += found.errors
        return None, {}
    read: dict[Location, Source] = {}
    for index, entry in enumerate(entries):
        source = _source(file, ("sources", index), entry, errors)
        if source is not None:
            read["sources", index] = source
    return file, read


def _source(file: YamlSource, place: Location, entry: object, errors: list[ConfigError]) -> Source | None:
    checked = _checked(file, place, entry, _KINDS, errors)
    if isinstance(checked, _ProbesEntry):
        found = [
            _checked(file, (*place, "targets", index), target, _TARGETS, errors)
            for index, target in enumerate(checked.targets)
        ]
        targets = tuple(target for target in found if target is not None)
        return checked.complete(targets) if len(targets) == len(found) else None
    return checked


def _checked(
    file: YamlSource, place: Location, entry: object, kinds: Mapping[str, type[PartT]], errors: list[ConfigError]
) -> PartT | None:
    """The entry as its `kind` asks."""
    kind = entry.get("kind") if isinstance(entry, dict) else None
    model = kinds.get(kind) if isinstance(kind, str) else None
    try:
        if model is None:
            reason = f"must be one of {', '.join(kinds)}" if isinstance(entry, dict) else "must be a mapping"
            where = (*place, "kind") if isinstance(entry, dict) else place
            raise ConfigErrors([file.error(where, reason)])
        return yaml_source.validate(model, file, place)
    except ConfigErrors as found:
        errors += found.errors
        return None
