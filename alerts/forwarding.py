"""Says to each Alertmanager again and again what fires: it believes an alert only until its `endsAt`.

That an alert begins or ends goes there by the outbox, like every message. This only keeps alive what a receiver with
such a channel was told of, however long it isn't repeated, and also what a long message left out.
"""

import asyncio
from collections.abc import Mapping

import structlog

from alerts.channels.forward import Forward
from alerts.channels.outcome import Channel, Ok
from alerts.composing import contents_of
from ioc_core.db import Pool

log = structlog.get_logger(__name__)

_TOLD = """
SELECT DISTINCT a.id FROM alerts a
JOIN notification_members m ON m.alert_id = a.id JOIN notification_groups g ON g.key = m.group_key
WHERE a.state = 'firing' AND m.told_severity IS NOT NULL AND g.receiver = $1 ORDER BY a.id
"""


class Forwarding:
    """The Alertmanagers among the channels."""

    def __init__(self, pool: Pool, channels: Mapping[tuple[str, str], Channel], *, console_url: str) -> None:
        self._pool = pool
        self._channels = {key: channel for key, channel in channels.items() if isinstance(channel, Forward)}
        self._console_url = console_url

    async def run(self) -> None:
        """Keep alive for ever. Raises: what the database raises when it is away."""
        async with asyncio.TaskGroup() as keeping:
            for (receiver, name), channel in self._channels.items():
                keeping.create_task(self._keep(receiver, name, channel))

    async def _keep(self, receiver: str, name: str, channel: Forward) -> None:
        while True:
            await self.keep(receiver, name, channel)
            await asyncio.sleep(channel.again_after.total_seconds())

    async def keep(self, receiver: str, name: str, channel: Forward) -> None:
        """Say once what fires and the receiver was told of; a failure is logged, the next time comes soon."""
        async with channel.in_order:
            async with self._pool.acquire() as connection:
                ids = [row["id"] for row in await connection.fetch(_TOLD, receiver)]
                alerts = await contents_of(connection, ids)
            if not ids:
                return
            outcome = await channel.tell(
                [alerts[alert_id] for alert_id in ids if alert_id in alerts], self._console_url
            )
        if not isinstance(outcome, Ok):
            log.warning("alerts_not_kept_alive", receiver=receiver, channel=name, reason=outcome.reason)
