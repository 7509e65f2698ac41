"""What a probe looks at: the targets that config/sources may name, checked strictly."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ioc_core.durations import parse_duration

ItemT = TypeVar("ItemT")


def _seconds(value: object) -> float:
    if not isinstance(value, str):
        raise ValueError("is not a duration: write it like 30s, 5m, 1h30m or 2d")
    return parse_duration(value).total_seconds()


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    return value


def _not_empty(value: tuple[ItemT, ...]) -> tuple[ItemT, ...]:
    if not value:
        raise ValueError("must name at least one")
    return value


def _address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError as error:
        raise ValueError("must be an IP address") from error
    return value


Several = Annotated[tuple[ItemT, ...], Field(strict=False)]
Some = Annotated[tuple[ItemT, ...], Field(strict=False), AfterValidator(_not_empty)]
Duration = Annotated[float, BeforeValidator(_seconds)]
Interval = Annotated[Duration, Field(ge=1.0, le=86400.0)]
Timeout = Annotated[Duration, Field(ge=0.05, le=60.0)]
Pattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_pattern)]
Address = Annotated[str, AfterValidator(_address)]
Code = Annotated[str, Field(min_length=1, max_length=50)]
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
HostName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:-]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Url = Annotated[
    str, Field(max_length=2000, pattern=r"^(https?://[^\s/]+(/\S*)?|\{(api|wall|ingest|simulator)\}(/\S*)?)$")
]
"""An address, or one of this centre's own processes: `{api}/healthz`, `{wall}/…`, `{ingest}/…`, `{simulator}/…`."""


class Part(BaseModel):
    """A part of a file of config/: unknown keys are refused, types are taken at their word."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Target(Part):
    """What every target says of itself; `name` is unique among all targets of the centre."""

    name: Title
    interval: Interval | None = None
    """Seconds between two looks; None: the source's."""
    timeout: Timeout | None = None
    system: Code | None = None
    unit: Code | None = None


class HttpTarget(Target):
    """A page that must answer with an expected status, and, if asked, a body that matches."""

    kind: Literal["http"]
    url: Url
    status: Several[Annotated[int, Field(ge=100, le=599)]] = ()
    """Statuses that count as success; none named: 200 to 399."""
    body: Pattern | None = None
    """Searched for in the first MiB of the body."""
    verify_tls: bool = True
    ca_file: Path | None = Field(None, strict=False)


class TcpTarget(Target):
    """A port that must accept a connection, and, if asked, greet with a line that matches."""

    kind: Literal["tcp"]
    host: HostName
    port: Port
    greeting: Pattern | None = None


class TlsTarget(Target):
    """A port whose certificate is looked at: when it expires, and whether it can be trusted."""

    kind: Literal["tls"]
    host: HostName
    port: Port = 443
    server_name: HostName | None = None
    verify_tls: bool = True
    ca_file: Path | None = Field(None, strict=False)


class DnsTarget(Target):
    """A name that must resolve, and, if asked, to one of the expected answers."""

    kind: Literal["dns"]
    query: HostName
    record: Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT"] = "A"
    server: Address | None = None
    """The resolver asked; None: this host's."""
    port: Port = 53
    answers: Several[Title] = ()


class IcmpTarget(Target):
    """A host that must answer at least one of `count` echo requests."""

    kind: Literal["icmp"]
    host: HostName
    count: Annotated[int, Field(ge=1, le=10)] = 3


AnyTarget = HttpTarget | TcpTarget | TlsTarget | DnsTarget | IcmpTarget
