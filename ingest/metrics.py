"""What ingest counts of itself."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from ioc_core.events import Block, Event, RawBlock, Rejected, SampleBlock

PUBLISHED = Counter("ioc_ingest_events", "Events that EVENTS has acknowledged.", ["source", "kind"])
REJECTED = Counter("ioc_rejected", "Input that was refused.", ["port", "reason"])
PUSHES = Counter("ioc_push_requests", "Pushes, by answer.", ["port", "status"])
PUSH_SECONDS = Histogram(
    "ioc_push_duration_seconds",
    "From a push's first byte to its answer.",
    ["port"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PUSH_BODY_BYTES = Gauge("ioc_push_body_bytes", "Bytes of push bodies held in memory.")
SYSLOG = Counter("ioc_syslog_messages", "Syslog messages received.", ["transport"])
SYSLOG_TRUNCATED = Counter("ioc_syslog_truncated", "Syslog messages that were cut to the size limit.", ["transport"])
SYSLOG_DROPPED = Counter("ioc_syslog_dropped", "Datagrams dropped because the buffer was full.")
SYSLOG_CONNECTIONS = Gauge("ioc_syslog_connections", "Open syslog connections.")
OUTLET_EVENTS = Gauge("ioc_outlet_events", "Events of collectors that wait to be published.")
PUBLISH_FAILURES = Counter("ioc_publish_failures", "Publishing attempts that the bus did not acknowledge.", ["reason"])
BUS_CONNECTED = Gauge("ioc_bus_connected", "Whether the bus answers.")
COLLECTOR_FAILURES = Counter("ioc_collector_failures", "Collectors that stopped and were started again.", ["source"])
PROBES_UNPERMITTED = Gauge("ioc_probes_unpermitted", "Targets that this host does not let us probe.")
CREDENTIALS_READ = Gauge("ioc_credentials_read_timestamp_seconds", "When the credentials were last read.")

_KIND = {"Sample": "sample", "DossierEvent": "dossier", "ProbeResult": "probe", "SecurityEvent": "security"}


def count_published(source: str, events: Iterable[Event | Block]) -> None:
    """Count what EVENTS has acknowledged, and what of it was refused input."""
    kinds: Tally[str] = Tally()
    refused: Tally[tuple[str, str]] = Tally()
    for event in events:
        if isinstance(event, Rejected):
            refused[event.port, event.reason] += 1
        elif isinstance(event, SampleBlock | RawBlock):
            kinds["sample"] += len(event.of)
        else:
            kinds[_KIND.get(type(event).__name__, "heartbeat")] += 1
    for kind, count in kinds.items():
        PUBLISHED.labels(source, kind).inc(count)
    for (port, reason), count in refused.items():
        REJECTED.labels(port, reason).inc(count)
