"""Dossier events into `dossier_events`, and folded into `dossiers`."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from ioc_core.db import Connection
from ioc_core.db.dossiers import load_dossiers, store_dossiers
from ioc_core.db.staging import stage
from ioc_core.dossier import Dossier, merge
from ioc_core.events import DossierEvent, dossier_content_id

_COLUMNS = {
    "code": "text",
    "content_id": "text",
    "observed_at": "timestamptz",
    "received_at": "timestamptz",
    "source": "text",
    "record": "boolean",
    "status": "smallint",
    "resolving_unit": "text",
    "step_department": "text",
    "body": "text",
}
_STAGED = "incoming_dossier_events"
_NAMES = ", ".join(_COLUMNS)

_INSERT = f"""
INSERT INTO dossier_events ({_NAMES})
SELECT {_NAMES.replace("body", "body::jsonb")} FROM {_STAGED}
ON CONFLICT (code, content_id, observed_at) DO UPDATE SET received_at = excluded.received_at, body = excluded.body
    WHERE excluded.received_at < dossier_events.received_at
"""

_json = msgspec.json.Encoder()
_arrival = attrgetter("received_at")

Told = tuple[DossierEvent, str]
"""An event and the id of its content."""


def distinct(events: Iterable[DossierEvent]) -> list[Told]:
    """Return the events by arrival; of those that say the same, the first."""
    told: dict[tuple[str, str], Told] = {}
    for event in sorted(events, key=_arrival):
        content = dossier_content_id(event)
        told.setdefault((event.code, content), (event, content))
    return list(told.values())


def fold(current: Mapping[str, Dossier], told: Iterable[Told]) -> dict[str, Dossier]:
    """Return the new states of the dossiers that change."""
    states: dict[str, Dossier] = {}
    for event, content in told:
        code = event.code
        before = states.get(code) or current.get(code)
        after = merge(before, event, content=content)
        if after is not before:
            states[code] = after
    return states


async def insert_dossiers(connection: Connection, events: Sequence[DossierEvent]) -> None:
    """Store what the events say, and the state after them.

    Raises:
        asyncpg.PostgresError: text that the database refuses.
    """
    if not events:
        return
    told = distinct(events)
    await stage(connection, _STAGED, _COLUMNS, [_row(*one) for one in told])
    await connection.execute(_INSERT)
    current = await load_dossiers(connection, {event.code for event, _ in told})
    changed = fold(current, told)
    await store_dossiers(connection, [changed[code] for code in sorted(changed)])


def _row(event: DossierEvent, content: str) -> tuple[object, ...]:
    return (
        event.code,
        content,
        event.observed_at,
        event.received_at,
        event.source,
        event.record,
        int(event.status),
        event.resolving_unit,
        event.step_department,
        _json.encode(event).decode(),
    )
