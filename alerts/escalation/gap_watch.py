"""Writes down the gaps ahead, for the rule `OnCallGap` to tell of them a day before."""

from datetime import datetime

from ioc_core.db import Connection
from ioc_core.oncall import OnCall
from ioc_core.oncall.ahead import HORIZON, gaps_ahead, watched
from ioc_core.oncall.overrides import between

_KEEP = """
INSERT INTO oncall_gaps (rotation, title, starts_at, ends_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[])
"""


async def keep_gaps(connection: Connection, oncall: OnCall, now: datetime) -> int:
    """Replace the gaps that are kept by those of the next 24 hours; return how many there are. In a transaction."""
    overrides = [entry.override for entry in await between(connection, now - HORIZON, now + HORIZON)]
    found = [(rotation, gap) for rotation in watched(oncall) for gap in gaps_ahead(rotation, now, overrides)]
    await connection.execute("DELETE FROM oncall_gaps")
    await connection.execute(
        _KEEP,
        [rotation.name for rotation, _ in found],
        [rotation.title for rotation, _ in found],
        [gap.starts_at for _, gap in found],
        [gap.ends_at for _, gap in found],
    )
    return len(found)
