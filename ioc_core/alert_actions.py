"""What people do to alerts, as single transactions; callers check permissions and publish `Changed` after commit."""

from datetime import datetime

from ioc_core.db.pool import Connection
from ioc_core.errors import InputError


async def acknowledge(connection: Connection, alert_id: int, *, actor: str, note: str, now: datetime) -> None:
    """Record that `actor` has taken the alert on; acknowledging again by the same person changes nothing.

    Raises:
        InputError: no such alert (`not_found`), it is over (`resolved`), or somebody else has it (`conflict`).
    """
    async with connection.transaction():
        row = await connection.fetchrow("SELECT state, acknowledged_by FROM alerts WHERE id = $1 FOR UPDATE", alert_id)
        if row is None:
            raise InputError("not_found", f"alert {alert_id} does not exist")
        if row["state"] == "resolved":
            raise InputError("resolved", f"alert {alert_id} is already resolved")
        if row["acknowledged_by"] == actor:
            return
        if row["acknowledged_by"] is not None:
            raise InputError("conflict", f"alert {alert_id} is acknowledged by {row['acknowledged_by']}")
        await connection.execute(
            "UPDATE alerts SET acknowledged_by = $2, acknowledged_at = $3, updated_at = $3 WHERE id = $1",
            alert_id,
            actor,
            now,
        )
        await _history(connection, alert_id, kind="acknowledged", actor=actor, note=note, now=now)


async def comment(connection: Connection, alert_id: int, *, actor: str, note: str, now: datetime) -> None:
    """Add a comment to the alert's history.

    Raises:
        InputError: no such alert (`not_found`), or nothing was said (`empty`).
    """
    if not note.strip():
        raise InputError("empty", "a comment can't be empty")
    async with connection.transaction():
        if await connection.fetchval("SELECT 1 FROM alerts WHERE id = $1 FOR UPDATE", alert_id) is None:
            raise InputError("not_found", f"alert {alert_id} does not exist")
        await _history(connection, alert_id, kind="commented", actor=actor, note=note, now=now)


async def _history(connection: Connection, alert_id: int, *, kind: str, actor: str, note: str, now: datetime) -> None:
    await connection.execute(
        "INSERT INTO alert_history (alert_id, at, kind, actor, note) VALUES ($1, $2, $3, $4, $5)",
        alert_id,
        now,
        kind,
        actor,
        note,
    )
