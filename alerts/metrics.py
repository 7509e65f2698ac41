"""What the alert engine tells Prometheus."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

_LATENCIES = (0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
_DURATIONS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The engine's metrics; made once a process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.leader = Gauge(
            "ioc_alerts_leader", "1 while this process leads, 0 while it stands by.", registry=registry
        )
        self.firing = Gauge("ioc_alerts_firing", "Alerts that fire now.", ["severity"], registry=registry)
        self.transitions = Counter(
            "ioc_alert_transitions_total", "Changes of alerts' states.", ["step"], registry=registry
        )
        self.evaluation_duration = Histogram(
            "ioc_rule_evaluation_duration_seconds",
            "Time of a rule's SQL and of writing what it changed.",
            ["rule"],
            buckets=_DURATIONS,
            registry=registry,
        )
        self.evaluation_failures = Counter(
            "ioc_rule_evaluation_failures_total", "Evaluations that failed.", ["rule"], registry=registry
        )
        self.notifications = Counter(
            "ioc_notifications_total",
            "Attempts to notify, by how they went.",
            ["channel", "outcome"],
            registry=registry,
        )
        self.notification_latency = Histogram(
            "ioc_notification_latency_seconds",
            "From the commit of what a notification tells of (or from the end of its group's wait) to its acceptance.",
            ["channel"],
            buckets=_LATENCIES,
            registry=registry,
        )
        self.channel_enabled = Gauge(
            "ioc_notification_channel_enabled",
            "1: the channel works; 0: a setting that it names isn't there.",
            ["receiver", "channel"],
            registry=registry,
        )
        self.files_in_use = Gauge(
            "ioc_rules_last_reload_successful", "1: the newest rule and route files are in use; 0: they were refused.",
            registry=registry,
        )  # fmt: skip
        self.files_loaded = Gauge(
            "ioc_rules_last_reload_success_timestamp_seconds", "When the files in use were read.", registry=registry
        )
        self.outbox = Gauge("ioc_notifications_queued", "Notifications that wait for delivery.", registry=registry)
        for severity in "1234":
            self.firing.labels(severity)
