"""Dossier events into `dossier_events`, and merged into `dossiers`.

The database stores the events while their dossiers are merged and judged here.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from ioc_core.db import Connection
from ioc_core.db.dossiers import Judged, load_dossiers, store_dossiers
from ioc_core.db.staging import stage
from ioc_core.dossier import Dossier, DossierClock, HistoryNeeded, Told, merge, story
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

_HISTORY = """
SELECT code, content_id, body::text AS body FROM dossier_events WHERE code = ANY ($1::text[]) ORDER BY received_at
"""

_json = msgspec.json.Encoder()
_body = msgspec.json.Decoder(DossierEvent)
_arrival = attrgetter("received_at")

_SLICE = 200
"""Dossiers that are merged at one go, some 10 ms; then the event loop has a turn."""


@dataclass(frozen=True, slots=True)
class DossierRows:
    """Events of a batch, made ready before its transaction: by dossier, and as rows of `dossier_events`."""

    count: int
    told: Mapping[str, Sequence[Told]]
    rows: Sequence[tuple[object, ...]]

    def __len__(self) -> int:
        return self.count


def dossier_rows(events: Sequence[DossierEvent]) -> DossierRows:
    """Return `events` made ready; of those that say the same, the one that arrived first."""
    told = by_dossier(events)
    return DossierRows(len(events), told, [_row(*one) for one in _distinct(told)])


def by_dossier(events: Iterable[DossierEvent]) -> dict[str, list[Told]]:
    """Return the events of each dossier by arrival, with the ids of their contents."""
    told: defaultdict[str, list[Told]] = defaultdict(list)
    for event in sorted(events, key=_arrival):
        told[event.code].append((event, dossier_content_id(event)))
    return told


def merge_all(
    current: Mapping[str, Dossier], told: Mapping[str, Sequence[Told]]
) -> tuple[dict[str, Dossier], list[str]]:
    """Return the new states of the dossiers that change, and the codes of those whose whole history is needed."""
    changed: dict[str, Dossier] = {}
    needed: list[str] = []
    for code, messages in told.items():
        before = current.get(code)
        if before is not None and not before.marks:
            needed.append(code)
            continue
        try:
            after = merge(before, messages)
        except HistoryNeeded:
            needed.append(code)
            continue
        if after is not before:
            changed[code] = after
    return changed, needed


async def insert_dossiers(connection: Connection, rows: DossierRows, clock: DossierClock) -> None:
    """Store what the events say, and the state after them.

    Raises:
        asyncpg.PostgresError: text that the database refuses.
    """
    if not rows:
        return
    told = rows.told
    current = await load_dossiers(connection, told)
    await stage(connection, _STAGED, _COLUMNS, rows.rows)
    async with _meanwhile(connection, _INSERT):
        changed, needed = await _merge_in_slices(current, told, clock)
    if needed:
        histories = await load_histories(connection, needed)
        for code in needed:
            before = current.get(code)
            after = with_history(before, told[code], histories.get(code, []))
            if after is not before:
                changed[code] = judged(after, clock)
    await store_dossiers(connection, [changed[code] for code in sorted(changed)])


@asynccontextmanager
async def _meanwhile(connection: Connection, statement: str) -> AsyncIterator[None]:
    """Let the database execute `statement` while the body runs; it has ended, or failed, after the body."""
    running = asyncio.create_task(connection.execute(statement))
    try:
        yield
    except BaseException:
        running.cancel()
        await asyncio.wait([running])
        raise
    await running


async def _merge_in_slices(
    current: Mapping[str, Dossier], told: Mapping[str, Sequence[Told]], clock: DossierClock
) -> tuple[dict[str, Judged], list[str]]:
    """Return the new states as `merge_all` has them, judged, giving way to the connection between slices."""
    changed: dict[str, Judged] = {}
    needed: list[str] = []
    codes = list(told)
    for start in range(0, len(codes), _SLICE):
        await asyncio.sleep(0)
        after, unclear = merge_all(current, {code: told[code] for code in codes[start : start + _SLICE]})
        changed |= {code: judged(dossier, clock) for code, dossier in after.items()}
        needed += unclear
    return changed, needed


def with_history(before: Dossier | None, told: Sequence[Told], history: Sequence[Told]) -> Dossier:
    """Return the state after messages one of whose predecessors decides again, or of a row without marks."""
    if before is None or not before.marks:
        return merge(None, [*history, *told])
    return merge(before, told, history)


def judged(dossier: Dossier, clock: DossierClock) -> Judged:
    """Return a dossier with what follows from its history and how it stands."""
    told = story(dossier)
    return dossier, told, clock.judge(dossier, told)


async def load_histories(connection: Connection, codes: Sequence[str]) -> dict[str, list[Told]]:
    """Return every message about these dossiers that is kept, by arrival."""
    histories: defaultdict[str, list[Told]] = defaultdict(list)
    for row in await connection.fetch(_HISTORY, list(codes)):
        histories[row["code"]].append((_body.decode(row["body"]), row["content_id"]))
    return histories


def _distinct(told: Mapping[str, Sequence[Told]]) -> list[Told]:
    first: dict[tuple[str, str], Told] = {}
    for messages in told.values():
        for event, content in messages:
            first.setdefault((event.code, content), (event, content))
    return list(first.values())


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
