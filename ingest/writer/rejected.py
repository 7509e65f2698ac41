"""Refused input into `rejected`; the same input at the same instant is one row."""

from collections.abc import Sequence

from ingest.writer.decode import storable
from ioc_core.db import Connection
from ioc_core.events import MAX_RAW_BYTES, Rejected, content_id

_INSERT = """
INSERT INTO rejected (id, received_at, source, port, reason, detail, raw)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])
ON CONFLICT DO NOTHING
"""


async def insert_rejected(connection: Connection, events: Sequence[Rejected]) -> None:
    """Store what was refused."""
    if not events:
        return
    rows = [
        (
            content_id(event.source, event.port, event.reason, event.detail, event.raw),
            event.received_at,
            storable(event.source),
            storable(event.port),
            storable(event.reason),
            storable(event.detail),
            event.raw[:MAX_RAW_BYTES],
        )
        for event in events
    ]
    await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))
