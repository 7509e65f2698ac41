"""What the API tells Prometheus of itself."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Instruments:
    """The metrics of one API process; one instance a registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.requests = Histogram(
            "ioc_http_request_duration_seconds",
            "Time to answer, by route template.",
            ("method", "route", "status"),
            buckets=_FAST,
            registry=registry,
        )
        self.sign_ins = Counter(
            "ioc_sign_ins_total", "Attempts to sign in, by outcome.", ("outcome",), registry=registry
        )
        self.feed_clients = Gauge("ioc_feed_clients", "Clients of the live feed.", registry=registry)
        self.feed_slow_clients = Gauge("ioc_feed_slow_clients", "Clients whose line is full.", registry=registry)
        self.feed_delay = Histogram(
            "ioc_feed_delay_seconds",
            "From the commit of a fact to its delta being sent.",
            buckets=_FAST,
            registry=registry,
        )
        self.feed_messages = Counter("ioc_feed_messages_total", "Deltas sent, once a client.", registry=registry)
        self.feed_coalesced = Counter(
            "ioc_feed_coalesced_values_total", "Values that a slow client was spared.", registry=registry
        )
        self.feed_cut = Counter(
            "ioc_feed_clients_cut_total", "Clients cut, by reason.", ("reason",), registry=registry
        )
        self.feed_resets = Counter("ioc_feed_resets_total", "Times the state was read anew.", registry=registry)
        self.leading = Gauge("ioc_projector_leading", "1 in the process that publishes the state.", registry=registry)
        self.projection = Histogram(
            "ioc_projector_read_duration_seconds",
            "Time to read what changed.",
            ("parts",),
            buckets=_FAST,
            registry=registry,
        )
        self.deltas = Counter(
            "ioc_projector_deltas_total", "Deltas published, by topic.", ("topic",), registry=registry
        )
        self.external_alerts = Counter(
            "ioc_external_alerts_total", "Alerts that other systems sent, by outcome.", ("outcome",), registry=registry
        )
        self.failures = Counter(
            "ioc_api_background_failures_total", "Failures of background work, by task.", ("task",), registry=registry
        )
