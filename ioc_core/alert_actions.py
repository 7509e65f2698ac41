"""What people do to alerts, as single transactions; callers check permissions and publish `Changed` after commit.

What may be done, and what follows from it, is decided by the functions of alert_lifecycle.py: acknowledge,
unacknowledge, assign, snooze, unsnooze, close, reopen, with everything but the alert filled in by `functools.partial`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import asdict

from ioc_core import alert_lifecycle as lifecycle
from ioc_core.alert_lifecycle import Change, Handling
from ioc_core.db.pool import Connection
from ioc_core.errors import InputError

Decide = Callable[[Handling], Change | None]

_FIELDS = Handling.__struct_fields__
_LOCK = f"SELECT id, {', '.join(_FIELDS)} FROM alerts WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"
_WRITE = f"""
UPDATE alerts SET {", ".join(f"{name} = ${place}" for place, name in enumerate(_FIELDS, 4))},
       updated_at = $2, stirred_at = CASE WHEN $3 THEN $2 ELSE stirred_at END
WHERE id = $1
"""
_HISTORY = """
INSERT INTO alert_history (alert_id, at, kind, actor, note, until, person) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_TIMER = "least(acknowledged_until, snoozed_until, closed_until)"
_DUE = f"""
SELECT id, {", ".join(_FIELDS)} FROM alerts WHERE state <> 'resolved' AND {_TIMER} <= $1
ORDER BY id LIMIT $2 FOR NO KEY UPDATE
"""
NEXT_TIMER = f"SELECT min({_TIMER}) FROM alerts WHERE state <> 'resolved' AND {_TIMER} IS NOT NULL"
"""The instant at which the next of people's times runs out."""


async def comment(connection: Connection, alert_id: int, *, actor: str, note: str, now: datetime) -> None:
    """Add a comment to the alert's history.

    Raises:
        InputError: no such alert (`not_found`), or nothing was said (`empty`).
    """
    if not note.strip():
        raise InputError("empty", "a comment can't be empty")
    async with connection.transaction():
        if await connection.fetchval("SELECT 1 FROM alerts WHERE id = $1 FOR NO KEY UPDATE", alert_id) is None:
            raise InputError("not_found", f"alert {alert_id} does not exist")
        await connection.execute(_HISTORY, alert_id, now, "commented", actor, note, None, "")


async def act(connection: Connection, alert_id: int, decide: Decide, *, actor: str, now: datetime) -> bool:
    """Do to one alert what `decide` (a function of `alert_lifecycle`) makes of it; False: nothing changed.

    Raises:
        InputError: no such alert (`not_found`), or what `decide` raises.
    """
    outcome = (await act_on_each(connection, [alert_id], decide, actor=actor, now=now))[alert_id]
    if isinstance(outcome, InputError):
        raise outcome
    return outcome is not None


async def act_on_each(
    connection: Connection, alert_ids: Sequence[int], decide: Decide, *, actor: str, now: datetime
) -> dict[int, Change | InputError | None]:
    """Do the same to many alerts in one transaction; each one's change, refusal, or None when nothing changed."""
    outcomes: dict[int, Change | InputError | None] = {
        alert_id: InputError("not_found", f"alert {alert_id} does not exist") for alert_id in alert_ids
    }
    async with connection.transaction():
        for row in await connection.fetch(_LOCK, list(alert_ids)):
            alert = Handling(**{name: row[name] for name in _FIELDS})
            try:
                outcomes[row["id"]] = decide(alert)
            except InputError as error:
                outcomes[row["id"]] = error
        await record(
            connection,
            [(alert_id, change) for alert_id, change in outcomes.items() if isinstance(change, Change)],
            actor=actor,
            now=now,
        )
    return outcomes


async def record(connection: Connection, changes: Sequence[tuple[int, Change]], *, actor: str, now: datetime) -> None:
    """Write changes of alerts whose rows the open transaction has locked, with their history, in order."""
    if not changes:
        return
    await connection.executemany(
        _WRITE, [(alert_id, now, change.stirs, *asdict(change.after).values()) for alert_id, change in changes]
    )
    await connection.executemany(
        _HISTORY,
        [
            (alert_id, now, change.kind, actor, change.note, change.until, change.person)
            for alert_id, change in changes
        ],
    )


async def run_out(connection: Connection, *, actor: str, now: datetime, limit: int) -> int:
    """Let at most `limit` alerts' times run out that are due by `now`; return how many there were."""
    rows = await connection.fetch(_DUE, now, limit)
    changes = [
        (row["id"], change)
        for row in rows
        for change in lifecycle.run_out(Handling(**{name: row[name] for name in _FIELDS}), now)
    ]
    await record(connection, changes, actor=actor, now=now)
    return len(rows)
