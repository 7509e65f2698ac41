"""What sources wrote of units and procedures and no catalogue knows, as the database has it."""

from datetime import datetime

from msgspec import Struct

from ioc_core.catalogue import AliasKind
from ioc_core.db.pool import Connection

_TEXTS = """
SELECT kind, text, max(name) AS name, array_agg(DISTINCT source ORDER BY source) AS sources,
       sum(dossiers)::bigint AS dossiers, sum(open_dossiers)::bigint AS open_dossiers,
       min(first_filed_at) AS first_filed_at, max(last_filed_at) AS last_filed_at, max(last_told_at) AS last_told_at
FROM v_unmapped GROUP BY kind, text ORDER BY kind DESC, dossiers DESC, text
"""


class UnmappedText(Struct, frozen=True):
    """One text; of a procedure with the name beside it. Counts and times are of the dossiers that have it."""

    kind: AliasKind
    text: str
    name: str
    sources: list[str]
    dossiers: int
    open_dossiers: int
    first_filed_at: datetime
    last_filed_at: datetime
    last_told_at: datetime


async def unmapped_texts(connection: Connection) -> list[UnmappedText]:
    """Return every text that isn't mapped: of units, then of procedures, those of most dossiers first."""
    rows = await connection.fetch(_TEXTS)
    return [UnmappedText(**{**row, "kind": AliasKind(row["kind"])}) for row in rows]
