"""Facts as the writer stores them, and its notices."""

from datetime import UTC, datetime
from typing import Any

from ioc_core.bus import Bus
from ioc_core.db import Connection, Pool
from ioc_core.live import SUBJECT_CHANGED, Changed, Facts, encode


async def set_gauge(db: Connection | Pool, value: float | None, *, metric: str = "test_gauge", **labels: str) -> None:
    """Give a series its current value; None removes it."""
    series = await db.fetchval(
        "INSERT INTO series (source, metric, labels) VALUES ('test', $1, $2)"
        " ON CONFLICT (metric, source, labels) DO UPDATE SET source = excluded.source RETURNING id",
        metric,
        labels,
    )
    if value is None:
        await db.execute("DELETE FROM series_current WHERE series_id = $1", series)
        return
    await db.execute(
        "INSERT INTO series_current (series_id, time, value) VALUES ($1, now(), $2)"
        " ON CONFLICT (series_id) DO UPDATE SET value = excluded.value, time = excluded.time",
        series,
        value,
    )


async def notify(bus: Bus, *facts: Facts) -> None:
    """Say on LIVE that facts of these kinds were committed now."""
    await bus.publish_live(SUBJECT_CHANGED, encode(Changed(frozenset(facts), datetime.now(UTC))))


async def add_dossier(db: Connection | Pool, code: str, **columns: Any) -> None:
    """Store an open dossier as the writer would; `columns` replace the usual values."""
    now = datetime.now(UTC)
    row = {
        "code": code, "source": "igate", "status": 4, "effective_at": now, "told_at": now, "content_id": code,
        "resolving_unit": "66", "is_open": True, "waiting_for_citizen": False, **columns,
    }  # fmt: skip
    names = ", ".join(row)
    places = ", ".join(f"${index}" for index in range(1, len(row) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in row)
    await db.execute(
        f"INSERT INTO dossiers ({names}) VALUES ({places}) ON CONFLICT (code) DO UPDATE SET {changes}", *row.values()
    )
