"""Events for the tests of the writer, and what a database holds after them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ioc_core.db import Connection, Pool
from ioc_core.events import DossierEvent, DossierStatus, Event, Heartbeat, ProbeResult, Rejected, Sample, SecurityEvent

T0 = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """`seconds` after the beginning of every test."""
    return T0 + timedelta(seconds=seconds)


def sample(seconds: float, value: float, *, metric: str = "load1", source: str = "host", **labels: str) -> Sample:
    return Sample(source, at(seconds), at(seconds), metric, value, labels)


def dossier(number: int, seconds: float, status: int, *, told: float | None = None, **fields: Any) -> DossierEvent:
    return DossierEvent(
        source="igate",
        observed_at=at(seconds),
        received_at=at(seconds if told is None else told),
        code=f"000.00.01.H15-261120-{number:04}",
        record=fields.pop("record", True),
        status=DossierStatus(status),
        **fields,
    )


def probe(target: str, seconds: float, success: bool, duration: float = 0.1) -> ProbeResult:
    return ProbeResult("probes", at(seconds), at(seconds), target, "http", success, duration)


def security(number: int, seconds: float, severity: int = 50) -> SecurityEvent:
    return SecurityEvent("ids", at(seconds), at(seconds), f"e{number}", "intrusion_detection", severity, "scan")


def rejected(number: int, seconds: float) -> Rejected:
    return Rejected("igate", at(seconds), at(seconds), "dvcqg", "bad_time", f"number {number}", b"raw")


def heartbeat(seconds: float) -> Heartbeat:
    return Heartbeat("igate", at(seconds), at(seconds))


TABLES = {
    "samples": "SELECT s.metric, s.source, s.labels, x.time, x.value FROM samples x"
    " JOIN series s ON s.id = x.series_id",
    "series_current": "SELECT s.metric, s.source, s.labels, c.time, c.value FROM series_current c"
    " JOIN series s ON s.id = c.series_id",
    "dossier_events": "SELECT * FROM dossier_events",
    "dossiers": "SELECT * FROM dossiers",
    "probe_results": "SELECT * FROM probe_results",
    "probe_current": "SELECT * FROM probe_current",
    "security_events": "SELECT * FROM security_events",
    "rejected": "SELECT id, source, port, reason, detail, raw FROM rejected",
    "source_activity": "SELECT * FROM source_activity",
}


async def contents(pool: Pool | Connection) -> dict[str, list[str]]:
    """Return every row of every table that the writer keeps, as text, sorted; numbers of series as their names."""
    return {name: sorted(str(tuple(row.values())) for row in await pool.fetch(sql)) for name, sql in TABLES.items()}


def mixed(count: int) -> list[Event]:
    """Return `count` events of every kind, all different."""
    makers = (
        lambda n: sample(n, float(n), unit=f"u{n % 5}"),
        lambda n: dossier(n % 7, n, 1 + n % 10),
        lambda n: probe(f"https://t{n % 3}.example", n, n % 4 != 0),
        lambda n: security(n, n),
        lambda n: rejected(n, n),
        lambda n: heartbeat(n),
    )
    return [makers[number % len(makers)](number) for number in range(count)]
