"""What the writer counts of itself."""

from prometheus_client import Counter, Gauge, Histogram

BATCHES = Counter("ioc_writer_batches", "Transactions committed.")
ROWS = Counter("ioc_writer_rows", "Facts stored, those that were there already included.", ["kind"])
REDELIVERED = Counter("ioc_writer_redelivered_messages", "Messages that were in the database already.")
REJECTED = Counter("ioc_writer_rejected", "Events that the writer refused or passed on as refused.", ["reason"])
RETRIES = Counter("ioc_writer_retries", "Attempts that failed and were made again.", ["what"])
BATCH_SECONDS = Histogram(
    "ioc_writer_batch_duration_seconds",
    "From the first message of a batch in hand to its commit.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PENDING = Gauge("ioc_writer_pending_messages", "Messages of EVENTS that are not committed yet.")
PENDING_BYTES = Gauge("ioc_writer_pending_bytes", "Bytes of EVENTS that are not committed yet.")
OLDEST = Gauge("ioc_writer_pending_oldest_seconds", "Age of the oldest message of EVENTS; 0 when there is none.")
ROLLED = Counter("ioc_rollup_buckets", "Buckets of rollups made, those made again included.", ["bucket"])
ROLL_SECONDS = Histogram(
    "ioc_rollup_duration_seconds",
    "One round of the roller.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
MARKS = Gauge("ioc_rollup_marks", "Stretches of samples that wait to be rolled up, open minutes included.")
DROPPED = Counter("ioc_retention_dropped", "Rows (plain PostgreSQL) or chunks (TimescaleDB) dropped.", ["table"])
