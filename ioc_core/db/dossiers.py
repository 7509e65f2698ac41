"""A dossier's current state as a row of `dossiers`: the one place that knows how they map."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from ioc_core.db.pool import Connection
from ioc_core.db.staging import stage
from ioc_core.dossier import Dossier, Story, Verdict
from ioc_core.dossier.marks import packed, unpacked
from ioc_core.events import Channel, DossierStatus, Supplement

_TEXT, _TIME, _SMALL, _BIG, _BOOL, _FLOAT = "text", "timestamptz", "smallint", "bigint", "boolean", "double precision"

_STATE: dict[str, str] = {
    "code": _TEXT,
    "source": _TEXT,
    "status": _SMALL,
    "effective_at": _TIME,
    "told_at": _TIME,
    "content_id": _TEXT,
    "marks": "bytea",
    "record_mark": _BIG,
    "step_mark": _BIG,
    "receiving_unit": _TEXT,
    "resolving_unit": _TEXT,
    "receiving_text": _TEXT,
    "resolving_text": _TEXT,
    "procedure_code": _TEXT,
    "procedure_name": _TEXT,
    "field_code": _TEXT,
    "field_name": _TEXT,
    "channel": _SMALL,
    "filed_at": _TIME,
    "due_at": _TIME,
    "finished_at": _TIME,
    "returned_at": _TIME,
    "supplements": _TEXT,  # JSON, cast by the statement
    "paid_online": _BOOL,
    "electronic_result": _BOOL,
    "papers_digitised": _BOOL,
    "papers_reused": _BOOL,
    "papers_from_store": _BOOL,
    "population_data": _BOOL,
    "fee_vnd": _BIG,
    "step_department": _TEXT,
    "step_due_at": _TIME,
}
_DERIVED: dict[str, str] = {
    "first_told_at": _TIME,
    "accepted_at": _TIME,
    "ended_at": _TIME,
    "end_status": _SMALL,
    "entered_at": _TIME,
    "requests": _SMALL,
    "waiting_since": _TIME,
    "is_open": _BOOL,
    "waiting_for_citizen": _BOOL,
    "deadline_at": _TIME,
    "late_at": _TIME,
    "late_clock": _FLOAT,
    "lateness": _SMALL,
    "waited_seconds": _FLOAT,
    "entered_late": _BOOL,
    "accept_by": _TIME,
}
_TYPES = {**_STATE, **_DERIVED}

_COLUMNS = ", ".join(_TYPES)
_VALUES = ", ".join(f"{name}::jsonb" if name == "supplements" else name for name in _TYPES)
_ASSIGNMENTS = ", ".join(f"{name} = excluded.{name}" for name in _TYPES if name != "code")

_STAGED = "incoming_dossiers"
_UPSERT = f"""
INSERT INTO dossiers ({_COLUMNS})
SELECT {_VALUES} FROM {_STAGED}
ON CONFLICT (code) DO UPDATE SET {_ASSIGNMENTS}
"""

_READ = f"SELECT {', '.join(_STATE)} FROM dossiers WHERE code = $1"
_LOAD = f"SELECT {', '.join(_STATE)} FROM dossiers WHERE code = ANY ($1::text[]) ORDER BY code FOR UPDATE"

_json = msgspec.json.Encoder()

Judged = tuple[Dossier, Story, Verdict]
"""A dossier, what follows from its history, and how it stands by the clock."""


def dossier_row(judged: Judged) -> tuple[Any, ...]:
    """Return the values of a dossier in the order of the table's columns; supplements as JSON text."""
    dossier, story, verdict = judged
    return (
        dossier.code,
        dossier.source,
        int(dossier.status),
        dossier.effective_at,
        dossier.told_at,
        dossier.content_id,
        packed(dossier.marks),
        dossier.record_mark,
        dossier.step_mark,
        dossier.receiving_unit,
        dossier.resolving_unit,
        dossier.receiving_text,
        dossier.resolving_text,
        dossier.procedure_code,
        dossier.procedure_name,
        dossier.field_code,
        dossier.field_name,
        None if dossier.channel is None else int(dossier.channel),
        dossier.filed_at,
        dossier.due_at,
        dossier.finished_at,
        dossier.returned_at,
        _json.encode(dossier.supplements).decode() if dossier.supplements else "[]",
        dossier.paid_online,
        dossier.electronic_result,
        dossier.papers_digitised,
        dossier.papers_reused,
        dossier.papers_from_store,
        dossier.population_data,
        dossier.fee_vnd,
        dossier.step_department,
        dossier.step_due_at,
        story.first_told_at,
        story.accepted_at,
        story.ended_at,
        None if story.end_status is None else int(story.end_status),
        story.entered_at,
        len(story.pauses),
        story.waiting_since,
        story.ended_at is None,
        story.waiting_since is not None,
        verdict.deadline_at,
        verdict.late_at,
        verdict.late_clock,
        None if verdict.lateness is None else int(verdict.lateness),
        verdict.waited_seconds,
        verdict.entered_late,
        verdict.accept_by,
    )


def dossier_of(row: "Mapping[str, Any] | asyncpg.Record") -> Dossier:
    """Return the dossier of a row that has all the columns; extra ones are ignored."""
    supplements = row["supplements"]
    channel = row["channel"]
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    return Dossier(
        **values,
        status=DossierStatus(row["status"]),
        marks=unpacked(row["marks"]),
        channel=None if channel is None else Channel(channel),
        supplements=msgspec.convert(supplements, tuple[Supplement, ...]) if supplements else (),
    )


_PLAIN = tuple(name for name in _STATE if name not in {"status", "marks", "channel", "supplements"})


async def read_dossier(connection: Connection, code: str) -> Dossier | None:
    """Return a dossier as it is stored; None when there is none."""
    row = await connection.fetchrow(_READ, code)
    return None if row is None else dossier_of(row)


async def load_dossiers(connection: Connection, codes: Collection[str]) -> dict[str, Dossier]:
    """Return those of `codes` that exist, locked until the transaction ends."""
    rows = await connection.fetch(_LOAD, sorted(codes))
    return {row["code"]: dossier_of(row) for row in rows}


async def store_dossiers(connection: Connection, dossiers: Sequence[Judged]) -> None:
    """Insert or replace the rows of `dossiers` (distinct codes), in the caller's transaction."""
    if dossiers:
        await stage(connection, _STAGED, _TYPES, [dossier_row(one) for one in dossiers])
        await connection.execute(_UPSERT)
