"""The audit log: append only, hash-chained, written in the transaction of the change that it records."""

from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct

from ioc_core.db import Connection

log = structlog.get_logger(__name__)

_VERIFY = """
SELECT seq, reason FROM (
    SELECT seq, CASE
        WHEN seq <> coalesce(lag(seq) OVER w + 1, 1) THEN 'a row before it is missing'
        WHEN previous <> coalesce(lag(hash) OVER w, '\\x') THEN 'it does not follow the row before it'
        WHEN hash <> audit_hash(previous, seq, at, actor, action, target, details, address) THEN 'it was changed'
    END AS reason
    FROM audit_log WINDOW w AS (ORDER BY seq)
) checked WHERE reason IS NOT NULL ORDER BY seq LIMIT 1
"""


class Entry(Struct, frozen=True):
    """One change by a person or machine. `actor`: user:NAME, token:NAME or cli:ACCOUNT; `target`: what was changed."""

    actor: str
    action: str
    target: str
    details: dict[str, Any] = {}
    address: str = ""


class Verdict(Struct, frozen=True):
    """What a check of the whole log found; `head` is the hash of the last row, in hexadecimal."""

    rows: int
    head: str
    broken_at: int | None = None
    reason: str = ""


async def append(connection: Connection, entry: Entry, *, now: datetime) -> None:
    """Add a row; call inside the transaction that makes the change.

    The hash also goes to the log, which is kept elsewhere: it shows when the end of the table was cut off.
    """
    row = await connection.fetchrow(
        "SELECT seq, hash FROM append_audit($1, $2, $3, $4, $5, $6)",
        now,
        entry.actor,
        entry.action,
        entry.target,
        entry.details,
        entry.address,
    )
    assert row is not None
    log.info("audit", seq=row["seq"], hash=row["hash"].hex(), actor=entry.actor, action=entry.action)


async def verify(connection: Connection, *, expected: tuple[int, str] | None = None) -> Verdict:
    """Check every row against its own hash and the row before it.

    `expected` is a (seq, hash) noted earlier: it must still be there, or the log was replaced or cut off.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        last = await connection.fetchrow("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1")
        rows, head = (0, "") if last is None else (last["seq"], last["hash"].hex())
        broken = await connection.fetchrow(_VERIFY, timeout=600)
        if broken is not None:
            return Verdict(rows, head, broken["seq"], broken["reason"])
        if expected is not None:
            held = await connection.fetchval("SELECT hash FROM audit_log WHERE seq = $1", expected[0])
            if held is None or held.hex() != expected[1]:
                return Verdict(rows, head, expected[0], "it isn't the row that was noted earlier")
    return Verdict(rows, head)
