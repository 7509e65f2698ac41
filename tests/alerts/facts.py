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
    """Store an open dossier as the writer would; `columns` replace the usual values.

    Unless said otherwise it is late after its due date, if it was accepted (status 2 and more) and doesn't wait.
    """
    now = datetime.now(UTC)
    row: dict[str, Any] = {
        "code": code, "source": "igate", "status": 4, "effective_at": now, "told_at": now, "content_id": code,
        "first_told_at": now, "resolving_unit": "66", "is_open": True, "waiting_for_citizen": False, **columns,
    }  # fmt: skip
    if row["status"] != 1:
        row.setdefault("accepted_at", row.get("filed_at", now))
        row.setdefault("late_at", None if row["waiting_for_citizen"] else row.get("due_at"))
    if not row["is_open"]:
        row.setdefault("ended_at", now)
    names = ", ".join(row)
    places = ", ".join(f"${index}" for index in range(1, len(row) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in row)
    await db.execute(
        f"INSERT INTO dossiers ({names}) VALUES ({places}) ON CONFLICT (code) DO UPDATE SET {changes}", *row.values()
    )
    await db.execute(
        "UPDATE dossiers SET late_clock = working_clock(late_at),"
        " waiting_since = CASE WHEN waiting_for_citizen THEN effective_at END,"
        " accept_by = CASE WHEN status = 1 AND channel = 2 THEN add_working_seconds(filed_at, 28800) END"
        " WHERE code = $1",
        code,
    )
