"""A dossier's current state as a row of `dossiers`: the one place that knows how they map."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from ioc_core.db.pool import Connection
from ioc_core.db.staging import stage
from ioc_core.dossier import Dossier
from ioc_core.events import Channel, DossierStatus, Supplement

_TEXT, _TIME, _SMALL, _BOOL = "text", "timestamptz", "smallint", "boolean"

_TYPES: dict[str, str] = {
    "code": _TEXT,
    "source": _TEXT,
    "status": _SMALL,
    "effective_at": _TIME,
    "told_at": _TIME,
    "content_id": _TEXT,
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
    "accepted_at": _TIME,
    "due_at": _TIME,
    "finished_at": _TIME,
    "returned_at": _TIME,
    "supplements": _TEXT,  # JSON, cast by the statement
    "paid_online": _BOOL,
    "electronic_result": _BOOL,
    "step_department": _TEXT,
    "step_due_at": _TIME,
    "step_effective_at": _TIME,
    "step_content_id": _TEXT,
    "record_effective_at": _TIME,
    "record_told_at": _TIME,
    "record_content_id": _TEXT,
    "is_open": _BOOL,
    "waiting_for_citizen": _BOOL,
}

_COLUMNS = ", ".join(_TYPES)
_VALUES = ", ".join(f"{name}::jsonb" if name == "supplements" else name for name in _TYPES)
_ASSIGNMENTS = ", ".join(f"{name} = excluded.{name}" for name in _TYPES if name != "code")

_STAGED = "incoming_dossiers"
_UPSERT = f"""
INSERT INTO dossiers ({_COLUMNS})
SELECT {_VALUES} FROM {_STAGED}
ON CONFLICT (code) DO UPDATE SET {_ASSIGNMENTS}
"""

_LOAD = f"SELECT {_COLUMNS} FROM dossiers WHERE code = ANY ($1::text[]) ORDER BY code FOR UPDATE"

_json = msgspec.json.Encoder()


def dossier_row(dossier: Dossier) -> tuple[Any, ...]:
    """Return the values of a dossier in the order of the table's columns; supplements as JSON text."""
    return (
        dossier.code,
        dossier.source,
        int(dossier.status),
        dossier.effective_at,
        dossier.told_at,
        dossier.content_id,
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
        dossier.accepted_at,
        dossier.due_at,
        dossier.finished_at,
        dossier.returned_at,
        _json.encode(dossier.supplements).decode() if dossier.supplements else "[]",
        dossier.paid_online,
        dossier.electronic_result,
        dossier.step_department,
        dossier.step_due_at,
        dossier.step_effective_at,
        dossier.step_content_id,
        dossier.record_effective_at,
        dossier.record_told_at,
        dossier.record_content_id,
        dossier.is_open,
        dossier.waiting_for_citizen,
    )


def dossier_of(row: "Mapping[str, Any] | asyncpg.Record") -> Dossier:
    """Return the dossier of a row that has all the columns; extra ones are ignored."""
    supplements = row["supplements"]
    channel = row["channel"]
    values: dict[str, Any] = {name: row[name] for name in _STORED}
    return Dossier(
        **values,
        status=DossierStatus(row["status"]),
        channel=None if channel is None else Channel(channel),
        supplements=msgspec.convert(supplements, tuple[Supplement, ...]) if supplements else (),
    )


_DERIVED = frozenset({"is_open", "waiting_for_citizen"})
_STORED = tuple(name for name in _TYPES if name not in _DERIVED | {"status", "channel", "supplements"})


async def load_dossiers(connection: Connection, codes: Collection[str]) -> dict[str, Dossier]:
    """Return those of `codes` that exist, locked until the transaction ends."""
    rows = await connection.fetch(_LOAD, sorted(codes))
    return {row["code"]: dossier_of(row) for row in rows}


async def store_dossiers(connection: Connection, dossiers: Sequence[Dossier]) -> None:
    """Insert or replace the rows of `dossiers` (distinct codes), in the caller's transaction."""
    if dossiers:
        await stage(connection, _STAGED, _TYPES, [dossier_row(dossier) for dossier in dossiers])
        await connection.execute(_UPSERT)
