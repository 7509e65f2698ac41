"""Finds the mutes that alerts should have now and keeps them; the leader's, in its fenced transactions."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.mutes import store
from alerts.mutes.mute import Mute
from alerts.mutes.silencing import next_change, silenced
from alerts.mutes.store import Kept
from ioc_core import silences
from ioc_core.db import Connection

_CALM = "UPDATE silences SET stirred_at = NULL WHERE id = ANY($1::uuid[])"
_STIRRED = "SELECT id FROM silences WHERE stirred_at IS NOT NULL ORDER BY id FOR NO KEY UPDATE"
_TO_DO = f"""
SELECT EXISTS (SELECT FROM silences WHERE stirred_at IS NOT NULL) AS stirred, ({store.NEXT_WARNING}) AS next_warning
"""


class Muting:
    """Mutes of one term of a leader. `changes_at`: when the clock alone changes them; None: never."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._settled_at: datetime | None = None
        self.changes_at: datetime | None = None

    async def settle(self, connection: Connection, alert_ids: Sequence[int], now: datetime) -> Kept:
        """Keep the mutes of these alerts, of those that fire; never as of an earlier instant than all were kept."""
        if not alert_ids:
            return Kept(frozenset(), frozenset())
        now = max(now, self._settled_at or now)
        return await self._keep(connection, alert_ids, now)

    async def settle_all(self, connection: Connection, now: datetime) -> Kept:
        """Keep the mutes of all alerts, see to what people changed of silences, and warn of those that end soon."""
        stirred = [row["id"] for row in await connection.fetch(_STIRRED)]
        kept = await self._keep(connection, None, now)
        if stirred:
            await connection.execute(_CALM, stirred)
        await store.warn(connection, now)
        return kept

    async def due(self, connection: Connection, now: datetime) -> datetime | None:
        """Return when `settle_all` is to be called next, `now` when people changed a silence; None: no time is set."""
        to_do = await connection.fetchrow(_TO_DO)
        assert to_do is not None
        if to_do["stirred"]:
            return now
        return min((at for at in (self.changes_at, to_do["next_warning"]) if at is not None), default=None)

    async def _keep(self, connection: Connection, alert_ids: Sequence[int] | None, now: datetime) -> Kept:
        running = await silences.running(connection, now)
        targets = await store.targets(connection, alert_ids) if running else []
        wanted: dict[int, list[Mute]] = {}
        for alert_id, mute in silenced(running, targets, now, self._zone):
            wanted.setdefault(alert_id, []).append(mute)
        if alert_ids is None:
            self._settled_at = now
            self.changes_at = next_change(running, now, self._zone)
        return await store.keep(connection, wanted, alert_ids, now)
