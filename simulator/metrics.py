"""The simulator's own metrics, in Prometheus' words."""

from prometheus_client import Counter, Gauge

MESSAGES = Counter(
    "ioc_simulator_messages_total",
    "Entries sent to ingest (dossiers, steps, samples, log lines), by feed and what became of them.",
    ["feed", "outcome"],
)
RETRIES = Counter(
    "ioc_simulator_retries_total", "Requests that had to be sent again, by feed and reason.", ["feed", "reason"]
)
LOGINS = Counter("ioc_simulator_logins_total", "Sessions opened with the national protocol.", ["outcome"])
OUTBOX = Gauge("ioc_simulator_outbox_messages", "Messages of the one-stop system that ingest hasn't accepted yet.")
BACKFILL = Gauge("ioc_simulator_backfill_ratio", "How much of the past has been sent, 0 to 1.", ["feed"])
LAG = Gauge("ioc_simulator_lag_seconds", "How far the newest accepted message lies behind the clock.", ["feed"])
VISITS = Counter("ioc_simulator_portal_answers_total", "Answers of the simulated portals.", ["state"])
PHONE_MESSAGES = Counter("ioc_simulator_phone_messages_total", "Notifications that the phone received, once each.")
PHONE_DUPLICATES = Counter(
    "ioc_simulator_phone_duplicates_total", "Notifications that came again with the same idempotency key."
)
