"""Dossier events into `dossier_events`, and folded into `dossiers`."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from ioc_core.db import Connection
from ioc_core.db.dossiers import load_dossiers, store_dossiers
from ioc_core.dossier import Dossier, merge
from ioc_core.events import DossierEvent, dossier_content_id

_INSERT = """
INSERT INTO dossier_events (code, content_id, observed_at, received_at, source, record, status, resolving_unit,
                            step_department, body)
SELECT code, content_id, observed_at, received_at, source, record, status, resolving_unit, step_department, body::jsonb
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::boolean[], $7::smallint[],
            $8::text[], $9::text[], $10::text[])
    AS given (code, content_id, observed_at, received_at, source, record, status, resolving_unit, step_department,
              body)
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
    await connection.execute(_INSERT, *_columns(told))
    current = await load_dossiers(connection, {event.code for event, _ in told})
    changed = fold(current, told)
    await store_dossiers(connection, [changed[code] for code in sorted(changed)])


def _columns(told: Sequence[Told]) -> tuple[list[object], ...]:
    rows = [
        (
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
        for event, content in told
    ]
    return tuple(map(list, zip(*rows, strict=True)))
