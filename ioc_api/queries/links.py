"""SQL of the page behind a link in a message."""

from collections.abc import Sequence
from datetime import datetime

from ioc_api.pages.link import ShownAlert
from ioc_core.db import Connection

_SHOWN = """
SELECT state, severity, coalesce(annotations ->> 'summary', rule) AS summary,
       coalesce(annotations ->> 'description', '') AS description, coalesce(firing_at, pending_at) AS firing_at,
       CASE WHEN state IN ('closed', 'resolved') THEN coalesce(resolved_at, closed_at) END AS ended_at, snoozed_until,
       CASE WHEN coalesce(acknowledged_until > $2, acknowledged_by IS NOT NULL) THEN acknowledged_by
            WHEN snoozed_until > $2 THEN snoozed_by END AS taken_by,
       coalesce(acknowledged_at, snoozed_at) AS taken_at
FROM alerts WHERE id = ANY($1::bigint[]) ORDER BY state <> 'firing', severity, firing_at, id LIMIT 1000
"""


async def shown(connection: Connection, alert_ids: Sequence[int], now: datetime) -> list[ShownAlert]:
    """Return the alerts of a message as they are, those that fire first, the gravest before others."""
    rows = await connection.fetch(_SHOWN, alert_ids, now)
    return [ShownAlert(**dict(row)) for row in rows]
