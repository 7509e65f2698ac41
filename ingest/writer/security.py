"""Security events into `security_events`.

Of two with one id and time, the one that came first stays; of two that came at once, the graver, then by their text.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from ioc_core.db import Connection
from ioc_core.events import SecurityEvent

_TYPES = {
    "source": "text",
    "event_id": "text",
    "observed_at": "timestamptz",
    "received_at": "timestamptz",
    "event_category": "text",
    "event_severity": "smallint",
    "message": "text",
    "event_action": "text",
    "event_outcome": "text",
    "host_name": "text",
    "source_ip": "text",
    "user_name": "text",
    "rule_name": "text",
    "process_name": "text",
    "unit": "text",
    "system": "text",
    "raw": "text",
}
_KEY = ("source", "event_id", "observed_at")


def _rank(row: str) -> str:
    """Return the SQL of what `rank` is of an event; "C" compares text as Python does."""
    return f'({row}.received_at, -{row}.event_severity, {row}.message COLLATE "C", {row}.raw COLLATE "C")'


def rank(event: SecurityEvent) -> tuple[datetime, int, str, str]:
    """Return what decides which of two events with one key stays: the smaller."""
    return event.received_at, -event.event_severity, event.message, event.raw


_INSERT = f"""
INSERT INTO security_events ({", ".join(_TYPES)})
SELECT * FROM unnest({", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(_TYPES.values(), 1))})
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _TYPES if name not in _KEY)}
WHERE {_rank("excluded")} < {_rank("security_events")}
"""


def distinct(events: Iterable[SecurityEvent]) -> list[SecurityEvent]:
    """Return one event for each key, the one that stays; ordered by the key."""
    kept: dict[tuple[str, str, datetime], SecurityEvent] = {}
    for event in events:
        key = event.source, event.event_id, event.observed_at
        if key not in kept or rank(event) < rank(kept[key]):
            kept[key] = event
    return [kept[key] for key in sorted(kept)]


async def insert_security(connection: Connection, events: Sequence[SecurityEvent]) -> None:
    """Store security events.

    Raises:
        asyncpg.PostgresError: text that the database refuses.
    """
    if events:
        rows = distinct(events)
        await connection.execute(_INSERT, *([getattr(event, name) for event in rows] for name in _TYPES))
