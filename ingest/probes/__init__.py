"""Looks at targets from outside, one file a kind. A new kind is its file and its line in `PROBERS`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ingest.probes.dns import probe_dns
from ingest.probes.http import probe_http
from ingest.probes.icmp import probe_icmp
from ingest.probes.outcome import Outcome, Stopwatch
from ingest.probes.tcp import probe_tcp
from ingest.probes.tls import probe_tls

Prober = Callable[[Any, Stopwatch], Awaitable[Outcome]]
"""Takes a target of its kind; raises ProbeFailure, ProbeNotPermitted or OSError. The caller keeps the deadline."""

PROBERS: Mapping[str, Prober] = {
    "http": probe_http,
    "tcp": probe_tcp,
    "tls": probe_tls,
    "dns": probe_dns,
    "icmp": probe_icmp,
}
