"""The kinds of source that config/sources may name, as frozen types."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from ingest.targets import AnyTarget, Code, Duration, Interval, Part, Several, Some, Timeout, Title


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError as error:
        raise ValueError("must be an address or a network such as 10.20.0.0/16") from error
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a time zone of the IANA database")
    return value


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Network = Annotated[str, AfterValidator(_network)]
FilePath = Annotated[str, Field(pattern=r"^/", max_length=4000)]
EventKind = Literal["sample", "dossier", "probe", "security"]


class SourceEntry(Part):
    """What every source says of itself. `unit` and `system` are codes of the catalogue."""

    name: Name
    title: Title
    unit: Code | None = None
    system: Code | None = None
    expected_within: Annotated[Duration, Field(ge=1.0)] | None = None
    """Silent when nothing was heard for so many seconds; None: never called silent."""
    working_time_only: bool = False
    """Whether only working time counts as silence."""


class PushEntry(SourceEntry):
    """What sources that push have in common."""

    scope: Several[Code] = ()
    """Units of which it may speak, with all below them; none named: all."""
    rate_limit: Annotated[int, Field(ge=1)] = 500_000
    """Events a second, sustained; bursts of ten times that pass."""


class DossierSource(PushEntry):
    """A one-stop system that pushes by the national dossier protocol."""

    kind: Literal["dvcqg"]
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9._@-]{1,100}$")] | None = None
    """The user of its session; None: the source's name."""
    session: Annotated[Duration, Field(ge=60.0, le=86400.0)] = 1800.0

    @property
    def user(self) -> str:
        """The user name that signs in."""
        return self.username or self.name


class EventsSource(PushEntry):
    """A client of POST /v1/events."""

    kind: Literal["push"]
    accepts: Some[EventKind] = ("sample", "dossier", "probe", "security")


class SyslogSource(SourceEntry):
    """Devices that send syslog, known by their addresses."""

    kind: Literal["syslog"]
    addresses: Some[Network]
    timezone: Annotated[str, AfterValidator(_zone)] | None = None
    """Zone of RFC 3164 times; None: the province's."""

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The addresses as networks."""
        return tuple(ip_network(address) for address in self.addresses)


class ProbesSource(SourceEntry):
    """Targets that the centre looks at from outside."""

    kind: Literal["probes"]
    interval: Interval = 30.0
    timeout: Timeout = 5.0
    targets: Some[AnyTarget]


class HostSource(SourceEntry):
    """The metrics of the host that ingest runs on."""

    kind: Literal["host"]
    interval: Interval = 15.0
    mounts: Some[FilePath] = ("/",)


class LogsSource(SourceEntry):
    """Log files of the host that ingest runs on."""

    kind: Literal["logs"]
    files: Some[FilePath]
    timezone: Annotated[str, AfterValidator(_zone)] | None = None


Source = DossierSource | EventsSource | SyslogSource | ProbesSource | HostSource | LogsSource
